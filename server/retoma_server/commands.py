"""The commands: `retoma-server …`, for whoever runs the server."""

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import structlog

from retoma_server import __version__
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.sweeper import Sweeper
from retoma_server.actions.tenants import all_tenants, allow_origin, create_tenant, save_tenant
from retoma_server.actions.urls import origin_of
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.identifying import is_region
from retoma_server.adapters.keyring import Keyring, KeyringError
from retoma_server.adapters.logs import configure_logs
from retoma_server.adapters.root_keys import MakeRootKeys
from retoma_server.adapters.settings import SETTINGS, Settings, SettingsError
from retoma_server.adapters.stores import (
    Stale,
    StoreBusy,
    StoreFull,
    StoreUnavailable,
)
from retoma_server.addressing import named_tenant, wired
from retoma_server.app import app_of, wire
from retoma_server.audit_commands import audit
from retoma_server.domain.errors import Malformed, NotFound
from retoma_server.domain.looks import READABLE, Look, NotAColour, TooPale, checked_colour
from retoma_server.key_commands import keys
from retoma_server.serving import serve_api, serve_streams
from retoma_server.staff_commands import staff, stores
from retoma_server.starting import (
    NotReady,
    addresses,
    check_port,
    checked,
    is_handed_socket,
    prepare,
    welcome,
)

SENTENCES: dict[type[Exception], str] = {
    StoreUnavailable: "The store cannot be reached or written: check RETOMA_STORE, and that it runs.",
    StoreBusy: "The store is held by somebody else: try again.",
    StoreFull: "The store is full: nothing was written.",
    Stale: "Somebody else changed the same thing at this moment: try again.",
    IntegrityFailure: "This keyring does not open this store: set RETOMA_KEYRING to the one that does.",
}
"""What an operator reads of errors whose own text is not for them."""


class Commands(click.Group):
    """Commands whose foreseeable failures are one line and exit code 1, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (SettingsError, KeyringError, NotReady) as error:
            raise click.ClickException(str(error)) from None
        except tuple(SENTENCES) as error:
            raise click.ClickException(SENTENCES[type(error)]) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="retoma-server")
def commands() -> None:
    """Retoma: keeps a customer's unfinished form alive across devices and the person in the store."""


# -- running -----------------------------------------------------------------------------------


@commands.command()
@click.option(
    "--role", type=click.Choice(["all", "api", "events"]), default="all", help="What this server serves."
)
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="The port to listen on.")
@click.option("--workers", type=click.IntRange(1, 1_024), help="How many workers serve requests.")
@click.pass_obj
def serve(
    root_keys: MakeRootKeys | None, role: str, host: str | None, port: int | None, workers: int | None
) -> None:
    """Serve until told to stop (SIGTERM, Ctrl-C); the first start makes what is missing."""
    hand_down(RETOMA_HOST=host, RETOMA_PORT=port, RETOMA_WORKERS=workers)
    settings = Settings.from_env()
    # granian's running instances share a port with each other; gunicorn's hold it alone.
    if role != "api" and not is_handed_socket(os.environ):
        check_port(settings.host, settings.port)
    if role == "api" and root_keys is not None:
        raise click.ClickException(
            "Root keys that are held elsewhere need a server with streams: --role all."
        )
    tenant = prepare(settings, click.echo, root_keys)
    if tenant is not None:
        click.echo(welcome(tenant, settings.public_url))
    click.echo(addresses(settings.public_url))
    sys.stdout.flush()
    configure_logs(settings.log_level)
    if role == "api":
        serve_api(settings)
    else:
        serve_streams(settings, root_keys)


def hand_down(**options: object) -> None:
    """Let options stand where the settings are read, by this running instance and by its workers."""
    os.environ.update({name: str(value) for name, value in options.items() if value is not None})


@commands.command()
@click.pass_obj
def worker(root_keys: MakeRootKeys | None) -> None:
    """Sweep what is due until told to stop: for servers whose store is not embedded."""
    settings = Settings.from_env()
    configure_logs(settings.log_level)
    deps = checked(settings, root_keys)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Sweeper(deps, stop, structlog.get_logger("sweeper")).run()


# -- tenants -----------------------------------------------------------------------------------


@commands.group()
def tenants() -> None:
    """The businesses on this server."""


@tenants.command("add")
@click.argument("name")
@click.option("--origin", "origins", multiple=True, required=True, help="Whose pages may call; repeatable.")
@click.option("--region", help="Where phone numbers without a country's code are from, such as ES.")
def add_tenant(name: str, origins: tuple[str, ...], region: str | None) -> None:
    """Add a tenant and print its keys, this once."""
    with wired() as deps:
        if any(tenant.name == name for tenant in all_tenants(deps.store, deps.vault)):
            raise click.ClickException(f"There is a tenant {name} already.")
        allowed = frozenset(checked_origin(each) for each in origins)
        made = create_tenant(deps.store, deps.vault, deps.ids, name, allowed, checked_region(region))
    click.echo(f"tenant           {made.id}")
    click.echo(f"publishable key  {made.publishable_key}")
    click.echo(f"secret key       {made.secret_key}")


@tenants.command("list")
def list_tenants() -> None:
    """List the tenants, newest first, with the origins whose pages may call."""
    with wired() as deps:
        for tenant in all_tenants(deps.store, deps.vault):
            click.echo(f"{tenant.id}  {tenant.name}  {' '.join(sorted(tenant.origins))}")


@tenants.command("region")
@click.argument("tenant")
@click.argument("region")
def region(tenant: str, region: str) -> None:
    """Say where a tenant's phone numbers without a country's code are from, such as ES."""
    checked = checked_region(region)
    with wired() as deps:
        found = named_tenant(deps, tenant)
        save_tenant(deps.store, replace(found, region=checked))
    click.echo(f"Phone numbers of {found.name} are from {checked} where they name no country.")


@tenants.command("look")
@click.argument("tenant")
@click.option("--name", help="What customers know it by.")
@click.option("--name-es", help="The same in Spanish, where it differs.")
@click.option("--colour", help="Of its buttons, such as #7a1f3d.")
def look(tenant: str, name: str | None, name_es: str | None, colour: str | None) -> None:
    """Give the page behind a handoff's link a tenant's own name and colour; what is left out stays."""
    names = {"en": name, "es": name_es}
    given = {language: each.strip() for language, each in names.items() if each and each.strip()}
    checked = colour and checked_look_colour(colour)
    with wired() as deps:
        found = named_tenant(deps, tenant)
        made = Look({**found.look.names, **given}, checked or found.look.colour)
        save_tenant(deps.store, replace(found, look=made))
    click.echo(f"Links of {found.name} show {made.name('en', found.name)}, {made.colour or 'in our colour'}.")


@tenants.command("allow")
@click.argument("tenant")
@click.option("--origin", required=True, help="Such as https://www.example.com.")
def allow(tenant: str, origin: str) -> None:
    """Let pages of one more origin call for a tenant, named by its name or id."""
    allowed = checked_origin(origin)
    with wired() as deps:
        found = named_tenant(deps, tenant)
        allow_origin(deps.store, found, allowed)
    click.echo(f"Pages of {allowed} may call for {found.name}.")


@commands.group()
def customers() -> None:
    """Customers of a tenant."""


@customers.command("erase")
@click.argument("customer")
@click.option("--tenant", help="Its name or id; not needed where there is only one.")
def erase(customer: str, tenant: str | None) -> None:
    """Erase a customer (cu_…) for good: drafts, history, events, and the key that sealed them."""
    with wired() as deps:
        business = named_tenant(deps, tenant)
        try:
            count = erase_customer(deps, business, customer, "operator")
        except (NotFound, Malformed):
            raise click.ClickException(f"{business.name} has no customer {customer}.") from None
    click.echo(f"Erased {customer} and {count} drafts. The key is destroyed: copies in backups stay closed.")


def checked_region(text: str | None) -> str | None:
    """A region as ISO 3166 writes it."""
    if text is None or is_region(text.upper()):
        return text and text.upper()
    raise click.ClickException("A region is a country's two letters, such as ES.")


def checked_look_colour(text: str) -> str:
    """A colour on which white letters can be read."""
    try:
        return checked_colour(text)
    except NotAColour:
        raise click.ClickException("A colour is # and six digits, such as #7a1f3d.") from None
    except TooPale as refusal:
        raise click.ClickException(
            f"White letters cannot be read on that colour: their contrast is {refusal.contrast:.1f},"
            f" and {READABLE} is needed. Take a darker one."
        ) from None


def checked_origin(text: str) -> str:
    """An origin as browsers write it."""
    origin = origin_of(text)
    if origin is None or text.rstrip("/").count("/") != 2:
        raise click.ClickException(
            "An origin is scheme, host and port only, such as https://www.example.com."
        )
    return origin


commands.add_command(audit)
commands.add_command(keys)
commands.add_command(staff)
commands.add_command(stores)


# -- looking after it --------------------------------------------------------------------------


@commands.command()
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the screen."
)
def openapi(output: Path | None) -> None:
    """Write the description of the HTTP interface (OpenAPI 3.1) as JSON."""
    text = described()
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def described() -> str:
    """The description as the app gives it, sorted, so that it changes only when the interface does."""
    keyring = Keyring.create().dump()
    app = app_of(wire(Settings.from_env({"RETOMA_STORE": "sqlite://", "RETOMA_KEYRING": keyring})))
    description = app.test_client().get("/openapi.json").get_json()
    return json.dumps(description, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@commands.group()
def epoch() -> None:
    """The unbroken history that clients' cursors belong to."""


@epoch.command("new")
def new_epoch() -> None:
    """Begin a new epoch after a restore from backup, so that clients read everything again."""
    with wired() as deps:
        click.echo(deps.store.new_epoch())


@commands.command("settings")
def show_settings() -> None:
    """Show every setting: its variable, its default, what it does."""
    for setting in SETTINGS:
        click.echo(f"{setting.variable}={setting.default}\n    {setting.help}")
