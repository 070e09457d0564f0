"""Hand-back: a member of staff gives a draft back to its customer, and is out of it from then on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retoma_server.adapters.codec import read_assist
from retoma_server.adapters.ids import partition_of
from retoma_server.domain.access import Principal, Verb, authorize, check_scope
from retoma_server.domain.assists import Assist, Scope
from retoma_server.domain.drafts import check_open
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.identifiers import is_linked
from retoma_server.domain.leases import check_free
from retoma_server.domain.tallies import HANDED_BACK

from . import records
from .callers import Caller, principal_of
from .changing import Changing
from .customers import living, read_customer
from .deps import Deps
from .desk import Desk
from .fencing import end_lease, lease_of
from .handoffs import Giving, Offer, Wish, make_offer
from .holding import is_nobodys
from .identifiers import hashes_of
from .jobs import Job, look, work
from .letters import SENT
from .own_data import journey_of
from .passages import passage_write


def get_assist(deps: Deps, caller: Caller, assist: str) -> Assist:
    """A member of staff's own assist while it lasts; raises NotFound for any other."""
    draft = assisted_draft(deps, caller, assist, Verb.READ_ASSIST)
    _, principal = look(deps, draft, caller, Verb.READ_ASSIST)
    return own_assist(principal, assist)


def read_assisted_journey(deps: Deps, caller: Caller, assist: str) -> list[Mapping[str, Any]]:
    """The journey of the customer in whose draft a member of staff is; on record before it is shown."""

    def decide(desk: Desk, principal: Principal) -> str:
        own_assist(principal, assist)
        desk.audit(principal, "journey-viewed")
        return desk.customer

    draft = assisted_draft(deps, caller, assist, Verb.READ_JOURNEY)
    customer = work(deps, draft, Job(caller, Verb.READ_JOURNEY, decide))
    return journey_of(deps, caller.home, living(deps, caller.home, customer))


def end_assist(deps: Deps, caller: Caller, assist: str) -> None:
    """Leave a draft: the customer is told, and the assist opens it no more."""

    def decide(desk: Desk, principal: Principal) -> None:
        leave(desk, principal, assist)

    draft = assisted_draft(deps, caller, assist, Verb.END_ASSIST)
    work(deps, draft, Job(caller, Verb.END_ASSIST, decide))


def hand_back(
    deps: Deps, caller: Caller, assist: str, wish: Wish | None, step: str | None = None
) -> Offer | None:
    """Leave a draft and offer it to its customer; without a wish they go on where it is. At `step`, if said.

    A link on screen opens once the customer has picked the digits of the device that it is opened on, or
    for whoever has signed in as them there: staff who see it gain nothing. One is sent to an address only
    that leads to this customer: Invalid `contact-unknown`. Staff whose letter was not taken are still there.
    What they began for nobody needs a link, or nobody could go on: whoever opens that first has it.
    Raises what `create_handoff` does, and Invalid for what is no step, or no way.
    """
    draft = assisted_draft(deps, caller, assist, Verb.HAND_BACK)

    def give_back(desk: Desk, principal: Principal, _: str = "") -> None:
        check_open(desk.draft)
        if wish is None and is_nobodys(desk):
            raise Invalid(errors=[{"pointer": "/to", "code": "required"}])
        place(desk, principal, step)
        leave(desk, principal, assist, handed_back=True)

    def offer_by_letter(desk: Desk, principal: Principal, to: str) -> None:
        own_assist(principal, assist)
        check_contact(desk, to, wish.address if wish and wish.address else "")

    if wish is None:
        work(deps, draft, Job(caller, Verb.HAND_BACK, give_back))
        return None
    if wish.address is None:
        return make_offer(deps, caller, draft, replace(wish, confirm=True), Giving(Verb.HAND_BACK, give_back))
    offer = make_offer(deps, caller, draft, wish, Giving(Verb.HAND_BACK, offer_by_letter))
    work(deps, draft, Job(caller, Verb.HAND_BACK, give_back))
    return offer


def place(desk: Desk, principal: Principal, step: str | None) -> None:
    """Let the customer go on at a step, told as a change; on record is the hand-back that it is part of.

    Raises Invalid for what is none, Forbidden where the customer lets staff only look, and Locked
    `lease-held` while a colleague writes: it is theirs where the customer goes on.
    """
    if step is None or principal.assist is None:
        return
    check_scope(principal.assist, Scope.EDIT)
    check_free(lease_of(desk), principal.assist.id, desk.now)
    changing = Changing(desk, principal)
    op = {"op": "position", "step": step}
    result = changing.apply({"ops": [op]}, principal.author(), changing.since)
    if result.status == "rejected":
        raise Invalid(result.code)
    if changing.kinds:
        desk.tell(EventType.DRAFT_CHANGED, principal, changing.since)


def assisted_draft(deps: Deps, caller: Caller, assist: str, verb: Verb) -> str:
    """The draft that an assist opens; raises NotFound, and what `authorize` does where there is none."""
    term = records.assist_term(caller.home.id, assist)
    found = deps.store.find([partition_of(assist)], [term], limit=1)
    if not found:
        authorize(principal_of(deps, caller), verb)
        raise NotFound
    return read_assist(found[0].record.body).draft


def own_assist(principal: Principal, assist: str) -> Assist:
    """The assist by which somebody is in a draft; raises NotFound where it is another."""
    if principal.assist is None or principal.assist.id != assist:
        raise NotFound
    return principal.assist


def leave(desk: Desk, principal: Principal, assist: str, *, handed_back: bool = False) -> None:
    """End an assist on a desk, on record as what staff did."""
    own = own_assist(principal, assist)
    end(desk, principal, replace(own, handed_back=handed_back))
    desk.audit(principal, HANDED_BACK if handed_back else str(EventType.ASSIST_ENDED))


def end(desk: Desk, principal: Principal, assist: Assist) -> None:
    """End an assist on a desk, whoever does it."""
    desk.write(passage_write(desk.tenant.id, replace(assist, ended=True), assist.used_at))
    end_lease(desk, principal, assist.id)
    desk.tell(EventType.ASSIST_ENDED, principal, desk.draft.revision, handoff=assist.handoff)


def check_contact(desk: Desk, to: str, address: str) -> None:
    """Raise Invalid `contact-unknown` unless an address is one that the draft's customer is known by.

    Where they are nobody yet it is the one that they say: the code that is sent there proves it theirs.
    """
    if is_nobodys(desk):
        return
    customer = read_customer(desk.find(records.customer(desk.tenant.id, desk.customer)))
    hashes = hashes_of(desk.tenant, SENT[to], address)
    if not any(is_linked(customer["identifiers"], hashed) for hashed in hashes):
        raise Invalid("contact-unknown")
