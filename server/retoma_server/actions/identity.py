"""Customers and how they prove who they are: visitors, and customers that the service vouches for."""

from dataclasses import dataclass, field

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit
from retoma_server.adapters.tokens import credential_text, hash_secret
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.devices import DeviceKind
from retoma_server.domain.errors import Forbidden
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.processes import DAY

from . import records
from .album import sign_out_nudge
from .callers import Caller, principal_of, whose
from .customers import (
    changed_customer,
    check_customer,
    create_customer,
    fields_of,
    living,
    new_customer,
    people,
    present_fields,
)
from .deps import Deps
from .device_ids import device_id
from .identifiers import identified
from .retrying import retried
from .tenants import Tenant

VISITOR_LIFE = 90 * DAY


@dataclass(frozen=True, slots=True)
class Minted:
    """A token just made, for whom, and until when (milliseconds since 1970)."""

    token: str = field(repr=False)
    customer: str
    expires_at: int


def open_visitor(deps: Deps, caller: Caller) -> Minted:
    """Make a visitor: a customer known by one token, which is shown this once."""
    authorize(principal_of(deps, caller), Verb.OPEN_VISITOR)
    tenant = caller.home
    customer = deps.ids.new("cu", deps.ids.partition())
    secret = deps.ids.secret()
    until = deps.store.now() + VISITOR_LIFE
    create_customer(deps, new_customer(tenant, customer, hash_secret(secret), until), customer)
    return Minted(credential_text("vt", tenant.id, subject=customer, secret=secret), customer, until)


def mint_token(
    deps: Deps, caller: Caller, external_id: str | None, customer: str | None, session: str | None = None
) -> Minted:
    """A customer token for the tenant's own user, who becomes a customer at the first one.

    `session` is what the tenant calls the sign-in that it is for: that is a device, which can be signed
    out alone. Raises NotFound for a customer id that is not there, Gone for one that was erased, Forbidden
    `device-revoked` for a device that was signed out.
    """
    authorize(principal_of(deps, caller), Verb.MINT_TOKEN)
    tenant = caller.home
    if customer is not None:
        known = living(deps, tenant, customer)
    else:
        known = identified(deps, tenant, IdentifierKind.EXTERNAL_ID, external_id or "")
    device = session and device_id(tenant, DeviceKind.SIGNED_IN, known, session)
    if session and is_signed_out(deps, tenant, known, session):
        raise Forbidden("device-revoked")
    token, expires_at = deps.tokens.mint(tenant.id, known, device)
    return Minted(token, known, expires_at)


def is_signed_out(deps: Deps, tenant: Tenant, customer: str, session: str) -> bool:
    """Whether a device was signed out, by a customer or by one who was merged into them."""
    check_customer(deps, tenant, customer)
    return any(
        device_id(tenant, DeviceKind.SIGNED_IN, each, session)
        in fields_of(deps, tenant, each).get("revoked", ())
        for each in people(deps, tenant, customer)
    )


def revoke_tokens(deps: Deps, caller: Caller, customer: str | None) -> None:
    """End every token of a customer that was made so far, ours and the provider's, at once everywhere.

    Raises NotFound and Gone. Times are those of the store: a provider's token names whole seconds, so one
    that it makes within the same second is over too.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.END_TOKENS)
    owner = living(deps, caller.home, whose(principal, customer))
    retried(deps, lambda: end_tokens(deps, caller.home, owner))


def end_tokens(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Note that tokens made until now are over; raises Stale when somebody else was faster."""
    key, place = records.customer(tenant.id, customer), partition_of(customer)
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    present_fields(record)
    assert record is not None, "a customer who is there has a record"
    write = changed_customer(record, min_iat=snapshot.now + 1)
    commit = Commit({key: record.revision}, [write], appends=[sign_out_nudge(tenant, customer)])
    deps.store.commit(place, commit)
