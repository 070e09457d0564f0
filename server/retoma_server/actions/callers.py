"""Who is calling: from a credential, and the records that prove it, to a principal."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from retoma_server.adapters.codec import read_assist, read_json, read_passage
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.staff import read_account, read_session
from retoma_server.adapters.stores import Record, Store
from retoma_server.adapters.tokens import Credential, hash_secret, same_secret
from retoma_server.domain.access import STAFFED_CHANNELS, Kind, Principal
from retoma_server.domain.assists import Assist
from retoma_server.domain.devices import DeviceKind
from retoma_server.domain.errors import Forbidden, Gone, Invalid, NotFound, Unauthenticated
from retoma_server.domain.staff import Account

from . import records
from .deps import Deps
from .device_ids import device_id
from .signing_in import sign_in
from .tenants import Tenant

Find = Callable[[str], Record | None]
"""Looks up a record that was read, by key."""


HOLDERS = {"vt": DeviceKind.VISITOR, "gr": DeviceKind.LINK}
"""Kinds of credential that one device holds, each its own."""
STAFFS = ("sf", "ss")
"""Kinds of credential that staff have: a token, a session."""


@dataclass(slots=True)
class Caller:
    """A credential that was read, and whether the records that prove it were looked at yet.

    `tenant` and `credential` are None for somebody who sent none. `customer` is what a visitor's
    or customer's credential claims; `issued_at` when a customer token was minted. `device` is what
    the caller's device calls itself; `session_device` is the id of the one that a customer's token
    belongs to, and `signed_in_at` is when a person last signed in on it, where that is known.
    `fence` is that of the lease by which staff say that they write; who `takes_lease` has it as they write.
    `proved` is set by `identify`, `at_work` is False where a page asks with nobody at it.
    """

    tenant: Tenant | None = None
    credential: Credential | None = field(default=None, repr=False)
    customer: str | None = None
    issued_at: int = 0
    channel: str = "api"
    device: str | None = None
    session_device: str | None = None
    signed_in_at: int = 0
    fence: int | None = None
    takes_lease: bool = False
    proved: bool = field(default=False, init=False, compare=False)
    at_work: bool = field(default=True, init=False, compare=False)

    @property
    def kind(self) -> str:
        """The credential's kind: `pk`, `sk`, `vt`, `ct`, `gr`, `sf`, `ss`, `jw`, or empty."""
        return self.credential.kind if self.credential else ""

    @property
    def label(self) -> str:
        """What writers and idempotency keys are bound to: the same as the principal's `label`."""
        if self.credential is None:
            return str(Kind.NOBODY)
        if self.customer is not None:
            return f"customer:{self.customer}"
        if self.kind in ("gr", *STAFFS):
            return f"{Kind.GRANT if self.kind == 'gr' else Kind.STAFF}:{self.credential.subject}"
        return f"{Kind.SERVICE if self.kind == 'sk' else Kind.PUBLISHABLE}:{self.home.id}"

    @property
    def holder(self) -> str | None:
        """What tells the caller's device apart within this instance, without a key, where anything does."""
        if self.credential is not None and self.kind in HOLDERS:
            return f"{self.kind}:{self.credential.subject}"
        return self.session_device

    def device_id(self) -> str | None:
        """What the caller's device is known by, where anything tells it apart; most requests need none."""
        if self.credential is not None and self.kind in HOLDERS:
            return device_id(self.home, HOLDERS[self.kind], self.credential.subject)
        return self.session_device

    @property
    def home(self) -> Tenant:
        """The tenant; raises Unauthenticated when no credential named one."""
        if self.tenant is None:
            raise Unauthenticated("authentication-required")
        return self.tenant


def caller_of(
    deps: Deps, credential: Credential | None, channel: str = "api", device: str | None = None
) -> Caller:
    """Read who calls, as far as it can be told without the customer's partition.

    Raises Unauthenticated for an unknown tenant, a wrong secret key, or a customer token that does
    not verify; ProviderUnavailable while the keys of a tenant's identity provider cannot be had;
    Forbidden `channel-not-allowed` for a store's channel from anybody but staff and service.
    """
    if credential is None:
        return Caller(channel=checked_channel(channel, ""), device=device)
    if credential.kind == "ho":
        raise Unauthenticated("invalid-token-type")
    checked_channel(channel, credential.kind)
    if credential.kind == "ct":
        claims = deps.tokens.verify(credential.text)
        tenant = known_tenant(deps, claims.tenant)
        told = (claims.customer, claims.issued_at, channel, device, claims.device)
        return Caller(tenant, credential, *told)
    tenant = known_tenant(deps, credential.tenant)
    if credential.kind == "jw":
        known = sign_in(deps, tenant, credential.text)
        about = (known.customer, known.issued_at, channel, device, known.device_id, known.signed_in_at)
        return Caller(tenant, credential, *about)
    if credential.kind == "sk" and not tenant.has_secret(credential.secret):
        raise Unauthenticated("invalid-token")
    customer = credential.subject if credential.kind == "vt" else None
    return Caller(tenant, credential, customer, 0, channel, device)


def known_tenant(deps: Deps, tenant: str) -> Tenant:
    """The tenant that a credential names; one that does not exist is a bad credential, not a 404."""
    try:
        return deps.tenants.get(tenant)
    except NotFound:
        raise Unauthenticated("invalid-token") from None


def checked_channel(channel: str, kind: str) -> str:
    """The channel, unless only staff and the service may say it."""
    if channel in STAFFED_CHANNELS and kind not in (*STAFFS, "sk"):
        raise Forbidden("channel-not-allowed")
    return channel


def proofs(caller: Caller, draft: str | None = None) -> Iterator[tuple[int, str]]:
    """(partition, key) of the records that prove a caller, for a draft where one is concerned."""
    credential = caller.credential
    if credential is None or caller.tenant is None:
        return
    tenant = caller.tenant.id
    if caller.customer is not None:
        yield partition_of(caller.customer), records.customer(tenant, caller.customer)
    elif credential.kind == "gr":
        yield partition_of(credential.subject), records.grant(tenant, credential.subject)
    elif credential.kind in STAFFS:
        yield partition_of(credential.subject), records.staff(tenant, credential.subject)
        if credential.kind == "ss":
            yield partition_of(credential.subject), session_key(tenant, credential)
        if draft is not None:
            yield partition_of(draft), records.assist(tenant, draft, credential.subject)


def identify(caller: Caller, find: Find, now: int, draft: str | None = None) -> Principal:
    """The principal behind a caller, proved by records already read; the caller is marked as proved.

    Raises Unauthenticated `invalid-token`, `token-expired` or `token-revoked`, and Gone
    `customer-erased`. A staff member without an assist in the draft is still a principal: what
    they reach is for `authorize`.
    """
    principal = _identified(caller, find, now, draft)
    caller.proved = True
    return principal


def _identified(caller: Caller, find: Find, now: int, draft: str | None) -> Principal:
    credential, tenant = caller.credential, caller.tenant
    if credential is None or tenant is None:
        return Principal(Kind.NOBODY, "", "", channel=caller.channel, device=caller.device)
    if caller.customer is not None:
        return _customer(caller, tenant.id, find(records.customer(tenant.id, caller.customer)), now)
    if credential.kind == "gr":
        return _grant(caller, tenant.id, find(records.grant(tenant.id, credential.subject)), now)
    if credential.kind in STAFFS:
        return _staff(caller, tenant.id, find, draft, now)
    kind = Kind.SERVICE if credential.kind == "sk" else Kind.PUBLISHABLE
    return Principal(kind, tenant.id, tenant.id, channel=caller.channel, device=caller.device)


def _customer(caller: Caller, tenant: str, record: Record | None, now: int) -> Principal:
    assert caller.credential is not None
    assert caller.customer is not None
    fields = read_json(record.body) if record else None
    if fields is None:
        raise Unauthenticated("invalid-token")
    visitor = fields.get("visitor")
    spent_by = None
    if caller.kind == "vt" and not same_secret(visitor or "", caller.credential.secret):
        spent_by = dict(fields.get("spent", ())).get(hash_secret(caller.credential.secret))
        if spent_by is None:
            raise Unauthenticated("token-revoked" if visitor is None else "invalid-token")
    if fields.get("erased"):
        raise Gone("customer-erased")
    if caller.kind == "vt" and now >= fields["visitor_until"]:
        raise Unauthenticated("token-expired")
    merged_into = fields.get("merged_into")
    if caller.kind in ("ct", "jw") and (merged_into or is_over(caller, fields)):
        raise Unauthenticated("token-revoked")  # whoever signs in anew is whom they were merged into
    spent_by = spent_by or merged_into
    kind = Kind.VISITOR if caller.kind == "vt" else Kind.CUSTOMER
    return Principal(
        kind,
        tenant,
        caller.customer,
        caller.customer,
        channel=caller.channel,
        device=caller.device,
        spent_by=spent_by,
        known_by=caller.device_id,
    )


def is_over(caller: Caller, fields: Mapping[str, Any]) -> bool:
    """Whether a customer's token was ended, with all of theirs or with all of its device."""
    signed_out_at = fields.get("revoked", {}).get(caller.session_device, 0)
    return bool(caller.issued_at < fields["min_iat"] or caller.signed_in_at < signed_out_at)


def _grant(caller: Caller, tenant: str, record: Record | None, now: int) -> Principal:
    assert caller.credential is not None
    passage = read_passage(record.body) if record else None
    if passage is None or not same_secret(passage.secret_hash or "", caller.credential.secret):
        raise Unauthenticated("invalid-token")
    if not passage.live(now):
        raise Unauthenticated("token-revoked" if passage.ended else "token-expired")
    return Principal(
        Kind.GRANT,
        tenant,
        passage.id,
        passage.customer,
        passage.draft,
        passage,
        channel=caller.channel,
        device=caller.device,
        known_by=caller.device_id,
    )


def _staff(caller: Caller, tenant: str, find: Find, draft: str | None, now: int) -> Principal:
    held = caller.credential
    assert held is not None
    staff = held.subject
    record = find(records.staff(tenant, staff))
    account = read_account(staff, record.body) if record else None
    if account is None:
        raise Unauthenticated("invalid-token")
    check_staff(held, account, find(session_key(tenant, held)) if held.kind == "ss" else None, now)
    passage = _assist(find(records.assist(tenant, draft, staff))) if draft else None
    return Principal(
        Kind.STAFF,
        tenant,
        staff,
        passage.customer if passage else None,
        draft if passage else None,
        passage,
        account.name,
        caller.channel,
        caller.device,
        roles=account.roles,
        store=account.store,
    )


def check_staff(credential: Credential, account: Account, session: Record | None, now: int) -> None:
    """Raise Unauthenticated unless a token is the account's, or a session signs it in."""
    if credential.kind == "sf":
        if not same_secret(account.token or "", credential.secret):
            raise Unauthenticated("invalid-token")
        if account.disabled:
            raise Unauthenticated("session-ended")
    elif session is None or not read_session(session.body).live(account, now):
        raise Unauthenticated("session-ended")


def session_key(tenant: str, credential: Credential) -> str:
    """Where the session is kept that a cookie is of."""
    return records.session(tenant, credential.subject, hash_secret(credential.secret))


def _assist(record: Record | None) -> Assist | None:
    return read_assist(record.body) if record else None


def principal_of(deps: Deps, caller: Caller, draft: str | None = None) -> Principal:
    """The principal behind a caller, reading what proves it: where nothing else is read with it."""
    found, now = read_all(deps.store, list(proofs(caller, draft)))
    return identify(caller, found.get, now, draft)


def read_all(store: Store, wanted: list[tuple[int, str]]) -> tuple[dict[str, Record], int]:
    """Records of any partitions by key, and the store's time; one round trip a partition."""
    found: dict[str, Record] = {}
    now = 0
    for partition in dict.fromkeys(place for place, _ in wanted) or (0,):
        snapshot = store.read(partition, [key for place, key in wanted if place == partition])
        found |= snapshot.records
        now = snapshot.now
    return found, now


def whose(principal: Principal, customer: str | None) -> str:
    """The customer whose own data is asked for: the caller's, or those of whom the service names.

    Raises Forbidden for a service that says `me`, and for anybody else who names a customer.
    """
    if principal.kind is Kind.SERVICE and customer is not None:
        return customer
    if principal.kind in (Kind.VISITOR, Kind.CUSTOMER) and customer is None and principal.customer:
        return principal.customer
    raise Forbidden("insufficient-scope")


def named_customer(principal: Principal, customer: str | None) -> str:
    """The customer that a request is about: the caller, or the one that the service names.

    Raises Invalid when the service names none, or somebody else names one.
    """
    if principal.kind is Kind.SERVICE:
        if customer is None:
            raise Invalid(errors=[{"pointer": "/customer", "code": "required"}])
        return customer
    if customer is not None or principal.customer is None:
        raise Invalid("unknown-field", errors=[{"pointer": "/customer", "code": "unknown-field"}])
    return principal.customer
