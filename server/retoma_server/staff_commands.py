"""The commands for people and places: `retoma-server staff …` and `retoma-server stores …`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from retoma_server.actions import staff_providers
from retoma_server.actions.deps import Deps
from retoma_server.actions.retrying import retried
from retoma_server.actions.staff import (
    NameTaken,
    add_account,
    add_retail_store,
    add_staff,
    list_retail_stores,
    list_staff,
    set_disabled,
    set_password,
    set_registered_only,
    set_roles,
)
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.openid import ProviderSilent
from retoma_server.adapters.signing_keys import NoKeys
from retoma_server.adapters.tokens import credential_text
from retoma_server.addressing import named_tenant, wired
from retoma_server.domain.errors import Malformed, NotFound
from retoma_server.domain.staff import Account, Role, UnfitPassword, is_sign_in_name
from retoma_server.domain.staff_providers import CLAIM, StaffProvider

tenant_option = click.option("--tenant", help="Its name or id; not needed where there is only one.")
roles_type = click.Choice([role.value for role in Role])


@click.group()
def staff() -> None:
    """People of a tenant who help customers."""


@staff.command("add")
@click.argument("name")
@click.option("--sign-in", "sign_in_name", help="By which name they sign in; the password is asked for.")
@click.option("--role", "roles", type=roles_type, multiple=True, help="Repeatable; assist without any.")
@click.option("--store", "store", help="The name or id of the store they work in.")
@click.option("--at-provider", is_flag=True, help="They sign in at your provider, which says that name.")
@tenant_option
def add_member(
    name: str,
    sign_in_name: str | None,
    roles: tuple[str, ...],
    store: str | None,
    at_provider: bool,
    tenant: str | None,
) -> None:
    """Add a member of staff: with a token, printed this once, or with a password to sign in by.

    NAME is what customers read.
    """
    with told() as deps:
        business = named_tenant(deps, tenant)
        works_in = store and found_store(deps, business, store)
        given = frozenset(map(Role, roles)) or frozenset((Role.ASSIST,))
        if sign_in_name is None:
            made = retried(deps, lambda: add_staff(deps.store, deps.ids, business, name, given, works_in))
            click.echo(f"staff  {made.id}\ntoken  {made.token}")
            return
        wanted = Account("", name, given, checked_name(sign_in_name), works_in)
        password = None if at_provider else asked_password()
        place = (deps.store, deps.ids, deps.passwords, business)
        account = retried(deps, lambda: add_account(*place, wanted, password))
    click.echo(f"staff    {account.id}\nconsole  {console_address(deps, business)}")


@staff.command("address")
@tenant_option
def address(tenant: str | None) -> None:
    """Print the address of the console, for staff to open once on each device."""
    with told() as deps:
        click.echo(console_address(deps, named_tenant(deps, tenant)))


@staff.command("list")
@tenant_option
def list_members(tenant: str | None) -> None:
    """List a tenant's staff: id, name, roles, sign-in name, store."""
    with told() as deps:
        business = named_tenant(deps, tenant)
        names = {each.id: each.name for each in list_retail_stores(deps.store, business)}
        for each in list_staff(deps.store, business):
            place = f"  in {names.get(each.store, each.store)}" if each.store else ""
            click.echo(told_of(each) + place)


@staff.command("disable")
@click.argument("member")
@tenant_option
def disable(member: str, tenant: str | None) -> None:
    """Let somebody (st_…) in no more, by token or password; whatever they have open ends at once."""
    changed(tenant, lambda deps, business: set_disabled(deps.store, business, member, True))


@staff.command("enable")
@click.argument("member")
@tenant_option
def enable(member: str, tenant: str | None) -> None:
    """Let somebody (st_…) in again."""
    changed(tenant, lambda deps, business: set_disabled(deps.store, business, member, False))


@staff.command("password")
@click.argument("member")
@tenant_option
def password(member: str, tenant: str | None) -> None:
    """Give somebody (st_…) who signs in another password; their sessions end."""
    typed = asked_password()
    changed(tenant, lambda deps, business: set_password(deps.store, deps.passwords, business, member, typed))


@staff.command("role")
@click.argument("member")
@click.argument("roles", type=roles_type, nargs=-1, required=True)
@tenant_option
def role(member: str, roles: tuple[str, ...], tenant: str | None) -> None:
    """Give somebody (st_…) these roles and no others; their sessions end."""
    given = frozenset(map(Role, roles))
    changed(tenant, lambda deps, business: set_roles(deps.store, business, member, given))


@staff.command("provider")
@click.argument("issuer", required=False)
@click.option("--client-id", help="What the provider calls this server.")
@click.option("--claim", default=CLAIM, show_default=True, help="Which claim holds the sign-in name.")
@click.option("--public-client", is_flag=True, help="The provider gave no secret to this server.")
@click.option("--remove", is_flag=True, help="Send nobody there any more.")
@tenant_option
def provider(
    issuer: str | None,
    client_id: str | None,
    claim: str,
    public_client: bool,
    remove: bool,
    tenant: str | None,
) -> None:
    """Let staff sign in at your own OpenID provider, known by its ISSUER address.

    The client's secret is asked for, or read from standard input.
    """
    with told() as deps:
        business = named_tenant(deps, tenant)
        if remove:
            staff_providers.forget(deps, business)
        elif issuer is None or client_id is None:
            raise click.ClickException("Say ISSUER and --client-id, or --remove.")
        else:
            secret = None if public_client else asked_secret()
            staff_providers.register(deps, business, StaffProvider(issuer, client_id, claim), secret)
            click.echo(f"To be allowed there as a redirect URI:  {deps.public_url}{staff_providers.BACK}")


@click.group()
def stores() -> None:
    """The places where a tenant's staff meet customers."""


@stores.command("add")
@click.argument("name")
@tenant_option
def add_store(name: str, tenant: str | None) -> None:
    """Add a store, by the name that customers know."""
    with told() as deps:
        business = named_tenant(deps, tenant)
        made = retried(deps, lambda: add_retail_store(deps.store, deps.ids, business, name))
    click.echo(f"store  {made.id}")


@stores.command("list")
@tenant_option
def list_stores(tenant: str | None) -> None:
    """List a tenant's stores."""
    with told() as deps:
        for each in list_retail_stores(deps.store, named_tenant(deps, tenant)):
            click.echo(f"{each.id}  {each.name}{'  registered devices only' if each.registered_only else ''}")


@stores.command("registered-only")
@click.argument("store")
@click.option("--off", is_flag=True, help="Let them sign in anywhere again.")
@tenant_option
def registered_only(store: str, off: bool, tenant: str | None) -> None:
    """Let the assistants of STORE sign in on its registered devices only.

    Supervisors register one where they are signed in; they may sign in anywhere.
    """
    with told() as deps:
        business = named_tenant(deps, tenant)
        place = found_store(deps, business, store)
        retried(deps, lambda: set_registered_only(deps.store, business, place, not off))


@contextmanager
def told() -> Iterator[Deps]:
    """The server's collaborators; what cannot be done is said in a line."""
    try:
        with wired() as deps:
            yield deps
    except UnfitPassword as refusal:
        raise click.ClickException(str(refusal)) from None
    except (ProviderSilent, NoKeys) as silent:
        raise click.ClickException(f"The provider gave no usable answer: {silent}.") from None
    except NameTaken:
        raise click.ClickException("Somebody signs in by that name already.") from None


def changed(tenant: str | None, change: Callable[[Deps, Tenant], Account]) -> None:
    """Change an account and show it."""
    with told() as deps:
        business = named_tenant(deps, tenant)
        try:
            click.echo(told_of(retried(deps, lambda: change(deps, business))))
        except (NotFound, Malformed):
            raise click.ClickException(f"{business.name} has nobody like that: see staff list.") from None


def console_address(deps: Deps, tenant: Tenant) -> str:
    """Where a tenant's staff open the console; the key in it is no secret."""
    return f"{deps.public_url}/staff?key={credential_text('pk', tenant.id)}"


def told_of(account: Account) -> str:
    """An account in a line."""
    state = "disabled" if account.disabled else " ".join(sorted(account.roles))
    at_provider = " at the provider" if account.sign_in_name and account.password is None else ""
    return f"{account.id}  {account.name}  {state}  {account.sign_in_name or 'by token'}{at_provider}"


def found_store(deps: Deps, tenant: Tenant, name: str) -> str:
    """The id of the store with that name or id."""
    found = [each.id for each in list_retail_stores(deps.store, tenant) if name in (each.id, each.name)]
    if len(found) != 1:
        raise click.ClickException(f"There is no store {name}." if not found else f"Say {name} by its id.")
    return found[0]


def checked_name(text: str) -> str:
    """A sign-in name that can be typed."""
    if not is_sign_in_name(text):
        raise click.ClickException("A sign-in name is a word of at most 128 characters.")
    return text


def asked_secret() -> str:
    """A client's secret, hidden where somebody types, else the first line of what comes in."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Client secret", hide_input=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def asked_password() -> str:
    """A password, typed twice where somebody types, else the first line of what comes in."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
