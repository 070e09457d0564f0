"""What customers are asked by lookups: who asks, and yes or no."""

from dataclasses import dataclass, field, replace

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.lookups import read_request, record_bytes
from retoma_server.adapters.stores import Record, Write
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist, Consent, Method
from retoma_server.domain.drafts import check_open
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.lookups import Answer, Request

from . import records
from .assist import let_go
from .assists import helper_of
from .callers import Caller, principal_of
from .deps import Deps
from .desk import Desk, customers_own
from .jobs import Job, work
from .passages import passage_write
from .retrying import retried

KEPT = 60 * 60_000
"""Milliseconds after its end until a request is forgotten: staff still learn what became of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the customer reads it."""

    request: Request
    reason: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a customer says to a request: without a consent, no. Without a draft it is the one asked for."""

    consent: Consent | None = None
    draft: str | None = field(default=None)


def request_key(tenant: str, request: Request) -> str:
    """Where a request is kept."""
    return records.assist_request(tenant, request.customer, request.id)


def request_write(tenant: str, request: Request, due: int | None = None) -> Write:
    """The record of a request, which erasure finds with the customer's pointers."""
    terms = (
        records.pointers_term(tenant, request.customer),
        records.assist_requests_term(tenant, request.customer),
    )
    again = request.expires_at + KEPT if due is None else due
    return Write(request_key(tenant, request), record_bytes(request), terms, request.began_at, again)


def list_requests(deps: Deps, caller: Caller) -> list[Asked]:
    """Who asks the caller to be let in and waits for an answer, whoever asked last first."""
    principal, customer = answering(deps, caller)
    desk = customers_own(deps, caller.home, customer)
    term = records.assist_requests_term(principal.tenant, customer)
    found = deps.store.find([desk.partition], [term], limit=100)
    requests = (read_request(each.record.body) for each in found)
    return [Asked(each, reason_of(desk, each)) for each in requests if each.waits(desk.now)]


def answering(deps: Deps, caller: Caller) -> tuple[Principal, str]:
    """Who answers for themselves, and which customer that is."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.ANSWER_REQUEST)
    assert principal.customer is not None, "only customers answer"
    return principal, principal.customer


def reason_of(desk: Desk, request: Request) -> str:
    """Why staff ask."""
    return desk.opened_text("assist-request", request.id, request.reason) or ""


def answer_request(deps: Deps, caller: Caller, request: str, reply: Reply) -> Assist | None:
    """Let a member of staff into a draft, as far as the consent goes; or say no, which they never hear of.

    Raises NotFound for a request that waits no more, and for the draft of somebody else; Invalid where no
    draft is named; Conflicting as `check_open` does.
    """
    _, customer = answering(deps, caller)
    key = records.assist_request(caller.home.id, customer, request)
    if reply.consent is None:
        retried(deps, lambda: decline(customers_own(deps, caller.home, customer, key), key))
        return None
    draft = reply.draft or asked_for(customers_own(deps, caller.home, customer, key), key)
    if partition_of(draft) != partition_of(customer):
        raise NotFound
    consent = reply.consent

    def decide(desk: Desk, principal: Principal) -> Assist:
        check_open(desk.draft)
        return let_in(desk, principal, waiting(desk, desk.find(key)), consent)

    assist: Assist = work(deps, draft, Job(caller, Verb.ANSWER_REQUEST, decide, (key,)))
    return assist


def waiting(desk: Desk, record: Record | None) -> Request:
    """A request that waits for its customer's answer; raises NotFound."""
    request = read_request(record.body) if record else None
    if request is None or not request.waits(desk.now) or request.customer != desk.customer:
        raise NotFound
    return request


def asked_for(desk: Desk, key: str) -> str:
    """The draft that a request is about; raises Invalid where it names no process."""
    request = waiting(desk, desk.find(key))
    if request.process is None or request.draft is None:
        raise Invalid(errors=[{"pointer": "/draft", "code": "required"}])
    return request.draft


def decline(desk: Desk, key: str) -> None:
    """Say no; raises NotFound for a request that waits no more."""
    request = waiting(desk, desk.find(key))
    desk.write(request_write(desk.tenant.id, replace(request, answer=Answer.DECLINED)))
    desk.commit()


def let_in(desk: Desk, principal: Principal, request: Request, consent: Consent) -> Assist:
    """Let whoever asks into the draft on a desk; it is told and put on record in the same commit."""
    new = desk.deps.ids.new("as", desk.partition)
    about = (new, desk.draft_id, desk.customer, request.staff, request.name, desk.now, desk.now)
    where = (request.store, request.store_name)
    assist = Assist(*about, *where, Method.LOOKUP, consent)
    helper = helper_of(principal, assist)
    let_go(desk, helper)
    desk.write(passage_write(desk.tenant.id, assist, assist.used_at))
    approved = replace(request, answer=Answer.APPROVED, draft=desk.draft_id, assist=new)
    desk.write(request_write(desk.tenant.id, approved))
    desk.tell(EventType.ASSIST_STARTED, helper, desk.draft.revision)
    desk.audit(helper, "lookup-approved", reason=reason_of(desk, request))
    if consent.shows_answers:
        desk.audit(helper, "answers-shown")
    return assist
