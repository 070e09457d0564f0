"""Identity providers: a tenant registers its own, whose tokens are then taken as they are."""

from retoma_server.adapters.codec import provider_bytes, read_provider
from retoma_server.adapters.sending import Refused
from retoma_server.adapters.signing_keys import NoKeys
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.providers import Provider

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .retrying import retried
from .tenants import Tenant


def register_provider(deps: Deps, caller: Caller, provider: Provider) -> bool:
    """Take the tokens of an identity provider from now on; True where there was none before.

    Its keys are fetched first, so that a mistake shows here and not at a customer's sign-in: raises
    Invalid `identity-provider-unusable`, with the `step` that failed (`address`, `discovery`, `keys`).
    """
    authorize(principal_of(deps, caller), Verb.MANAGE_PROVIDER)
    check_provider(deps, provider)
    is_first = retried(deps, lambda: save(deps, caller.home, provider))
    deps.tenants.forget()
    return is_first


def check_provider(deps: Deps, provider: Provider) -> None:
    """Raise Invalid unless a provider's keys can be had."""
    try:
        deps.sender.check(provider.keys_url or provider.discovery_url)
        deps.provider_tokens.keys.fetch(provider)
    except Refused:
        raise Invalid("identity-provider-unusable", step="address") from None
    except NoKeys as missing:
        raise Invalid("identity-provider-unusable", step=str(missing)) from None


def save(deps: Deps, tenant: Tenant, provider: Provider) -> bool:
    """Write the registration; True where there was none before."""
    key = records.provider(tenant.id)
    snapshot = deps.store.read(tenant.partition, [key])
    commit = Commit({key: snapshot.revision(key)}, [Write(key, provider_bytes(provider))])
    deps.store.commit(tenant.partition, commit)
    return snapshot.get(key) is None


def get_provider(deps: Deps, caller: Caller) -> Provider:
    """The identity provider as registered; raises NotFound."""
    authorize(principal_of(deps, caller), Verb.MANAGE_PROVIDER)
    key = records.provider(caller.home.id)
    record = deps.store.read(caller.home.partition, [key]).get(key)
    if record is None:
        raise NotFound
    return read_provider(record.body)


def delete_provider(deps: Deps, caller: Caller) -> None:
    """Take no more tokens of the identity provider; doing it again is no error."""
    authorize(principal_of(deps, caller), Verb.MANAGE_PROVIDER)
    retried(deps, lambda: delete(deps, caller.home))
    deps.tenants.forget()


def delete(deps: Deps, tenant: Tenant) -> None:
    """Delete the registration, where there is one."""
    key = records.provider(tenant.id)
    snapshot = deps.store.read(tenant.partition, [key])
    if snapshot.get(key) is not None:
        deps.store.commit(tenant.partition, Commit({key: snapshot.revision(key)}, deletes=[key]))
