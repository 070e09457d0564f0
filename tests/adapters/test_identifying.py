"""Identifiers: two spellings of one are one, and what is none is refused without being repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.adapters.identifying import is_region, normalised
from retoma_server.domain.errors import Invalid
from retoma_server.domain.identifiers import IdentifierKind

EMAIL, PHONE = IdentifierKind.EMAIL, IdentifierKind.PHONE
LOYALTY, EXTERNAL = IdentifierKind.LOYALTY_NUMBER, IdentifierKind.EXTERNAL_ID

ALIKE = [
    (EMAIL, ["ana@example.com", " Ana@Example.COM ", "ANA@EXAMPLE.com"], "ana@example.com"),
    (EMAIL, ["ana@bücher.example", "ana@xn--bcher-kva.example"], "ana@bücher.example"),
    (PHONE, ["612 345 678", "+34 612 34 56 78", "0034-612345678", "(+34) 612345678"], "+34612345678"),
    (PHONE, ["+44 20 7946 0958", "+442079460958"], "+442079460958"),
    (LOYALTY, ["7012345", "7 012 345", "7012-345", "\uff17\uff1012345"], "7012345"),
    (LOYALTY, ["ab-12", "AB12", "ab 12"], "AB12"),
    (LOYALTY, ["\u03901", "\u03aa\u03011", "\u0399\u0308\u03011"], "\u03aa\u03011"),
]


@pytest.mark.parametrize(("kind", "spellings", "form"), ALIKE)
def test_spellings_of_one_identifier_are_one(kind: IdentifierKind, spellings: list[str], form: str) -> None:
    """By case, spaces, dashes, script of the digits, and the country's code that a shop there leaves out."""
    assert {normalised(kind, spelling, "ES") for spelling in spellings} == {form}


def test_a_tenants_own_id_is_taken_as_it_is() -> None:
    """Two that differ by case or a space may be two users."""
    assert [normalised(EXTERNAL, each) for each in ("u-17", "U-17", "u-17 ")] == ["u-17", "U-17", "u-17 "]


NONE = [
    (EMAIL, "ana"),
    (EMAIL, "ana@"),
    (EMAIL, "ana@example.com, eva@example.com"),
    (EMAIL, "a" * 65 + "@example.com"),
    (PHONE, "612"),
    (PHONE, "+34 000 000 000"),
    (PHONE, "call me"),
    (LOYALTY, " - "),
    (LOYALTY, "12\x0034"),
    (EXTERNAL, "u" * 257),
]


@pytest.mark.parametrize(("kind", "text"), NONE)
def test_what_is_no_identifier_is_refused(kind: IdentifierKind, text: str) -> None:
    """By its place, and not a letter of it."""
    with pytest.raises(Invalid) as refusal:
        normalised(kind, text, "ES")
    (error,) = refusal.value.facts["errors"]
    assert error == {"pointer": f"/{kind}", "code": f"invalid-{kind.replace('_', '-')}"}


def test_a_phone_number_without_a_countrys_code_needs_a_region() -> None:
    """Nobody guesses where it is from."""
    with pytest.raises(Invalid):
        normalised(PHONE, "612 345 678", None)
    assert normalised(PHONE, "+34 612 345 678", None) == "+34612345678"


@given(st.sampled_from(IdentifierKind), st.text(max_size=40))
def test_a_form_is_its_own_form(kind: IdentifierKind, text: str) -> None:
    """Whatever is sent is refused or has one form, which stays the same; nothing else is raised."""
    try:
        form = normalised(kind, text, "ES")
    except Invalid:
        return
    assert normalised(kind, form, "ES") == form


def test_regions_are_those_that_have_phone_numbers() -> None:
    """Two capital letters."""
    assert is_region("ES")
    assert not any(is_region(each) for each in ("es", "Spain", "ZZ", ""))
