"""Before a server starts: its keyring, whether the store keeps its promises, and the first tenant."""

import errno
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from retoma_server.actions.deps import Deps
from retoma_server.actions.tenants import NewTenant, all_tenants, create_tenant
from retoma_server.actions.urls import origin_of
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.root_keys import MakeRootKeys
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import sqlite_path
from retoma_server.app import wire
from retoma_server.http.sdk_files import MISSING, has_sdk

FIRST_TENANT = "default"

Say = Callable[[str], None]
"""Tells the operator one line."""


class NotReady(Exception):
    """Raised when the server must not start; its text is one sentence and says what to do."""


def prepare(settings: Settings, say: Say, root_keys: MakeRootKeys | None = None) -> NewTenant | None:
    """Make what a first start on the embedded store needs; returns the tenant if it was made just now.

    Elsewhere nothing is made: a missing keyring there is a mistake, and a new one would open nothing.
    Raises what `checked` raises.
    """
    if settings.embedded:
        make_folder(settings)
        make_keyring(settings, say)
    deps = checked(settings, root_keys)
    with closing(deps.store):
        if all_tenants(deps.store, deps.vault):
            return None
        if settings.embedded:
            return create_tenant(deps.store, deps.vault, deps.ids, FIRST_TENANT, own_origin(settings))
    say("There is no tenant yet: retoma-server tenants add NAME --origin URL")
    return None


def own_origin(settings: Settings) -> frozenset[str]:
    """The origin of the server's own pages, as the only one that may call."""
    origin = origin_of(settings.public_url)
    return frozenset([origin] if origin else [])


def checked(settings: Settings, root_keys: MakeRootKeys | None = None) -> Deps:
    """The collaborators, once it is sure that the store is durable and the keyring its own.

    Raises NotReady, KeyringError, and what the store raises.
    """
    deps = opened(settings, root_keys)
    check_durability(deps, settings)
    check_keyring(deps)
    return deps


def opened(settings: Settings, root_keys: MakeRootKeys | None = None) -> Deps:
    """The collaborators; raises NotReady for a store's address that names no store."""
    try:
        return wire(settings, root_keys)
    except ValueError as error:
        raise NotReady(str(error)) from None


def make_folder(settings: Settings) -> None:
    """Make the folder of the embedded store, closed to others."""
    try:
        path = sqlite_path(settings.store)
    except ValueError as error:
        raise NotReady(str(error)) from None
    if path is None:
        raise NotReady("A server needs a file to keep things in: set RETOMA_STORE to sqlite:///file.db.")
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_keyring(settings: Settings, say: Say) -> None:
    """Make the keyring's file where there is none."""
    path = settings.keyring_path
    if path is not None and Keyring.load_or_create(path)[1]:
        say(f"Made the keyring {path}: keep a copy of it, apart from the copies of the store.")


def check_durability(deps: Deps, settings: Settings) -> None:
    """Raise NotReady when the store's settings do not keep what `durability` promises."""
    problems = deps.store.health().problems
    if problems:
        relax = "" if settings.durability == "relaxed" else " Or say RETOMA_DURABILITY=relaxed."
        raise NotReady(f"{' '.join(problems)}{relax}")


def check_port(host: str, port: int) -> None:
    """Raise NotReady when nobody could listen there, before anything is made or shown once.

    Bound as gunicorn will bind it, so that "::" is taken where somebody has the port of IPv4.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, family_of(host), socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
    except OSError as error:
        raise NotReady(unusable(host, port, error)) from None


def unusable(host: str, port: int, error: OSError) -> str:
    """Why nobody can listen there, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken: choose another one with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} of {host} is not for you: choose one above 1023 with --port."
    return f"{host} is no address of this machine ({error.strerror}): choose another one with --host."


def is_handed_socket(environ: Mapping[str, str]) -> bool:
    """Whether gunicorn takes over a socket that is open: systemd's, or its predecessor's on an upgrade."""
    return "GUNICORN_FD" in environ or environ.get("LISTEN_PID") == str(os.getpid())


def family_of(host: str) -> socket.AddressFamily:
    """The kind of address that gunicorn takes a host for."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def check_keyring(deps: Deps) -> None:
    """Raise NotReady when the keyring does not open every tenant of the store."""
    try:
        all_tenants(deps.store, deps.vault)
    except IntegrityFailure:
        raise NotReady(
            "This keyring does not open the tenants of this store: set RETOMA_KEYRING to the one that does."
        ) from None


def welcome(tenant: NewTenant, public_url: str) -> str:
    """What the operator reads about the first tenant, once."""
    keys = f"""
Made the tenant "{FIRST_TENANT}" ({tenant.id}).

  publishable key  {tenant.publishable_key}
  secret key       {tenant.secret_key}
                   for your own back end; it is shown this once
"""
    if not has_sdk():
        return f"{keys}\n{MISSING}\n"
    return f"""{keys}
1. Let a page of yours call, in this folder (localhost and 127.0.0.1 are two origins):

  retoma-server tenants allow {FIRST_TENANT} --origin http://localhost:5500

2. Paste into the page, serve it over http, and type:

  <form> <input name="name"> </form>
  <script type="module">
    import {{ bindForm, createRetoma }} from "{public_url}/sdk/retoma.js";
    const retoma = createRetoma({{ url: "{public_url}", publishableKey: "{tenant.publishable_key}" }});
    bindForm(retoma.draft("my-first-form"), document.querySelector("form"));
  </script>

3. To let a phone go on with it, say where the form is, then call draft.handoff() in the page:

  curl -X PUT {public_url}/v1/processes/my-first-form -H "Authorization: Bearer sk_…" \\
    -H "Content-Type: application/json" -d '{{"kind":"form","url":"http://localhost:5500/"}}'
"""


def addresses(public_url: str) -> str:
    """Where the server can be reached."""
    where = f"Retoma is at {public_url}, its documentation at {public_url}/docs"
    if public_url.startswith("https:"):
        return where
    return f"{where}\nPlain http is for development: whoever listens in can take over staff sessions."
