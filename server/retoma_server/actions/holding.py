"""Who has a draft that staff began for nobody: whoever opens its link first, as a visitor from then on."""

from retoma_server.adapters.tokens import credential_text, hash_secret, same_secret

from . import records
from .customers import changed_customer, is_nobody, read_customer
from .desk import Desk
from .identity import VISITOR_LIFE, Minted


def is_nobodys(desk: Desk) -> bool:
    """Whether the draft on a desk has no customer yet."""
    return is_nobody(read_customer(desk.find(records.customer(desk.tenant.id, desk.customer))))


def take_hold(desk: Desk, secret: str) -> Minted | None:
    """Let whoever has this secret be the customer of a draft that is nobody's; None for somebody's.

    Of two who come at once the commit of one is stale, and then it is somebody's.
    """
    record = desk.find(records.customer(desk.tenant.id, desk.customer))
    if record is None or not is_nobodys(desk):
        return None
    until = desk.now + VISITOR_LIFE
    desk.write(changed_customer(record, visitor=hash_secret(secret), visitor_until=until))
    return minted(desk, secret, until)


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
