"""Linking: the service says by what it knows a customer, and is told so without the values."""

from dataclasses import dataclass

from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import Conflicting
from retoma_server.domain.identifiers import IdentifierKind, Wanted

from .callers import Caller, principal_of
from .customers import check_customer, living, people
from .deps import Deps
from .identifiers import hashes_of, holder_of, identified, link, unlink
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Known:
    """A customer, and the kinds of identifier by which the tenant knows them."""

    id: str
    identifiers: tuple[IdentifierKind, ...]
    created: bool = False


def put_customer(deps: Deps, caller: Caller, external_id: str, wanted: Wanted) -> Known:
    """Let identifiers lead to the customer with an external id, who is made if there is none.

    Raises Invalid for what is no identifier of its kind, and Conflicting `identifier-taken`, with the
    `customer`, for one that leads to somebody else: nothing is changed then.
    """
    authorize(principal_of(deps, caller), Verb.MANAGE_CUSTOMERS)
    tenant = caller.home
    check_forms(tenant, wanted)
    created = holder_of(deps, tenant, IdentifierKind.EXTERNAL_ID, external_id) is None
    customer = identified(deps, tenant, IdentifierKind.EXTERNAL_ID, external_id)
    return relinked(deps, tenant, customer, wanted, created=created)


def change_customer(deps: Deps, caller: Caller, customer: str, wanted: Wanted) -> Known:
    """Link and unlink identifiers of a customer; raises as `put_customer` does, NotFound and Gone too."""
    authorize(principal_of(deps, caller), Verb.MANAGE_CUSTOMERS)
    return relinked(deps, caller.home, living(deps, caller.home, customer), wanted)


def show_customer(deps: Deps, caller: Caller, customer: str) -> Known:
    """By what a customer is known; raises NotFound and Gone."""
    authorize(principal_of(deps, caller), Verb.MANAGE_CUSTOMERS)
    return known(deps, caller.home, living(deps, caller.home, customer))


def relinked(deps: Deps, tenant: Tenant, customer: str, wanted: Wanted, *, created: bool = False) -> Known:
    """A customer after identifiers were linked and unlinked; all were looked at before the first."""
    check_forms(tenant, wanted)
    for kind, value in wanted.items():
        holder = holder_of(deps, tenant, kind, value) if value is not None else None
        if holder not in (None, customer):
            raise Conflicting("identifier-taken", customer=holder)
    for kind, value in wanted.items():
        if value is None:
            for each in people(deps, tenant, customer):
                unlink(deps, tenant, each, kind)
        else:
            link(deps, tenant, customer, kind, value)
    return known(deps, tenant, customer, created=created)


def check_forms(tenant: Tenant, wanted: Wanted) -> None:
    """Raise Invalid for the first that is no identifier of its kind."""
    for kind, value in wanted.items():
        if value is not None:
            hashes_of(tenant, kind, value)


def known(deps: Deps, tenant: Tenant, customer: str, *, created: bool = False) -> Known:
    """A customer as the store has them now."""
    identifiers = {
        kind
        for each in people(deps, tenant, customer)
        for kind in check_customer(deps, tenant, each)["identifiers"]
    }
    return Known(customer, tuple(kind for kind in IdentifierKind if kind in identifiers), created)
