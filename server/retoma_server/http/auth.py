"""From a request to a caller: credential or cookie, channel, device, and whether a browser may ask."""

import hmac
import re
from contextlib import suppress
from typing import cast
from urllib.parse import unquote
from wsgiref.types import WSGIEnvironment

from flask import current_app, g, request

from retoma_server.actions.callers import STAFFS, Caller, caller_of
from retoma_server.actions.deps import Deps
from retoma_server.actions.urls import origin_of
from retoma_server.adapters.tokens import (
    Credential,
    csrf_token,
    is_provider_token,
    parse_credential,
    provider_credential,
)
from retoma_server.domain.access import CHANNELS
from retoma_server.domain.errors import Forbidden, Invalid, Unauthenticated

LONGEST_DEVICE = 64
FENCE = re.compile(r"[1-9][0-9]{0,14}")


def deps() -> Deps:
    """The collaborators of the running app."""
    return cast(Deps, current_app.extensions["retoma"])


def current_caller() -> Caller:
    """Who sent this request, as far as its credential tells; remembered for the rest of the request.

    Raises Unauthenticated for what is no credential, Forbidden for a secret key from a browser and
    for a page on an origin that the tenant did not allow.
    """
    known: Caller | None = g.get("caller")
    if known is None:
        known = g.caller = read_caller(request.environ)
    return known


def read_caller(environ: WSGIEnvironment) -> Caller:
    """Who sent a request with these headers, allowed to come from where it came."""
    header = environ.get("HTTP_AUTHORIZATION")
    credential = read_credential(header, environ.get("HTTP_RETOMA_KEY"))
    if header is None:
        credential = cookie_credential(environ)
    usual = "api" if header is not None or credential is None else "store"
    origin: str | None = environ.get("HTTP_ORIGIN")
    if credential is not None and credential.kind == "sk" and origin is not None:
        raise Forbidden("secret-key-in-browser")
    caller = caller_of(deps(), credential, read_channel(environ, usual), read_device(environ))
    if caller.kind in STAFFS:
        caller.fence = read_fence(environ)
    check_origin(caller, origin)
    return caller


def read_credential(header: str | None, key: str | None = None) -> Credential | None:
    """The credential of an Authorization header, None where there is no header (RFC 6750 §2.1).

    For a token of a tenant's own identity provider, `key` is the publishable key that names the tenant.
    """
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("invalid-token")
    token = text.strip()
    if is_provider_token(token):
        return provider_credential(token, key or "")
    credential = parse_credential(token)
    if credential.kind in ("ss", "sd"):
        raise Unauthenticated("invalid-token-type")
    return credential


def cookie_credential(environ: WSGIEnvironment) -> Credential | None:
    """The staff session of a request's cookie, where it counts; guarded against pages of others.

    Raises Forbidden `csrf-failed`. The page behind a link is on this origin too, and asks as nobody,
    whoever may be signed in on the same browser.
    """
    if environ["PATH_INFO"].startswith("/v1/handoffs/"):
        return None
    credential = session_cookie()
    if credential is not None:
        check_guard(environ, credential)
    return credential


def session_cookie() -> Credential | None:
    """The staff session that a browser has, None where there is none that can be read."""
    return kept_credential("staff", "ss")


def device_cookie() -> Credential | None:
    """What a browser keeps that is a store's registered device, None where it is none."""
    return kept_credential("device", "sd")


def kept_credential(name: str, kind: str) -> Credential | None:
    """The credential in one of our cookies, None where there is none that can be read."""
    named = cookie_name(name, deps().public_url)
    text = request.cookies.get(named) if "HTTP_COOKIE" in request.environ else None
    if text is None:
        return None
    with suppress(Unauthenticated):
        credential = parse_credential(text)
        return credential if credential.kind == kind else None
    return None


def cookie_name(name: str, public_url: str) -> str:
    """What a cookie is called: browsers keep `__Host-` for us alone, where there is https."""
    return f"__Host-retoma-{name}" if public_url.startswith("https:") else f"retoma-{name}"


def check_guard(environ: WSGIEnvironment, credential: Credential) -> None:
    """Raise Forbidden `csrf-failed` for a page of another origin, and for a write without the token."""
    reads = environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS")
    if reads and "HTTP_ORIGIN" not in environ and environ.get("HTTP_SEC_FETCH_SITE") in (None, "none"):
        return
    check_own_page(environ)
    sent: str = environ.get("HTTP_RETOMA_CSRF") or form_token(environ)
    if not reads and not hmac.compare_digest(sent.encode(), csrf_token(credential.secret).encode()):
        raise Forbidden("csrf-failed")


def form_token(environ: WSGIEnvironment) -> str:
    """The same token as a field of one of the console's forms, which a browser sends without a script."""
    is_form = environ.get("CONTENT_TYPE", "").partition(";")[0] == "application/x-www-form-urlencoded"
    return request.form.get("csrf", "") if is_form and environ["PATH_INFO"].startswith("/staff/") else ""


def check_own_page(environ: WSGIEnvironment) -> None:
    """Raise Forbidden `csrf-failed` unless the browser says that a page of this server asks."""
    origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE")
    is_foreign = (origin is not None and not is_own(origin)) or site not in (None, "same-origin")
    if is_foreign or (origin is None and site is None):
        raise Forbidden("csrf-failed")


def read_channel(environ: WSGIEnvironment, usual: str) -> str:
    """The channel that the caller names, else the usual one: a browser's stream of events names none.

    Raises Invalid for one that does not exist.
    """
    channel: str = environ.get("HTTP_RETOMA_CHANNEL", usual)
    if channel not in CHANNELS:
        raise Invalid(errors=[{"pointer": "Retoma-Channel", "code": "unknown-channel"}])
    return channel


def read_device(environ: WSGIEnvironment) -> str | None:
    """The label of the caller's device, as it may be shown to the same customer elsewhere."""
    label: str | None = environ.get("HTTP_RETOMA_DEVICE")
    return clean_label(unquote(label, errors="replace")) if label else None


def read_fence(environ: WSGIEnvironment) -> int | None:
    """The fence of the lease by which staff write; raises Invalid for what is no number."""
    text: str | None = environ.get("HTTP_RETOMA_FENCE")
    if text is None:
        return None
    if not FENCE.fullmatch(text):
        raise Invalid(errors=[{"pointer": "Retoma-Fence", "code": "invalid"}])
    return int(text)


def clean_label(label: str) -> str | None:
    """A label of at most 64 printable characters; None where nothing is left."""
    kept = "".join(each for each in label if each.isprintable() and each != "\ufffd")
    return kept.strip()[:LONGEST_DEVICE] or None


def check_origin(caller: Caller, origin: str | None) -> None:
    """Refuse a page on an origin that the caller's tenant did not allow."""
    if origin is None or caller.tenant is None:
        return
    if origin not in caller.tenant.origins and not is_own(origin):
        raise Forbidden("origin-not-allowed")


def is_own(origin: str) -> bool:
    """Whether an origin is this server's own, by its public address or the one it was asked under."""
    return origin in (origin_of(deps().public_url), origin_of(request.host_url))
