"""Signing in by a tenant's own identity provider: from a token to the customer, made at the first one."""

from contextlib import suppress
from hashlib import sha256

from retoma_server.adapters.framing import framed
from retoma_server.domain.devices import DeviceKind
from retoma_server.domain.errors import Conflicting, Gone, Invalid, Unauthenticated
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.providers import Provider

from .customers import fields_of
from .deps import Deps
from .device_ids import device_id
from .identifiers import identified, link
from .sign_ins import SignIn
from .tenants import Tenant


def sign_in(deps: Deps, tenant: Tenant, token: str) -> SignIn:
    """The customer behind a token of the tenant's identity provider.

    Raises Unauthenticated where there is no provider, the token is none of its, or it does not say who
    the customer is; ProviderUnavailable while the provider's keys cannot be had.
    """
    provider = deps.tenants.provider(tenant.id)
    if provider is None:
        raise Unauthenticated("invalid-token")
    name = sha256(framed(tenant.id, provider.issuer, *provider.audiences, token)).digest()
    known = deps.sign_ins.find(name, lambda kept: is_still(deps, tenant, kept))
    return known or verified(deps, tenant, provider, token, name)


def is_still(deps: Deps, tenant: Tenant, known: SignIn) -> bool:
    """Whether a token still leads to its customer: not once they were merged, nor once that was undone."""
    fields = fields_of(deps, tenant, known.customer)
    return bool(
        fields.get("erased") or not (fields.get("merged_into") or known.issued_at < fields["min_iat"])
    )


def verified(deps: Deps, tenant: Tenant, provider: Provider, token: str, name: bytes) -> SignIn:
    """The customer behind a token that this instance has not seen lately."""
    claims = deps.provider_tokens.verify(provider, token)
    customer = customer_of(deps, tenant, dict(provider.identifiers(claims.all)))
    device = claims.session and device_id(tenant, DeviceKind.SIGNED_IN, customer, claims.session)
    found = SignIn(customer, claims.issued_at, device, claims.signed_in_at)
    deps.sign_ins.keep(name, found, claims.seconds_left)
    return found


def customer_of(deps: Deps, tenant: Tenant, said: dict[IdentifierKind, str]) -> str:
    """The customer with the external id that a provider says, with the verified addresses that are free.

    An address that leads to somebody else is no reason not to let this customer in.
    """
    external_id = said.pop(IdentifierKind.EXTERNAL_ID, None)
    if external_id is None:
        raise Unauthenticated("invalid-token")
    customer = identified(deps, tenant, IdentifierKind.EXTERNAL_ID, external_id)
    for kind, value in said.items():
        with suppress(Conflicting, Invalid, Gone):
            link(deps, tenant, customer, kind, value)
    return customer
