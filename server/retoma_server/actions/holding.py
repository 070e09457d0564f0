"""Who has a draft that staff began for nobody: whoever opens its link first, as a visitor from then on."""

from dataclasses import replace

from retoma_server.adapters.codec import read_assist
from retoma_server.adapters.tokens import credential_text, hash_secret, same_secret
from retoma_server.domain.events import EventType

from . import records
from .customers import changed_customer, is_nobody, read_customer
from .desk import Desk
from .fencing import end_lease
from .identity import VISITOR_LIFE, Minted
from .passages import passage_write


def is_nobodys(desk: Desk) -> bool:
    """Whether the draft on a desk has no customer yet."""
    return begun_by(desk) is not None


def begun_by(desk: Desk) -> str | None:
    """Who of staff began the draft on a desk, as long as it is nobody's."""
    fields = read_customer(desk.find(records.customer(desk.tenant.id, desk.customer)))
    return fields["begun_by"] if is_nobody(fields) else None


def take_hold(desk: Desk, secret: str) -> Minted | None:
    """Let whoever has this secret be the customer of a draft that is nobody's; None for somebody's.

    Whoever began it is out of it then, as its customer let nobody in. Of two who come at once the commit of
    one is stale, and then it is somebody's.
    """
    record, staff = desk.find(records.customer(desk.tenant.id, desk.customer)), begun_by(desk)
    if record is None or staff is None:
        return None
    end_help(desk, staff)
    until = desk.now + VISITOR_LIFE
    desk.write(changed_customer(record, visitor=hash_secret(secret), visitor_until=until, held=True))
    return minted(desk, secret, until)


def end_help(desk: Desk, staff: str) -> None:
    """End the assist of a member of staff in the draft on a desk, if it has not ended."""
    record = desk.fetch(records.assist(desk.tenant.id, desk.draft_id, staff))
    assist = read_assist(record.body) if record else None
    if assist is not None and assist.live(desk.now):
        desk.write(passage_write(desk.tenant.id, replace(assist, ended=True), assist.used_at))
        end_lease(desk, None, assist.id)
        desk.tell(EventType.ASSIST_ENDED, None, desk.draft.revision)


def held_again(desk: Desk, secret: str) -> Minted | None:
    """The same once more, for the same redeemer, unless a claim has replaced it since."""
    fields = read_customer(desk.find(records.customer(desk.tenant.id, desk.customer)))
    if not same_secret(fields.get("visitor") or "", secret):
        return None
    return minted(desk, secret, fields["visitor_until"])


def minted(desk: Desk, secret: str, until: int) -> Minted:
    """A visitor token of the customer on a desk."""
    token = credential_text("vt", desk.tenant.id, subject=desk.customer, secret=secret)
    return Minted(token, desk.customer, until)
