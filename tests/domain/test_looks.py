"""Promises of a tenant's look: whatever colour it has, its letters can be read, by day and by night."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain.looks import (
    DARK_SHEET,
    READABLE,
    SHEET,
    Look,
    NotAColour,
    TooPale,
    checked_colour,
    contrast,
    lightened,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_the_guidelines() -> None:
    """Black on white is 21; the grey that just passes is the one that everybody knows."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= READABLE > contrast("#777777", "#ffffff")


@given(COLOURS)
def test_a_colour_is_taken_when_it_can_be_read(colour: str) -> None:
    """Else the refusal says how far it is from that."""
    if contrast(colour, SHEET) >= READABLE:
        assert checked_colour(colour.upper()) == colour
    else:
        with pytest.raises(TooPale) as refusal:
            checked_colour(colour)
        assert refusal.value.contrast == contrast(colour, SHEET)


@given(COLOURS)
def test_a_colour_can_be_read_by_night(colour: str) -> None:
    """It is made lighter until it can."""
    assert contrast(lightened(colour), DARK_SHEET) >= READABLE


@pytest.mark.parametrize("text", ["", "red", "#fff", "7a1f3d", "#7a1f3g", "#7a1f3d;", "#7a1f3d\n", "url(x)"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    """Nothing but `#rrggbb` gets near a style."""
    with pytest.raises(NotAColour):
        checked_colour(text)


def test_a_name_is_in_the_readers_language_where_there_is_one() -> None:
    """Else in another one, else the one that the operator gave."""
    look = Look({"en": "Acme Bank", "es": "Banco Acme"})
    assert (look.name("es", "acme"), look.name("fr", "acme")) == ("Banco Acme", "Acme Bank")
    assert Look().name("es", "acme") == "acme"
