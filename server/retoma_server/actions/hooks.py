"""Hooks: where a tenant is asked, registered with a secret that is shown once and signs every question."""

import base64
from dataclasses import dataclass, field
from datetime import datetime

from standardwebhooks import Webhook

from retoma_server.adapters.codec import hook_bytes, read_hook
from retoma_server.adapters.sending import Refused
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.hooks import Hook

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .retrying import retried
from .tenants import Tenant

VALIDATE = "cart.validate"
"""The hook that is asked about prices and stock."""
TEXT = "message.send"
"""The hook that is handed text messages."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A hook just registered, with the only sight of its secret."""

    hook: Hook
    secret: str = field(repr=False)
    fresh: bool


def register_hook(deps: Deps, caller: Caller, name: str, url: str, blocks: bool) -> Registered:
    """Register a hook, or replace what was registered, with a new secret each time.

    The secret before it signs too for a day. Raises Invalid `hook-url-refused` for an address that
    nothing is sent to.
    """
    authorize(principal_of(deps, caller), Verb.MANAGE_HOOKS)
    try:
        deps.sender.check(url)
    except Refused:
        raise Invalid("hook-url-refused") from None
    registered = retried(deps, lambda: _save(deps, caller.home, name, url, blocks))
    deps.tenants.forget()
    return registered


def _save(deps: Deps, tenant: Tenant, name: str, url: str, blocks: bool) -> Registered:
    key = records.hook(tenant.id, name)
    snapshot = deps.store.read(tenant.partition, [key])
    record, key_id = snapshot.get(key), deps.ids.nonce()
    known = read_hook(record.body) if record else None
    hook = known.replaced(url, key_id, blocks, snapshot.now) if known else Hook(url, key_id, blocks)
    commit = Commit({key: snapshot.revision(key)}, [Write(key, hook_bytes(hook))])
    deps.store.commit(tenant.partition, commit)
    return Registered(hook, secret_of(tenant, key_id), known is None)


def get_hook(deps: Deps, caller: Caller, name: str) -> Hook:
    """A hook as registered, without its secret; raises NotFound."""
    authorize(principal_of(deps, caller), Verb.MANAGE_HOOKS)
    key = records.hook(caller.home.id, name)
    record = deps.store.read(caller.home.partition, [key]).get(key)
    if record is None:
        raise NotFound
    return read_hook(record.body)


def delete_hook(deps: Deps, caller: Caller, name: str) -> None:
    """Ask this tenant no more; doing it again is no error."""
    authorize(principal_of(deps, caller), Verb.MANAGE_HOOKS)
    retried(deps, lambda: _delete(deps, caller.home, name))
    deps.tenants.forget()


def _delete(deps: Deps, tenant: Tenant, name: str) -> None:
    key = records.hook(tenant.id, name)
    snapshot = deps.store.read(tenant.partition, [key])
    if snapshot.get(key) is not None:
        deps.store.commit(tenant.partition, Commit({key: snapshot.revision(key)}, deletes=[key]))


def secret_of(tenant: Tenant, key_id: str) -> str:
    """The secret of a hook, as Standard Webhooks writes it: made of the tenant's key, and stored nowhere."""
    return "whsec_" + base64.b64encode(tenant.keys.mac("hook", key_id.encode())).decode()


def signed(tenant: Tenant, hook: Hook, name: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers that prove who asks (Standard Webhooks 1.0), by each secret that signs now."""
    secrets = [secret_of(tenant, key_id) for key_id in hook.key_ids(int(now.timestamp() * 1000))]
    marks = [Webhook(secret).sign(f"msg_{name}", now, body.decode()) for secret in secrets]
    return {
        "webhook-id": f"msg_{name}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(marks),
    }
