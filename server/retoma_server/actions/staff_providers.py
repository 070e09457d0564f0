"""Staff at their tenant's own identity provider: where they are sent, and whom its answer signs in."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.framing import framed
from retoma_server.adapters.openid import ProviderSilent, authorization_url
from retoma_server.adapters.signing_keys import ProviderUnavailable
from retoma_server.adapters.staff import read_staff_provider, record_bytes
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import NotFound, Unauthenticated
from retoma_server.domain.staff import Account
from retoma_server.domain.staff_providers import AWAY_LIFE, Away, StaffProvider

from . import records
from .callers import Caller, known_tenant, principal_of
from .deps import Deps
from .on_record import Order, commit_on_record
from .retrying import retried
from .staff import name_hash
from .staff_sessions import NEW_BROWSER, Browser, SignedIn, begun, named_account
from .tenants import Tenant

BACK = "/staff/sign-in/back"
"""Where the provider sends people back to: to be registered there, after the public address."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where somebody signs in, and what their browser keeps meanwhile."""

    url: str
    trip: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a browser came back with, from where, and what it had already."""

    trip: str = field(repr=False)
    state: str
    code: str = field(repr=False)
    address: str
    browser: Browser = NEW_BROWSER


def register(deps: Deps, tenant: Tenant, provider: StaffProvider, secret: str | None) -> None:
    """Let staff sign in at a provider from now on; it is asked first, so that a mistake shows here.

    Raises ProviderSilent, and NoKeys where its keys cannot be had.
    """
    deps.openid.endpoints(provider)
    deps.provider_tokens.keys.fetch(provider.tokens)
    kept = replace(provider, secret=secret and box(tenant, provider).encrypt(secret.encode()).decode())
    retried(deps, lambda: save(deps, tenant, kept))


def save(deps: Deps, tenant: Tenant, provider: StaffProvider) -> None:
    """Write the registration, with an entry of the audit log that whoever runs the server did."""
    key = records.staff_provider(tenant.id)
    snapshot = deps.store.read(tenant.partition, [key])
    commit = Commit({key: snapshot.revision(key)}, [Write(key, record_bytes(provider))])
    commit_on_record(deps.store, tenant, commit, tenant.id, Order(None, "provider-registered"))


def forget(deps: Deps, tenant: Tenant) -> None:
    """Send staff to no provider any more; doing it again is no error."""
    key = records.staff_provider(tenant.id)

    def delete() -> None:
        snapshot = deps.store.read(tenant.partition, [key])
        if snapshot.get(key) is not None:
            commit = Commit({key: snapshot.revision(key)}, deletes=[key])
            commit_on_record(deps.store, tenant, commit, tenant.id, Order(None, "provider-removed"))

    retried(deps, delete)


def registered(deps: Deps, tenant: Tenant) -> StaffProvider | None:
    """Where a tenant's staff sign in, None where that is only here."""
    key = records.staff_provider(tenant.id)
    record = deps.store.read(tenant.partition, [key]).get(key)
    return read_staff_provider(record.body) if record else None


def depart(deps: Deps, caller: Caller) -> Departure:
    """Send somebody to the tenant's provider.

    Raises NotFound where there is none, ProviderUnavailable while it does not answer.
    """
    authorize(principal_of(deps, caller), Verb.SIGN_IN_STAFF)
    provider = registered(deps, caller.home)
    if provider is None:
        raise NotFound
    state, nonce, verifier = (deps.ids.secret() for _ in range(3))
    away = Away(caller.home.id, state, nonce, verifier, deps.store.now() + AWAY_LIFE)
    try:
        where = deps.openid.endpoints(provider)
    except ProviderSilent:
        raise ProviderUnavailable from None
    url = authorization_url(where, provider, away, deps.public_url + BACK)
    return Departure(url, deps.trips.sign(away))


def arrive(deps: Deps, arrival: Arrival) -> SignedIn:
    """Begin a session for whoever comes back from the provider, where it says that they have an account.

    Raises Unauthenticated `sign-in-refused`, alike for another browser's answer, one that comes too late,
    a code that the provider does not know, and a person without an account; Forbidden
    `device-not-registered` for whoever would get in, but only on a device of their store.
    """
    away = deps.trips.verify(arrival.trip)
    if away is None or not away.brought(arrival.state, deps.store.now()):
        raise Unauthenticated("sign-in-refused")
    tenant = known_tenant(deps, away.tenant)
    provider = registered(deps, tenant)
    if provider is None:
        raise Unauthenticated("sign-in-refused")
    claims = told(deps, tenant, provider, away, arrival.code)
    return retried(deps, lambda: let_in(deps, tenant, provider, claims, arrival))


def told(deps: Deps, tenant: Tenant, provider: StaffProvider, away: Away, code: str) -> Mapping[str, Any]:
    """What the provider says of whoever it gave a code."""
    wanted = {"code": code, "code_verifier": away.verifier, "redirect_uri": deps.public_url + BACK}
    try:
        token = deps.openid.id_token(provider, secret_of(tenant, provider), wanted)
        claims = deps.provider_tokens.verify(provider.tokens, token).all
    except (ProviderSilent, Unauthenticated):
        raise Unauthenticated("sign-in-refused") from None
    if not away.answers(claims):
        raise Unauthenticated("sign-in-refused")
    return claims


def let_in(
    deps: Deps, tenant: Tenant, provider: StaffProvider, claims: Mapping[str, Any], arrival: Arrival
) -> SignedIn:
    """A session for the account that a provider's claims name."""
    name, who = provider.sign_in_name(claims), claims.get("sub")
    if name is None or not isinstance(who, str):
        raise Unauthenticated("sign-in-refused")
    account, revision = named_account(deps, tenant, name_hash(tenant, name))
    subject = tenant.keys.keyed_hash("staff-subject", provider.issuer, who)
    if account is None or not opens(account, subject):
        raise Unauthenticated("sign-in-refused")
    address = tenant.keys.keyed_hash("staff-address", arrival.address)
    fresh = replace(account, subject=subject, addresses=account.seen_at(address))
    return begun(deps, tenant, (account, revision), fresh, arrival.browser)


def opens(account: Account, subject: str) -> bool:
    """Whether a person of the provider has an account: a name may pass on to somebody else, they do not."""
    return not account.disabled and account.password is None and account.subject in (None, subject)


def secret_of(tenant: Tenant, provider: StaffProvider) -> str | None:
    """The client's secret, opened; raises IntegrityFailure where it is another tenant's."""
    if provider.secret is None:
        return None
    try:
        return box(tenant, provider).decrypt(provider.secret).decode()
    except InvalidToken:
        raise IntegrityFailure from None


def box(tenant: Tenant, provider: StaffProvider) -> Fernet:
    """What seals a client's secret, for this client of this tenant alone."""
    key = tenant.keys.mac("staff-provider", framed(tenant.id, provider.issuer, provider.client_id))
    return Fernet(base64.urlsafe_b64encode(key))
