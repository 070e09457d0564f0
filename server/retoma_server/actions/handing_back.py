"""Hand-back: a member of staff gives a draft back to its customer, and is out of it from then on."""

from dataclasses import replace

from retoma_server.adapters.codec import read_passage
from retoma_server.adapters.ids import partition_of
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.drafts import check_open
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.handoffs import Passage
from retoma_server.domain.identifiers import is_linked

from . import records
from .callers import Caller, principal_of
from .customers import read_customer
from .deps import Deps
from .desk import Desk
from .fencing import end_lease
from .handoffs import Giving, Offer, Wish, make_offer
from .identifiers import hashes_of
from .jobs import Job, look, work
from .letters import SENT
from .passages import passage_write


def get_assist(deps: Deps, caller: Caller, assist: str) -> Passage:
    """A member of staff's own assist while it lasts; raises NotFound for any other."""
    draft = assisted_draft(deps, caller, assist, Verb.READ_ASSIST)
    _, principal = look(deps, draft, caller, Verb.READ_ASSIST)
    return own_passage(principal, assist)


def end_assist(deps: Deps, caller: Caller, assist: str) -> None:
    """Leave a draft: the customer is told, and the assist opens it no more."""

    def decide(desk: Desk, principal: Principal) -> None:
        leave(desk, principal, assist)

    draft = assisted_draft(deps, caller, assist, Verb.END_ASSIST)
    work(deps, draft, Job(caller, Verb.END_ASSIST, decide))


def hand_back(deps: Deps, caller: Caller, assist: str, wish: Wish | None) -> Offer | None:
    """Leave a draft and offer it to its customer in the same commit; without a wish they go on where it is.

    A link on screen opens once the customer has picked the digits of the device that it is opened on, or
    for whoever has signed in as them there: staff who see it gain nothing. One is sent to an address only
    that leads to this customer: Invalid `contact-unknown`. Raises what `create_handoff` does.
    """
    draft = assisted_draft(deps, caller, assist, Verb.HAND_BACK)

    def give_back(desk: Desk, principal: Principal, _: str = "") -> None:
        check_open(desk.draft)
        leave(desk, principal, assist)
        if wish is not None and wish.address is not None:
            check_contact(desk, wish.to, wish.address)

    if wish is None:
        work(deps, draft, Job(caller, Verb.HAND_BACK, give_back))
        return None
    wish = replace(wish, confirm=True if wish.address is None else None)
    return make_offer(deps, caller, draft, wish, Giving(Verb.HAND_BACK, give_back))


def assisted_draft(deps: Deps, caller: Caller, assist: str, verb: Verb) -> str:
    """The draft that an assist opens; raises NotFound, and what `authorize` does where there is none."""
    term = records.assist_term(caller.home.id, assist)
    found = deps.store.find([partition_of(assist)], [term], limit=1)
    if not found:
        authorize(principal_of(deps, caller), verb)
        raise NotFound
    return read_passage(found[0].record.body).draft


def own_passage(principal: Principal, assist: str) -> Passage:
    """The assist by which somebody is in a draft; raises NotFound where it is another."""
    if principal.passage is None or principal.passage.id != assist:
        raise NotFound
    return principal.passage


def leave(desk: Desk, principal: Principal, assist: str) -> None:
    """End an assist on a desk."""
    passage = own_passage(principal, assist)
    desk.write(passage_write(desk.tenant.id, replace(passage, ended=True), passage.used_at))
    end_lease(desk, principal, assist)
    desk.tell(EventType.ASSIST_ENDED, principal, desk.draft.revision, handoff=passage.handoff)
    desk.audit(principal, str(EventType.ASSIST_ENDED))


def check_contact(desk: Desk, to: str, address: str) -> None:
    """Raise Invalid `contact-unknown` unless an address is one that the draft's customer is known by."""
    customer = read_customer(desk.find(records.customer(desk.tenant.id, desk.customer)))
    hashes = hashes_of(desk.tenant, SENT[to], address)
    if not any(is_linked(customer["identifiers"], hashed) for hashed in hashes):
        raise Invalid("contact-unknown")
