"""Settings: one table, good defaults, and a refusal that names the variable."""

import os
from dataclasses import fields
from pathlib import Path

import pytest

from retoma_server.adapters.settings import SETTINGS, Settings, SettingsError


def test_an_empty_environment_gives_the_published_defaults() -> None:
    """Nothing needs to be set for a first start."""
    settings = Settings.from_env({})

    assert settings.store == "sqlite:///.retoma/retoma.db"
    assert settings.keyring_path == Path(".retoma/keyring.json")
    assert settings.public_url == "http://localhost:8080"
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert (settings.durability, settings.replicas) == ("strict", 0)
    assert settings.workers == os.cpu_count()
    assert settings.trusted_proxies == 0
    assert settings.log_level == "info"
    assert settings.rate_limits is True
    assert settings.hooks_to_loopback is False
    assert settings.embedded


def test_the_public_address_follows_the_port() -> None:
    """A server on another port is found there, unless a public address was set."""
    assert Settings.from_env({"RETOMA_PORT": "9000"}).public_url == "http://localhost:9000"
    given = {"RETOMA_PORT": "9000", "RETOMA_PUBLIC_URL": "https://forms.example.com"}
    assert Settings.from_env(given).public_url == "https://forms.example.com"


def test_every_variable_is_read() -> None:
    """Each variable of the table changes its field."""
    environ = {
        "RETOMA_STORE": "rediss://:secret@redis.example:6380/0",
        "RETOMA_KEYRING": ' {"keys": []}',
        "RETOMA_PUBLIC_URL": "https://forms.example.com/retoma/",
        "RETOMA_HOST": "0.0.0.0",
        "RETOMA_PORT": "9000",
        "RETOMA_DURABILITY": "relaxed",
        "RETOMA_REPLICAS": "2",
        "RETOMA_WORKERS": "3",
        "RETOMA_TRUSTED_PROXIES": "1",
        "RETOMA_LOG_LEVEL": "debug",
        "RETOMA_RATE_LIMITS": "off",
        "RETOMA_HOOKS_TO_LOOPBACK": "on",
        "RETOMA_SMTP": "smtps://shop:secret@mail.example",
        "RETOMA_MAIL_FROM": "Shop <no-reply@shop.example>",
        "RETOMA_EMAILS_PER_HOUR": "500",
        "RETOMA_TEXTS_PER_HOUR": "50",
        "RETOMA_AUDIT_CHECKPOINTS": "/var/log/retoma/checkpoints.jsonl",
        "RETOMA_CONSOLE_FRAME_ANCESTOR": "none",
    }
    settings = Settings.from_env(environ)

    assert set(environ) == {setting.variable for setting in SETTINGS}
    assert settings == Settings(
        store=environ["RETOMA_STORE"],
        keyring=environ["RETOMA_KEYRING"],
        public_url="https://forms.example.com/retoma",
        host="0.0.0.0",
        port=9000,
        durability="relaxed",
        replicas=2,
        workers=3,
        trusted_proxies=1,
        log_level="debug",
        rate_limits=False,
        hooks_to_loopback=True,
        smtp="smtps://shop:secret@mail.example",
        mail_from="Shop <no-reply@shop.example>",
        emails_per_hour=500,
        texts_per_hour=50,
        audit_checkpoints="/var/log/retoma/checkpoints.jsonl",
        console_frame_ancestor=None,
    )
    assert settings.keyring_path is None
    assert not settings.embedded


def test_the_table_and_the_settings_are_the_same_list() -> None:
    """Documentation and command-line help, made from the table, miss nothing and invent nothing."""
    assert [setting.name for setting in SETTINGS] == [field.name for field in fields(Settings)]
    assert all(setting.help.endswith(".") for setting in SETTINGS)


def test_without_a_mapping_the_environment_is_read() -> None:
    """By default the variables of the running process count."""
    assert Settings.from_env() == Settings.from_env(os.environ)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RETOMA_STORE", ""),
        ("RETOMA_KEYRING", ""),
        ("RETOMA_PUBLIC_URL", "localhost:8080"),
        ("RETOMA_PUBLIC_URL", "ftp://example.com"),
        ("RETOMA_PUBLIC_URL", "https://user:pass@example.com"),
        ("RETOMA_PUBLIC_URL", "https://example.com/?a=1"),
        ("RETOMA_PUBLIC_URL", "https://example.com/#a"),
        ("RETOMA_HOST", ""),
        ("RETOMA_PORT", "http"),
        ("RETOMA_PORT", "0"),
        ("RETOMA_PORT", "65536"),
        ("RETOMA_PORT", "80.5"),
        ("RETOMA_DURABILITY", "Strict"),
        ("RETOMA_REPLICAS", "-1"),
        ("RETOMA_WORKERS", "0"),
        ("RETOMA_WORKERS", "many"),
        ("RETOMA_TRUSTED_PROXIES", ""),
        ("RETOMA_LOG_LEVEL", "loud"),
        ("RETOMA_RATE_LIMITS", "true"),
        ("RETOMA_SMTP", "mail.example"),
        ("RETOMA_SMTP", "https://mail.example"),
        ("RETOMA_SMTP", "smtp://"),
        ("RETOMA_SMTP", "smtp://user:pass@mail.example:many"),
        ("RETOMA_SMTP", "smtp://mail.example/inbox"),
        ("RETOMA_MAIL_FROM", ""),
        ("RETOMA_EMAILS_PER_HOUR", "0"),
        ("RETOMA_TEXTS_PER_HOUR", "many"),
        ("RETOMA_CONSOLE_FRAME_ANCESTOR", ""),
        ("RETOMA_CONSOLE_FRAME_ANCESTOR", "*"),
        ("RETOMA_CONSOLE_FRAME_ANCESTOR", "https://localhost:3000"),
        ("RETOMA_CONSOLE_FRAME_ANCESTOR", "http://localhost:3000/"),
        ("RETOMA_CONSOLE_FRAME_ANCESTOR", "http://localhost:3000 http://localhost:4000"),
        ("RETOMA_CONSOLE_FRAME_ANCESTOR", "http://localhost; script-src *"),
    ],
)
def test_a_bad_value_is_refused_by_name(variable: str, value: str) -> None:
    """One sentence names the variable and what it must be, and does not repeat a value."""
    with pytest.raises(SettingsError, match=rf"^{variable} must be [^\n]+\.$") as refusal:
        Settings.from_env({variable: value})

    assert "pass" not in str(refusal.value)


@pytest.mark.parametrize(
    ("page", "public"),
    [
        ("http://localhost:3000", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1:8080/retoma"),
        ("http://[::1]:3000", "http://[::1]:8080"),
    ],
)
def test_a_page_on_the_servers_own_host_may_frame_the_console(page: str, public: str) -> None:
    """In development another port is the same site, so whoever signs in there stays signed in."""
    given = {"RETOMA_CONSOLE_FRAME_ANCESTOR": page, "RETOMA_PUBLIC_URL": public}
    assert Settings.from_env(given).console_frame_ancestor == page


@pytest.mark.parametrize(
    "public", ["https://localhost:8080", "https://forms.example.com", "http://127.0.0.1:8080"]
)
def test_nobody_frames_a_console_that_is_not_in_development(public: str) -> None:
    """Under https, and for a page on another host, the start is refused and says why (case 56)."""
    given = {"RETOMA_CONSOLE_FRAME_ANCESTOR": "http://localhost:3000", "RETOMA_PUBLIC_URL": public}
    with pytest.raises(SettingsError, match=r"^RETOMA_CONSOLE_FRAME_ANCESTOR must be none .*plain http"):
        Settings.from_env(given)


def test_settings_do_not_show_secrets() -> None:
    """A store's password and an inline keyring stay out of what a log prints."""
    shown = repr(Settings.from_env({"RETOMA_STORE": "redis://:hunter2@r/0", "RETOMA_KEYRING": '{"hunter2"}'}))
    assert "hunter2" not in shown
