"""Card data is told from other numbers, however it is written. All numbers here are test numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from retoma_server.domain.payment_data import holds_payment_data, luhn, names_payment_data

CASES = json.loads((Path(__file__).parents[1] / "vectors/payment_data.json").read_text(encoding="utf-8"))[
    "cases"
]


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011000990139424",
        "30569309025904",
        "3530111333300000",
        "6200000000000005",
    ],
)
def test_the_numbers_of_all_great_issuers_are_known(number: str) -> None:
    """As text, as a number, grouped, and within other text."""
    grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    for written in (number, int(number), float(number), grouped, f"card: {number}.", f"({grouped})"):
        assert holds_payment_data(written), written


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_the_way_of_writing_hides_nothing(case: dict[str, Any]) -> None:
    """Separators, other scripts' digits, an expiry date or a code beside it; other numbers pass (case 35)."""
    assert holds_payment_data(case["text"]) is case["card"]


def test_card_data_is_found_inside_values() -> None:
    """In arrays and objects, as a member's value, name, or kind of name."""
    assert holds_payment_data([["a"], {"b": "4111111111111111"}])
    assert holds_payment_data({"4111111111111111": True})
    assert holds_payment_data([{"cvv": "123"}])


@pytest.mark.parametrize(
    "value",
    [
        1700000000000,
        True,
        None,
        1e300,
        -4111111111111111,
        float(2**60),
        {"name": "Ann", "rooms": [1, 2]},
    ],
)
def test_other_numbers_pass(value: Any) -> None:
    """Loyalty numbers without an issuer's prefix, phone and account numbers, dates, amounts."""
    assert not holds_payment_data(value)


SPELLINGS = ("cvv", "CVV2", "cvc", "cardCvv", "cvvCode", "CVVCode", "card_cvc", "cc-csc", "cardSecurityCode")
OTHERS = ("card-security", "track1", "track_data.track2", "pinBlock", "pin_block")


@pytest.mark.parametrize("name", [*SPELLINGS, *OTHERS])
def test_fields_that_only_payments_have_are_known_by_name(name: str) -> None:
    """In any spelling that programmers use (case 36)."""
    assert names_payment_data(name)


@pytest.mark.parametrize("name", ["cvcollege", "track", "pin", "security", "receiver", "name", ""])
def test_other_names_pass(name: str) -> None:
    """A name that merely contains such letters is no such name."""
    assert not names_payment_data(name)


def test_the_check_digit_is_that_of_the_standard() -> None:
    """One wrong digit, or two neighbours swapped, and it is off."""
    assert luhn("79927398713")
    assert not luhn("79927398714")
    assert not luhn("97927398713")
