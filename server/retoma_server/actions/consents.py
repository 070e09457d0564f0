"""Consents: what a customer agrees to or no longer agrees to, kept sealed with the customer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from operator import attrgetter

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.envelopes import owner_of
from retoma_server.adapters.stores import Write
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.consents import Consent, by_purpose, decided

from . import records
from .callers import Caller, principal_of, whose
from .customers import living, people
from .deps import Deps
from .desk import Desk, customers_own
from .own_data import owner_of_data
from .retrying import retried
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Decision:
    """What a customer decides of a purpose, on reading which version of its words."""

    purpose: str
    granted: bool
    version: str


def read_consents(deps: Deps, caller: Caller, customer: str | None) -> Mapping[str, Sequence[Consent]]:
    """What a customer has decided, by purpose, newest first; raises NotFound and Gone."""
    _, owner = owner_of_data(deps, caller, customer)
    return by_purpose(heard(deps, caller, owner))


def heard(deps: Deps, caller: Caller, customer: str) -> tuple[Consent, ...]:
    """All that a customer, and those who were merged into them, have decided, oldest first."""
    return in_order(kept(consents_desk(deps, caller, customer)), beside(deps, caller, customer))


def beside(deps: Deps, caller: Caller, customer: str) -> tuple[Consent, ...]:
    """What those have decided who were merged into a customer."""
    _, *others = people(deps, caller.home, customer)
    return tuple(each for other in others for each in kept(consents_desk(deps, caller, other)))


def in_order(*said: Sequence[Consent]) -> tuple[Consent, ...]:
    """Decisions that are kept in several places, oldest first."""
    return tuple(sorted(chain.from_iterable(said), key=attrgetter("at")))


def decide_consent(deps: Deps, caller: Caller, customer: str | None, decision: Decision) -> Sequence[Consent]:
    """Keep a decision of a customer's; all that were made on its purpose, newest first.

    Raises NotFound and Gone for a customer who is not there, Invalid `limit-exceeded` for one purpose
    too many.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.DECIDE_CONSENT)
    owner = living(deps, caller.home, whose(principal, customer))

    def attempt() -> tuple[Consent, ...]:
        desk, others = consents_desk(deps, caller, owner), beside(deps, caller, owner)
        return in_order(keep(desk, principal, decision, others), others)

    return by_purpose(retried(deps, attempt))[decision.purpose]


def keep(
    desk: Desk, principal: Principal, decision: Decision, others: Sequence[Consent]
) -> tuple[Consent, ...]:
    """Write a decision; all on the desk with it. Raises Stale when somebody else was faster."""
    about = (decision.purpose, decision.granted, decision.version)
    before = kept(desk)
    consent = Consent(*about, desk.now, str(principal.kind), principal.channel)
    after = decided(before, consent, in_order(before, others))
    if after != before:
        write(desk, after)
    return after


def write(desk: Desk, decisions: Sequence[Consent]) -> None:
    """Write all decisions of a customer, sealed by the newest key; raises Stale."""
    key = records.consents(desk.tenant.id, desk.customer)
    body = desk.key.seal("consents", key, desk.revision(key) + 1, json_bytes(list(map(asdict, decisions))))
    desk.write(Write(key, body, (records.pointers_term(desk.tenant.id, desk.customer),), desk.now))
    desk.commit()


def reseal_consents(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Seal a customer's decisions by the newest key where an older one did; raises Stale."""
    key = records.consents(tenant.id, customer)
    desk = customers_own(deps, tenant, customer, key)
    record = desk.find(key)
    if record is not None and owner_of(record.body).version < desk.key.version:
        write(desk, kept(desk))


def consents_desk(deps: Deps, caller: Caller, customer: str) -> Desk:
    """A desk with a customer's consents."""
    return customers_own(deps, caller.home, customer, records.consents(caller.home.id, customer))


def kept(desk: Desk) -> tuple[Consent, ...]:
    """The decisions on a desk, oldest first."""
    key = records.consents(desk.tenant.id, desk.customer)
    record = desk.find(key)
    if record is None:
        return ()
    opened = desk.key.open("consents", key, record.revision, record.body)
    return tuple(Consent(**fields) for fields in read_json(opened))
