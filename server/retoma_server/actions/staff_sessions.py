"""Staff sessions: signing in by name and password, who is signed in, and signing out."""

from contextlib import suppress
from dataclasses import dataclass, field, replace

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.staff import (
    read_account,
    read_retail_store,
    read_session,
    read_store_device,
    record_bytes,
)
from retoma_server.adapters.stores import Append, Commit, Snapshot, Stale, Write
from retoma_server.adapters.tokens import Credential, credential_text, parse_credential, same_secret
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import Forbidden, RetomaError, Unauthenticated
from retoma_server.domain.staff import (
    SESSIONS_AT_ONCE,
    Account,
    RetailStore,
    Session,
    StoreDevice,
    password_form,
)

from . import records
from .callers import Caller, principal_of, session_key
from .deps import Deps
from .retrying import retried
from .staff import name_hash, place, written
from .tenants import Tenant

NOBODY = "st_" + "0" * 22


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A member of staff signed in: by a session, or by a token, which has none.

    `cookie` is the session's, where it was just made.
    """

    account: Account
    store: RetailStore | None
    session: Session | None
    cookie: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser has already: an earlier session, and what it keeps where it is a registered device."""

    before: Credential | None = None
    device: Credential | None = None


NEW_BROWSER = Browser()
"""One that has nothing."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody signs in by, from where, and on what browser."""

    name: str
    password: str = field(repr=False)
    address: str
    browser: Browser = NEW_BROWSER


def sign_in_staff(deps: Deps, caller: Caller, attempt: Attempt) -> SignedIn:
    """Begin a session, always a new one; the browser's earlier one ends.

    Raises Unauthenticated `sign-in-refused`, alike and as slowly for a name that nobody has, a wrong
    password and a disabled account; TooMany after many refusals, by name and by address; Forbidden
    `device-not-registered` for whoever would get in, but only on a device of their store.
    """
    authorize(principal_of(deps, caller), Verb.SIGN_IN_STAFF)
    return retried(deps, lambda: _sign_in(deps, caller.home, attempt))


def _sign_in(deps: Deps, tenant: Tenant, attempt: Attempt) -> SignedIn:
    hashed = name_hash(tenant, attempt.name)
    account, revision = named_account(deps, tenant, hashed)
    address = tenant.keys.keyed_hash("staff-address", attempt.address)
    known = account is not None and address in account.addresses
    deps.limits.check_sign_in(tenant.id, hashed, attempt.address, known=known)
    kept = account.password if account is not None and not account.disabled else None
    if not deps.passwords.fits(kept, password_form(attempt.password)) or account is None or kept is None:
        deps.limits.count_wrong_sign_in(tenant.id, hashed, attempt.address)
        raise Unauthenticated("sign-in-refused")
    if deps.passwords.outdated(kept):
        kept = deps.passwords.hashed(password_form(attempt.password))
    fresh = replace(account, password=kept, addresses=account.seen_at(address))
    return begun(deps, tenant, (account, revision), fresh, attempt.browser)


def named_account(deps: Deps, tenant: Tenant, hashed: str) -> tuple[Account | None, int]:
    """The account of a sign-in name with its revision, None where nobody has it, in as many reads."""
    pointer = records.staff_name(tenant.id, hashed)
    found = deps.store.read(tenant.partition, [pointer]).get(pointer)
    staff = found.body.decode() if found else NOBODY
    key = records.staff(tenant.id, staff)
    record = deps.store.read(tenant.partition, [key]).get(key)
    return (read_account(staff, record.body), record.revision) if record else (None, 0)


def begun(
    deps: Deps, tenant: Tenant, read: tuple[Account, int], fresh: Account, browser: Browser
) -> SignedIn:
    """A session just begun for an account as it was read, in whose place a `fresh` one is written."""
    account, revision = read
    cookie = credential_text("ss", tenant.id, subject=account.id, secret=deps.ids.secret())
    key = session_key(tenant.id, parse_credential(cookie))
    before, device_key = browsers_keys(tenant, browser)
    snapshot = deps.store.read(tenant.partition, [*before, *device_key, *store_keys(tenant.id, account)])
    store = store_of(tenant.id, fresh, snapshot)
    device = device_of(snapshot, device_key, browser.device, store)
    if store is not None and store.wants_device(fresh) and device is None:
        raise Forbidden("device-not-registered")
    surplus = surplus_sessions(deps, tenant, account.id)
    ended = {each: snapshot.revision(each) for each in before if snapshot.get(each)} | surplus
    session = Session(account.generation, snapshot.now, snapshot.now, device.id if device else None)
    expects = {key: 0, place(tenant.id, account): revision} | ended
    expects |= {each: snapshot.revision(each) for each in device_key}
    writes = [session_write(tenant.id, key, session)]
    if fresh != account:
        writes.append(written(tenant.id, fresh))
    nudges = [dismissal(tenant.id, account.id)] if surplus else []
    deps.store.commit(tenant.partition, Commit(expects, writes, list(ended), nudges))
    return SignedIn(fresh, store, session, cookie)


def surplus_sessions(deps: Deps, tenant: Tenant, staff: str) -> dict[str, int]:
    """The sessions (key and revision) that give way to a new one, the oldest."""
    term = records.staff_sessions_term(tenant.id, staff)
    found = deps.store.find([tenant.partition], [term], limit=100)
    return {each.record.key: each.record.revision for each in found[SESSIONS_AT_ONCE - 1 :]}


def dismissal(tenant: str, staff: str) -> Append:
    """What has whatever a member of staff follows look again whether they may."""
    return Append(records.dismissals_log(tenant, staff), b"{}", 1, nudge=True)


def browsers_keys(tenant: Tenant, browser: Browser) -> tuple[list[str], list[str]]:
    """Where a browser's earlier session is kept, and its registration, where they are of this tenant."""
    before, device = (
        each if each is not None and each.tenant == tenant.id else None
        for each in (browser.before, browser.device)
    )
    sessions = [session_key(tenant.id, before)] if before else []
    return sessions, [records.store_device(tenant.id, device.subject)] if device else []


def device_of(
    snapshot: Snapshot, keys: list[str], held: Credential | None, store: RetailStore | None
) -> StoreDevice | None:
    """The registered device that a browser is, None where it is none of that store."""
    record = next((snapshot.get(key) for key in keys), None)
    device = read_store_device(record.body) if record else None
    if device is None or held is None or store is None or device.store != store.id:
        return None
    return device if same_secret(device.secret, held.secret) else None


def signed_in(deps: Deps, caller: Caller) -> SignedIn:
    """Who is signed in, by a session or by a token."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.OWN_SESSION)
    tenant, staff = caller.home.id, principal.id
    own, held = records.staff(tenant, staff), own_session(caller)
    keys = [own, *([held] if held else [])]
    found = deps.store.read(partition_of(staff), keys)
    record, session = found.get(own), found.get(held) if held else None
    if record is None:
        raise Unauthenticated("session-ended")
    account = read_account(staff, record.body)
    stores = deps.store.read(partition_of(staff), store_keys(tenant, account))
    kept = read_session(session.body).used(found.now) if session else None
    return SignedIn(account, store_of(tenant, account, stores), kept)


def confirm_password(deps: Deps, caller: Caller, password: str, address: str) -> None:
    """Have who is signed in show by their password that it is still they; the session stays as it is.

    Raises Unauthenticated `sign-in-refused` for another password, and for who signs in without one;
    TooMany after many refusals, which count as those of signing in do.
    """
    account, tenant = signed_in(deps, caller).account, caller.home
    hashed = name_hash(tenant, account.sign_in_name or account.id)
    known = tenant.keys.keyed_hash("staff-address", address) in account.addresses
    deps.limits.check_sign_in(tenant.id, hashed, address, known=known)
    if not deps.passwords.fits(account.password, password_form(password)):
        deps.limits.count_wrong_sign_in(tenant.id, hashed, address)
        raise Unauthenticated("sign-in-refused")


def is_signed_in(deps: Deps, tenant: Tenant, account: Account) -> bool:
    """Whether a member of staff is signed in on any browser."""
    term = records.staff_sessions_term(tenant.id, account.id)
    found = deps.store.find([partition_of(account.id)], [term], limit=100)
    return any(read_session(each.record.body).live(account, deps.store.now()) for each in found)


def end_session(deps: Deps, caller: Caller) -> None:
    """End one's own session; raises Forbidden for who has a token, which only the operator ends."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.OWN_SESSION)
    key = own_session(caller)
    if key is None:
        raise Forbidden("insufficient-scope")
    nudge = dismissal(caller.home.id, principal.id)
    retried(deps, lambda: _end(deps, partition_of(principal.id), key, nudge))


def _end(deps: Deps, partition: int, key: str, nudge: Append) -> None:
    record = deps.store.read(partition, [key]).get(key)
    if record is not None:
        deps.store.commit(partition, Commit({key: record.revision}, deletes=[key], appends=[nudge]))


def note_use(deps: Deps, caller: Caller) -> None:
    """Write down that a session is in use, once in a minute; nobody is kept from anything by that."""
    key = own_session(caller)
    if key is None or caller.credential is None or not caller.at_work:
        return
    partition = partition_of(caller.credential.subject)
    with suppress(Stale, RetomaError):
        snapshot = deps.store.read(partition, [key])
        record = snapshot.get(key)
        session = read_session(record.body) if record else None
        if record and session and session.used(snapshot.now) != session:
            used = session_write(caller.home.id, key, session.used(snapshot.now))
            deps.store.commit(partition, Commit({key: record.revision}, [used]))


def own_session(caller: Caller) -> str | None:
    """Where the session of a caller is kept who has one."""
    held = caller.credential
    if held is None or held.kind != "ss":
        return None
    return session_key(caller.home.id, held)


def session_write(tenant: str, key: str, session: Session) -> Write:
    """The record of a session, due for removal when it ends."""
    terms = [records.staff_sessions_term(tenant, key.split("/")[2])]
    if session.device:
        terms.append(records.device_sessions_term(tenant, session.device))
    return Write(key, record_bytes(session), tuple(terms), session.began_at, session.idle_until)


def store_keys(tenant: str, account: Account) -> list[str]:
    """Where the store of an account is kept, where it has one."""
    return [records.retail_store(tenant, account.store)] if account.store else []


def store_of(tenant: str, account: Account, read: Snapshot) -> RetailStore | None:
    """The store of an account."""
    record = next((read.get(key) for key in store_keys(tenant, account)), None)
    return read_retail_store(record.body) if record else None
