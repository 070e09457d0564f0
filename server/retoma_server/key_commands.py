"""The commands for keys: `retoma-server keys …`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import click

from retoma_server.actions.deps import Deps
from retoma_server.actions.key_uses import KeyUses, key_uses
from retoma_server.actions.rotations import (
    SETTLED,
    drop_index,
    finish,
    rotate_customers,
    rotate_index,
    rotate_tenant,
)
from retoma_server.actions.tenants import Tenant, all_tenants, rewrap_all
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.addressing import chosen_tenants, named_tenant, wired
from retoma_server.app import read_keyring

Row = tuple[str, str, str, str]
"""Of a key: its kind, its name or number, its state, and what uses it."""

ROTATIONS = {"tenant": rotate_tenant, "customers": rotate_customers, "index": rotate_index}
DROPPING = """\
{count:,} identifiers of {name} are found by index key {version} alone. Whoever comes back by one of their
e-mails, phones or numbers is not known until your service links it again (PATCH /v1/customers/ID), and
whoever comes back by an external id is a new customer.
"""


@click.group()
def keys() -> None:
    """Every key, what uses it, and how it is replaced while everything goes on."""


tenant_option = click.option("--tenant", "name", help="Its name or id; every tenant without.")


@keys.command("status")
@tenant_option
def keys_status(name: str | None) -> None:
    """Show every key, its state, what still uses it, and what to type next."""
    with wired() as deps:
        ring = read_keyring(Settings.from_env())
        wrapped = wrapping(deps)
        show(root_rows(deps.vault.current, ring, wrapped))
        steps = [*root_steps(deps.vault.current, ring, wrapped)]
        for tenant in chosen_tenants(deps, name):
            uses = key_uses(deps, tenant, tell)
            show_tenant(tenant, uses)
            steps += tenant_steps(tenant, uses, deps.store.now())
    show_steps(steps)


# -- keys of tenants, customers, identifiers -----------------------------------------------------


@keys.command("rotate")
@click.argument("kind", type=click.Choice([*ROTATIONS]))
@tenant_option
def rotate(kind: Literal["tenant", "customers", "index"], name: str | None) -> None:
    """Make new keys, use them from now on, and bring along what can be.

    \b
    tenant     the key that wraps the keys of a tenant's customers
    customers  the key of each customer, which seals what that customer writes
    index      the key of the hashes by which customers are found

    It may be interrupted at any time: keys finish goes on with it.
    """
    with wired() as deps:
        for tenant in chosen_tenants(deps, name):
            bring_along(deps, ROTATIONS[kind](deps, tenant))


@keys.command("finish")
@tenant_option
def finish_rotations(name: str | None) -> None:
    """Go on with what rotations have left, and take keys away that nothing uses any more."""
    with wired() as deps:
        for tenant in chosen_tenants(deps, name):
            bring_along(deps, tenant)


@keys.command("drop-index")
@click.option("--tenant", "name", help="Its name or id; not needed where there is only one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop_oldest_index(name: str | None, yes: bool) -> None:
    """Take the oldest index key away although some identifiers are found by it alone."""
    with wired() as deps:
        tenant = named_tenant(deps, name)
        oldest, newest = tenant.keys.chain.index[0], tenant.keys.chain.index[-1]
        if oldest is newest:
            raise click.ClickException(f"{tenant.name} has one index key: rotate index first.")
        if deps.store.now() - newest.made_at < SETTLED:
            raise click.ClickException("A running server may not know the newest yet: wait a minute.")
        count = key_uses(deps, tenant, tell).finds[oldest.version]
        if count and not yes:
            click.echo(DROPPING.format(count=count, name=tenant.name, version=oldest.version))
            click.confirm("Drop it?", abort=True)
        drop_index(deps, tenant)
    click.echo(f"Dropped index key {oldest.version} of {tenant.name}: {count:,} identifiers are lost.")


def bring_along(deps: Deps, tenant: Tenant) -> None:
    """Finish what can be finished for a tenant, and show where it stands."""
    finished = finish(deps, tenant, tell)
    uses = key_uses(deps, finished, tell)
    show_tenant(finished, uses)
    show_steps(tenant_steps(finished, uses, deps.store.now()))


def tell(count: int) -> None:
    """Say, beside the answer, how far a long pass is."""
    click.echo(f"{count:,} records read", err=True)


# -- the table ---------------------------------------------------------------------------------


def show(rows: Iterable[Row]) -> None:
    """Print keys in columns."""
    for kind, key, state, used in rows:
        click.echo(f"{kind:8}  {key:12}  {state:7}  {used}")


def show_tenant(tenant: Tenant, uses: KeyUses) -> None:
    """Print the keys of a tenant."""
    click.echo(f"\n{tenant.name} ({tenant.id})")
    show(tenant_rows(tenant, uses))


def show_steps(steps: list[str]) -> None:
    """Print what to type next, where there is something."""
    if steps:
        click.echo("\nNext:")
    for step in steps:
        click.echo(f"  {step}")


def root_rows(current: str, ring: Keyring, wrapped: list[str]) -> Iterator[Row]:
    """The root keys, which wrap tenants' keychains, and those from which the keys that sign are made."""
    held = [key.kid for key in ring.keys] if ring.find(current) else []
    for name in dict.fromkeys([*held, *wrapped, current]):
        yield "root", name, role(name == current), f"wraps {wrapped.count(name):,} tenants"
    for key in ring.keys:
        signs = (
            "signs tokens, cursors, previews, checkpoints"
            if key is ring.primary
            else "checks what it has signed"
        )
        yield "signing", key.kid, key.state, signs


def role(current: bool) -> str:
    """The state of a root key, as keyrings call it."""
    return "primary" if current else "decrypt"


def tenant_rows(tenant: Tenant, uses: KeyUses) -> Iterator[Row]:
    """The versions of a tenant's keys."""
    chain = tenant.keys.chain
    for secret in chain.wrapping:
        used = f"wraps the keys of {uses.wraps[secret.version]:,} customers"
        yield "tenant", str(secret.version), state(secret.version, chain.wrapping[-1].version), used
    for version in sorted({chain.customers} | uses.newest.keys() | uses.kept.keys()):
        held = uses.newest[version] + uses.kept[version]
        used = f"of {held:,} customers, opens {uses.seals[version]:,} records"
        yield "customer", str(version), state(version, chain.customers), used
    for secret in chain.index:
        more = "" if secret is chain.index[-1] else " that no newer one finds"
        used = f"finds {uses.finds[secret.version]:,} identifiers{more}"
        yield "index", str(secret.version), state(secret.version, chain.index[-1].version), used


def state(version: int, newest: int) -> str:
    """Whether a version is the one that is used from now on."""
    return "newest" if version == newest else "older"


def root_steps(current: str, ring: Keyring, wrapped: list[str]) -> Iterator[str]:
    """What to type next about root keys."""
    newest, primary = ring.keys[-1].kid, ring.primary.kid
    if newest != primary:
        yield f"retoma-server keys promote {newest}  # when every running server has read it (SIGHUP)"
    elif any(name != current for name in wrapped):
        yield "retoma-server keys rewrap  # when every running server has read the new ring (SIGHUP)"
    else:
        old = [key.kid for key in ring.keys if key.kid != primary]
        yield from (f"retoma-server keys remove {kid}  # what it signed is over then" for kid in old)


def tenant_steps(tenant: Tenant, uses: KeyUses, now: int) -> list[str]:
    """What to type next about a tenant's keys, and what for."""
    reasons = [*reasons_to_finish(tenant, uses, now)]
    return [f"retoma-server keys finish --tenant {tenant.id}", *reasons] if reasons else []


def reasons_to_finish(tenant: Tenant, uses: KeyUses, now: int) -> Iterator[str]:
    """What a tenant's rotations have left, and when it can be done."""
    chain = tenant.keys.chain
    behind = sum(count for version, count in uses.newest.items() if version < chain.customers)
    wrapped = sum(uses.wraps[secret.version] for secret in chain.wrapping[:-1])
    if behind or wrapped:
        yield f"  # now: {max(behind, wrapped):,} customers are to be brought along"
    elif len(chain.wrapping) > 1:
        yield f"  # {settled(chain.wrapping[-1].made_at, now)}: nothing needs the older tenant key"
    if kept := sum(uses.kept.values()):
        opened = sum(uses.seals[version] for version in uses.kept)
        when = (
            f"when the {opened:,} records that they open are gone"
            if opened
            else settled(chain.customers_at, now)
        )
        yield f"  # {when}: {kept:,} older keys of customers"
    if len(chain.index) > 1:
        alone = uses.finds[chain.index[0].version]
        when = (
            f"when your service has put {alone:,} identifiers again"
            if alone
            else settled(chain.index[-1].made_at, now)
        )
        yield f"  # {when}: the oldest index key (keys drop-index does not wait)"


def settled(made_at: int, now: int) -> str:
    """When the key before one that was made then can be taken away."""
    return "now" if now - made_at >= SETTLED else "in a minute"


# -- root keys ---------------------------------------------------------------------------------


@keys.command("add")
def add_key() -> None:
    """Add a fresh root key, which is not used before it is promoted."""
    path = keyring_file()
    grown = Keyring.load(path).add()
    grown.save(path)
    click.echo(f"Added {grown.keys[-1].kid}. When every running server has read it (SIGHUP), promote it.")


@keys.command("promote")
@click.argument("kid")
def promote_key(kid: str) -> None:
    """Make a root key the one that wraps and signs from now on."""
    path = keyring_file()
    Keyring.load(path).promote(kid).save(path)
    click.echo(f"Promoted {kid}. When every running server has read it (SIGHUP), rewrap.")


@keys.command("rewrap")
def rewrap() -> None:
    """Wrap every tenant's keychain by the primary root key; no data is touched."""
    with wired() as deps:
        count = rewrap_all(deps.store, deps.vault)
    click.echo(f"Rewrapped {count} tenants.")


@keys.command("remove")
@click.argument("kid")
def remove_key(kid: str) -> None:
    """Remove a root key by which no tenant is wrapped; tokens that it signed end at once."""
    path = keyring_file()
    shrunk = Keyring.load(path).remove(kid)
    with wired() as deps:
        count = wrapping(deps).count(kid)
    if count:
        raise click.ClickException(f"{count} tenants are still wrapped by {kid}: rewrap first.")
    shrunk.save(path)
    click.echo(f"Removed {kid}.")


def wrapping(deps: Deps) -> list[str]:
    """The kid that each tenant is wrapped by."""
    return [deps.vault.wrapped_by(each.wrapped_key) for each in all_tenants(deps.store, deps.vault)]


def keyring_file() -> Path:
    """The keyring's file, where there is one to change."""
    path = Settings.from_env().keyring_path
    if path is None:
        raise click.ClickException("RETOMA_KEYRING holds the keyring itself: change it there.")
    return path
