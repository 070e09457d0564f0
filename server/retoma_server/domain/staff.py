"""Staff: accounts with roles, the stores they work in, their passwords and sessions."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

MINUTE = 60_000
IDLE_LIFE = 15 * MINUTE
NOTED_EVERY = MINUTE
"""A session's use is written down no more often, so that an idle one ends up to a minute early."""
SESSION_LIFE = 12 * 60 * MINUTE
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_SIGN_IN_NAME = 128
LONGEST_NAME = 64
SESSIONS_AT_ONCE = 3
"""On how many browsers somebody may be signed in; the oldest session gives way."""
ADDRESSES_KEPT = 10
"""At how many networks an account is remembered to have signed in."""


class Role(StrEnum):
    """What a member of staff is there for; one may have several."""

    ASSIST = "assist"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMIN = "admin"


ASSISTING = frozenset((Role.ASSIST,))
"""What somebody is there for unless more is said."""
REGISTRARS = frozenset((Role.SUPERVISOR, Role.ADMIN))
"""Who registers devices, and so needs none."""


class UnfitPassword(ValueError):
    """Raised for a password that is not taken; its text is a sentence for who chose it, `code` says why."""

    def __init__(self, code: str, sentence: str) -> None:
        """Say why in a word and in a sentence."""
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class RetailStore:
    """A place where staff meet customers; not where records are kept.

    With `registered_only` its assistants sign in on its registered devices and nowhere else.
    """

    id: str
    name: str
    registered_only: bool = False

    def wants_device(self, account: "Account") -> bool:
        """Whether somebody of this store signs in on its devices only; who registers them, anywhere."""
        return self.registered_only and not account.roles & REGISTRARS


@dataclass(frozen=True, slots=True)
class StoreDevice:
    """A tablet or a till that was registered for a store; `secret` is the hash of what its browser keeps."""

    id: str
    name: str
    store: str
    secret: str = field(repr=False)
    registered_at: int


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff.

    `name` is shown to customers; `store` is the id of theirs. `password` is its argon2id hash, `token`
    the hash of a token's secret; `subject` the keyed hash of whom the tenant's provider knows them as, once
    they signed in there. `generation` grows with whatever ends all sessions. `addresses` are
    keyed hashes of the networks where somebody signed in to it.
    """

    id: str
    name: str
    roles: frozenset[Role]
    sign_in_name: str | None = None
    store: str | None = None
    disabled: bool = False
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    generation: int = 0
    addresses: tuple[str, ...] = ()
    subject: str | None = None

    def seen_at(self, address: str) -> tuple[str, ...]:
        """The networks where somebody signed in, with one more, the newest last."""
        others = tuple(each for each in self.addresses if each != address)
        return (*others, address)[-ADDRESSES_KEPT:]


@dataclass(frozen=True, slots=True)
class Session:
    """A member of staff signed in on one browser; times in milliseconds since 1970, of the store.

    `device` is the registered one that it is on, where it is on one.
    """

    generation: int
    began_at: int
    used_at: int
    device: str | None = None

    @property
    def idle_until(self) -> int:
        """When it ends if nobody uses it any more."""
        return min(self.used_at + IDLE_LIFE, self.ends_at)

    @property
    def ends_at(self) -> int:
        """When it ends however much it is used."""
        return self.began_at + SESSION_LIFE

    def used(self, now: int) -> "Session":
        """The session after it was used; the same where that was written down lately."""
        return self if now - self.used_at < NOTED_EVERY else replace(self, used_at=now)

    def live(self, account: Account, now: int) -> bool:
        """Whether it still signs its account in."""
        return not account.disabled and account.generation == self.generation and now < self.idle_until


def sign_in_form(name: str) -> str:
    """A sign-in name in its one form: without outer space, however its letters are typed."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def is_sign_in_name(text: str) -> bool:
    """Whether a sign-in name can be typed."""
    return bool(text.strip()) and len(text) <= LONGEST_SIGN_IN_NAME and text.isprintable()


def is_name(text: str) -> bool:
    """Whether people can read a name: of somebody, of a store, of a device."""
    return bool(text.strip()) and len(text) <= LONGEST_NAME and text.isprintable()


def password_form(password: str) -> str:
    """A password in the one form of its characters, which keyboards write in several (RFC 8265 §4.2)."""
    return unicodedata.normalize("NFC", password)


def checked_password(password: str, names: Iterable[str]) -> str:
    """A new password; raises UnfitPassword where it is too short, too long or little but one's own names."""
    form = password_form(password)
    if len(form) > LONGEST_PASSWORD:
        raise UnfitPassword("password-long", f"A password has at most {LONGEST_PASSWORD} characters.")
    if len(form) < SHORTEST_PASSWORD:
        raise UnfitPassword("password-short", f"A password has at least {SHORTEST_PASSWORD} characters.")
    rest = form.casefold()
    for part in (part for name in names for part in name.casefold().split()):
        rest = rest.replace(part, "") if len(part) > 2 else rest
    if len(rest) < SHORTEST_PASSWORD // 2:
        raise UnfitPassword("password-own-name", "A password is more than one's own name.")
    return form
