"""The only wiring: from settings to a Flask app with everything in its place."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from retoma_server import __version__
from retoma_server.actions.deps import Deps
from retoma_server.actions.sightings import Sightings
from retoma_server.actions.sign_ins import SignIns
from retoma_server.actions.tenants import Tenants
from retoma_server.actions.turns import Turns
from retoma_server.adapters.bus import Bus
from retoma_server.adapters.checkpoints import Checkpoints
from retoma_server.adapters.ids import Ids
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.limiting import open_limits
from retoma_server.adapters.mailing import Mailer, NoMailer, SmtpMailer
from retoma_server.adapters.openid import OpenId
from retoma_server.adapters.passwords import Passwords
from retoma_server.adapters.provider_tokens import ProviderTokens
from retoma_server.adapters.root_keys import MakeRootKeys
from retoma_server.adapters.sending import Sender
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.signing_keys import SigningKeys
from retoma_server.adapters.stores import open_store
from retoma_server.adapters.tokens import Cursors, CustomerTokens, Previews, Trips
from retoma_server.adapters.vault import Vault
from retoma_server.console.registering import register_console
from retoma_server.http import (
    assist,
    audit,
    carts,
    claims,
    completions,
    consents,
    customers,
    devices,
    drafts,
    events,
    handoffs,
    hooks,
    identity,
    leases,
    lookups,
    merges,
    own_data,
    processes,
    providers,
    staff,
    store_devices,
    touchpoints,
)
from retoma_server.http.access_log import json_log, register_access_log
from retoma_server.http.api import Api
from retoma_server.http.cors import register_cors
from retoma_server.http.devices import register_devices
from retoma_server.http.openapi import register_components
from retoma_server.http.pages import register_pages
from retoma_server.http.parsing import MAX_BODY
from retoma_server.http.problems import register_problems
from retoma_server.http.request_ids import register_request_ids


def wire(settings: Settings, root_keys: MakeRootKeys | None = None) -> Deps:
    """Make the collaborators; the keyring must be there already.

    It signs; tenants' keychains are wrapped by it too, unless `root_keys` are held elsewhere.
    """
    keyring = read_keyring(settings)
    store = open_store(settings.store, durability=settings.durability, replicas=settings.replicas)
    vault = Vault(root_keys() if root_keys else keyring)
    sender = Sender(loopback=settings.hooks_to_loopback)
    return Deps(
        store=store,
        bus=Bus(store),
        vault=vault,
        tokens=CustomerTokens(keyring, milliseconds),
        provider_tokens=ProviderTokens(SigningKeys(sender), milliseconds),
        sign_ins=SignIns(),
        sightings=Sightings(),
        cursors=Cursors(keyring),
        previews=Previews(keyring),
        openid=OpenId(sender),
        trips=Trips(keyring),
        ids=Ids(),
        passwords=Passwords(),
        tenants=Tenants(store, vault),
        turns=Turns(),
        limits=open_limits(
            settings.store,
            settings.rate_limits,
            {"emails": settings.emails_per_hour, "texts": settings.texts_per_hour},
        ),
        sender=sender,
        mailer=open_mailer(settings),
        checkpoints=Checkpoints(keyring, settings.audit_checkpoints),
        public_url=settings.public_url,
        frame_ancestor=settings.console_frame_ancestor,
        sleep=time.sleep,
    )


def open_mailer(settings: Settings) -> Mailer:
    """Whoever delivers letters, where the operator named a mail server."""
    return NoMailer() if settings.smtp == "off" else SmtpMailer.parse(settings.smtp, settings.mail_from)


def read_keyring(settings: Settings) -> Keyring:
    """The root keyring that the settings name: inline, or in a file."""
    path: Path | None = settings.keyring_path
    return Keyring.parse(settings.keyring) if path is None else Keyring.load(path)


def milliseconds() -> int:
    """The time of this machine, which only signed tokens go by."""
    return time.time_ns() // 1_000_000


def create_app(settings: Settings, root_keys: MakeRootKeys | None = None, *, streams: bool = True) -> Flask:
    """The server as a WSGI app; its collaborators are in `app.extensions["retoma"]`.

    Where one open stream would hold a whole worker, it is made without `streams`.
    """
    app = app_of(wire(settings, root_keys), settings.trusted_proxies, streams=streams)
    register_access_log(app, json_log(settings.log_level, sys.stderr.buffer))
    return app


class App(Flask):
    """A Flask app whose views and hooks are all plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: Flask would inspect it, and each hook, anew for every request."""
        return func


def app_of(deps: Deps, trusted_proxies: int = 0, *, streams: bool = True) -> Flask:
    """The app over collaborators that are made already."""
    app = App("retoma_server.http", static_folder=None)
    app.config.update(
        API_TITLE="Retoma",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=MAX_BODY,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.strict_slashes = False
    app.extensions["retoma"] = deps
    register_resources(app, streams=streams)
    register_request_ids(app)
    register_problems(app, deps.public_url)
    register_cors(app)
    register_devices(app)
    register_pages(app, deps)
    register_console(app)
    if trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted_proxies, x_proto=trusted_proxies)  # type: ignore[method-assign]  # Flask's own way
    return app


def register_resources(app: Flask, *, streams: bool) -> None:
    """Everything under /v1, and its description."""
    api = Api(app)
    register_components(api)
    resources = (
        identity,
        customers,
        drafts,
        carts,
        completions,
        consents,
        claims,
        merges,
        handoffs,
        assist,
        leases,
        lookups,
        processes,
        hooks,
        providers,
        own_data,
        devices,
        staff,
        store_devices,
        audit,
        touchpoints,
    )
    for resource in (*resources, events) if streams else resources:
        api.register_blueprint(resource.blp)
