"""Which store a command is about, and which tenants."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from retoma_server.actions.deps import Deps
from retoma_server.actions.tenants import Tenant, all_tenants
from retoma_server.adapters.settings import Settings
from retoma_server.starting import opened


@contextmanager
def wired() -> Iterator[Deps]:
    """The server's collaborators, for as long as a command needs them."""
    deps = opened(Settings.from_env(), click.get_current_context().obj)
    try:
        yield deps
    finally:
        deps.store.close()


def named_tenant(deps: Deps, name: str | None) -> Tenant:
    """The tenant with that name or id; without one, the only tenant."""
    found = [each for each in all_tenants(deps.store, deps.vault) if name in (None, each.name, each.id)]
    if len(found) == 1:
        return found[0]
    if name is not None:
        raise click.ClickException(f"There is no tenant {name}." if not found else f"Say {name} by its id.")
    raise click.ClickException("There is no tenant yet." if not found else "Say which tenant: --tenant NAME.")


def chosen_tenants(deps: Deps, name: str | None) -> list[Tenant]:
    """The tenant with that name or id; without one, every tenant."""
    return all_tenants(deps.store, deps.vault) if name is None else [named_tenant(deps, name)]
