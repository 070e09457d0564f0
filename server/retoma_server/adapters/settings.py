"""Settings: the one table of what an operator can set, and the only reader of the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from environs import Env, EnvError
from marshmallow.validate import URL, Length, OneOf, Range


class SettingsError(Exception):
    """Raised when a variable has a value that cannot be used; its text is one sentence and names it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what it must be, in words that follow "must be", and how it is read."""

    expected: str
    read: Callable[[Env, str], Any]


def _text(expected: str) -> Kind:
    return Kind(expected, lambda env, variable: env.str(variable, validate=Length(min=1)))


def _whole(least: int, most: int) -> Kind:
    return Kind(
        f"a whole number from {least} to {most}",
        lambda env, variable: env.int(variable, validate=Range(least, most)),
    )


def _one_of(*choices: str) -> Kind:
    return Kind(
        f"one of {', '.join(choices)}",
        lambda env, variable: env.str(variable, validate=OneOf(choices)),
    )


def _read_switch(env: Env, variable: str) -> bool:
    return env.str(variable, validate=OneOf(("on", "off"))) == "on"


def _read_workers(env: Env, variable: str) -> int:
    if env.str(variable) == "auto":
        return os.cpu_count() or 1
    return env.int(variable, validate=Range(1, 1024))


def _read_smtp(env: Env, variable: str) -> str:
    address = env.str(variable)
    if address != "off" and not _is_smtp(address):
        raise EnvError(variable)
    return address


def _is_smtp(address: str) -> bool:
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(known) and not (parts.path.strip("/") or parts.query or parts.fragment)


def _read_address(env: Env, variable: str) -> str:
    address = env.str(variable, validate=URL(schemes={"http", "https"}, require_tld=False))
    parts = urlsplit(address)
    if parts.username is not None or parts.query or parts.fragment:
        raise EnvError(variable)
    return address.rstrip("/?#")


def _read_page_origin(env: Env, variable: str) -> str | None:
    text = env.str(variable)
    if text == "none":
        return None
    if not re.fullmatch(r"http://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", text):
        raise EnvError(variable)
    return text


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: the field of `Settings`, the variable, its default as text, one sentence."""

    name: str
    variable: str
    default: str
    help: str
    kind: Kind


SETTINGS = (
    Setting(
        "store",
        "RETOMA_STORE",
        "sqlite:///.retoma/retoma.db",
        "Where everything is kept: a sqlite://, redis://, rediss:// or redis+cluster:// address.",
        _text("the address of a store"),
    ),
    Setting(
        "keyring",
        "RETOMA_KEYRING",
        ".retoma/keyring.json",
        "The root keyring: the path of its file, or its JSON.",
        _text("a path or JSON"),
    ),
    Setting(
        "public_url",
        "RETOMA_PUBLIC_URL",
        "http://localhost:8080",
        "The address under which browsers reach this server (unset: on its own port); links begin with it.",
        Kind("an http:// or https:// address without user, query and fragment", _read_address),
    ),
    Setting("host", "RETOMA_HOST", "127.0.0.1", "The address to listen on.", _text("a host name or address")),
    Setting("port", "RETOMA_PORT", "8080", "The port to listen on.", _whole(1, 65_535)),
    Setting(
        "durability",
        "RETOMA_DURABILITY",
        "strict",
        "strict: a save that was answered survives a power cut; relaxed: the last two seconds may not.",
        _one_of("strict", "relaxed"),
    ),
    Setting(
        "replicas",
        "RETOMA_REPLICAS",
        "0",
        "How many Redis replicas must confirm a save before it is answered.",
        _whole(0, 100),
    ),
    Setting(
        "workers",
        "RETOMA_WORKERS",
        "auto",
        "How many worker processes serve requests; auto: one for each core.",
        Kind("auto or a whole number from 1 to 1024", _read_workers),
    ),
    Setting(
        "trusted_proxies",
        "RETOMA_TRUSTED_PROXIES",
        "0",
        "How many proxies of your own stand in front; only they are believed about who calls.",
        _whole(0, 100),
    ),
    Setting(
        "log_level",
        "RETOMA_LOG_LEVEL",
        "info",
        "The least important kind of message that is logged.",
        _one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        "rate_limits",
        "RETOMA_RATE_LIMITS",
        "on",
        "Whether callers are limited; off is for load tests only.",
        Kind("on or off", _read_switch),
    ),
    Setting(
        "hooks_to_loopback",
        "RETOMA_HOOKS_TO_LOOPBACK",
        "off",
        "Whether tenants' hooks may be on this very machine, by plain http; on is for development only.",
        Kind("on or off", _read_switch),
    ),
    Setting(
        "smtp",
        "RETOMA_SMTP",
        "off",
        "The mail server for links that are sent: smtp://user:password@host:587 or smtps://….",
        Kind("off or an smtp:// or smtps:// address", _read_smtp),
    ),
    Setting(
        "mail_from",
        "RETOMA_MAIL_FROM",
        "Retoma <no-reply@localhost>",
        "From whom letters are.",
        _text("a name and an e-mail address"),
    ),
    Setting(
        "emails_per_hour",
        "RETOMA_EMAILS_PER_HOUR",
        "1000",
        "How many e-mails a tenant's customers may have sent within an hour, links and codes together.",
        _whole(1, 1_000_000),
    ),
    Setting(
        "texts_per_hour",
        "RETOMA_TEXTS_PER_HOUR",
        "200",
        "How many text messages a tenant's customers may have sent within an hour; each costs the tenant.",
        _whole(1, 1_000_000),
    ),
    Setting(
        "audit_checkpoints",
        "RETOMA_AUDIT_CHECKPOINTS",
        "log",
        "Where signed checkpoints of the audit log go: to the end of a file, or log.",
        _text("the path of a file, or log"),
    ),
    Setting(
        "console_frame_ancestor",
        "RETOMA_CONSOLE_FRAME_ANCESTOR",
        "none",
        "The origin whose page may show the console in a frame, or none; for development only.",
        Kind("none or the origin of a page, such as http://localhost:3000", _read_page_origin),
    ),
)
"""Every setting, in the order in which documentation and command-line help show them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator set. The meaning of each field is its row's `help` in `SETTINGS`."""

    store: str = field(repr=False)
    keyring: str = field(repr=False)
    public_url: str
    host: str
    port: int
    durability: Literal["strict", "relaxed"]
    replicas: int
    workers: int
    trusted_proxies: int
    log_level: str
    rate_limits: bool
    hooks_to_loopback: bool
    smtp: str = field(repr=False)
    mail_from: str
    emails_per_hour: int
    texts_per_hour: int
    audit_checkpoints: str
    console_frame_ancestor: str | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read every setting from `environ`, by default the environment. Raises SettingsError."""
        given = dict(os.environ if environ is None else environ)
        defaults = {setting.variable: setting.default for setting in SETTINGS}
        env = _MappingEnv(defaults | given)
        settings = cls(**{setting.name: _read(env, setting) for setting in SETTINGS})
        if "RETOMA_PUBLIC_URL" not in given:
            settings = replace(settings, public_url=f"http://localhost:{settings.port}")
        _check_frame(settings)
        return settings

    @property
    def embedded(self) -> bool:
        """Whether the store is SQLite: a file beside the server, not a server of its own."""
        return self.store.startswith("sqlite:")

    @property
    def keyring_path(self) -> Path | None:
        """The path of the keyring's file, or None when `keyring` is the JSON itself."""
        return None if self.keyring.lstrip().startswith("{") else Path(self.keyring)


def _check_frame(settings: Settings) -> None:
    # On another host the page would be of another site, to which browsers show nobody as signed in.
    page, public = settings.console_frame_ancestor, urlsplit(settings.public_url)
    if page is None or (public.scheme == "http" and urlsplit(page).hostname == public.hostname):
        return
    raise SettingsError(
        "RETOMA_CONSOLE_FRAME_ANCESTOR must be none unless RETOMA_PUBLIC_URL is plain http, which is for"
        " development, and then a page on that very host."
    )


class _MappingEnv(Env):
    """Reads the variables that it is given, where environs would read the environment itself."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__()
        self._variables = variables

    def _get_value(self, env_key: str, default: Any) -> Any:
        return self._variables.get(env_key, default)


def _read(env: Env, setting: Setting) -> Any:
    # The value is not repeated: a store's address may hold a password, a keyring is all secret.
    try:
        return setting.kind.read(env, setting.variable)
    except EnvError:
        raise SettingsError(f"{setting.variable} must be {setting.kind.expected}.") from None
