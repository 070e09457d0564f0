"""Promises of staff's accounts: which passwords are taken, and how long a session lasts."""

from dataclasses import replace

import pytest

from retoma_server.domain.staff import (
    ADDRESSES_KEPT,
    IDLE_LIFE,
    NOTED_EVERY,
    SESSION_LIFE,
    Account,
    Role,
    Session,
    UnfitPassword,
    checked_password,
    sign_in_form,
)

MARTA = Account("st_1", "Marta Ruiz", frozenset((Role.ASSIST,)), "marta", generation=3)
NAMES = ("marta", "Marta Ruiz")


@pytest.mark.parametrize(
    "password", ["correct horse", "x" * 12, "aaaa bbbb cccc", "x" * 256, "contraseña ñ", "marta sings loudly"]
)
def test_any_characters_make_a_password_if_there_are_enough(password: str) -> None:
    """Nothing is asked of which they are, and one's name may be a part of it."""
    assert checked_password(password, NAMES) == password


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("", "at least 12"),
        ("x" * 11, "at least 12"),
        ("x" * 257, "at most 256"),
        ("Marta Ruiz 01", "own name"),
        ("martamartamarta", "own name"),
        ("RUIZ-marta-1!", "own name"),
    ],
)
def test_a_password_is_neither_short_nor_endless_nor_ones_name(password: str, told: str) -> None:
    """The refusal is a sentence, and repeats nothing."""
    with pytest.raises(UnfitPassword, match=told) as refusal:
        checked_password(password, NAMES)
    assert not password or password not in str(refusal.value)


def test_a_password_is_the_same_on_every_keyboard() -> None:
    """An ñ typed as one character or as two."""
    assert checked_password("contrasen\u0303a larga", ()) == checked_password("contraseña larga", ())


def test_a_sign_in_name_is_the_same_however_it_is_typed() -> None:
    """Capitals, outer space and wide letters make no difference."""
    assert sign_in_form(" Marta ") == sign_in_form("\uff4d\uff41\uff52\uff54\uff41") == "marta"


def test_a_session_lasts_while_it_is_used_and_not_beyond_half_a_day() -> None:
    """Fifteen minutes after its last use, twelve hours after it began."""
    begun = Session(3, 0, 0)
    assert begun.live(MARTA, IDLE_LIFE - 1)
    assert not begun.live(MARTA, IDLE_LIFE)
    used = begun.used(SESSION_LIFE - 1)
    assert used.live(MARTA, SESSION_LIFE - 1)
    assert not used.live(MARTA, SESSION_LIFE)


def test_use_is_written_down_once_in_a_minute() -> None:
    """In between the session stays as it is kept."""
    begun = Session(3, 0, 0)
    assert begun.used(NOTED_EVERY - 1) is begun
    assert begun.used(NOTED_EVERY).used_at == NOTED_EVERY


def test_a_session_ends_with_its_account() -> None:
    """While that is disabled, and for good once it was changed."""
    assert not Session(3, 0, 0).live(replace(MARTA, disabled=True), 1)
    assert not Session(2, 0, 0).live(MARTA, 1)


def test_an_account_remembers_a_few_places() -> None:
    """The one that was not seen for longest is forgotten."""
    account = MARTA
    for place in (*range(ADDRESSES_KEPT), 0, "new"):
        account = replace(account, addresses=account.seen_at(str(place)))
    assert len(account.addresses) == ADDRESSES_KEPT
    assert account.addresses[-2:] == ("0", "new")
    assert "1" not in account.addresses


def test_nothing_secret_is_shown_of_an_account() -> None:
    """Neither hash is in what a log may hold of it."""
    shown = repr(replace(MARTA, password="canary", token="canary"))
    assert "canary" not in shown
