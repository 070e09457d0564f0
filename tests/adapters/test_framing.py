"""What is hashed, signed or bound must have one reading only."""

from hypothesis import example, given
from hypothesis import strategies as st

from retoma_server.adapters.framing import framed

any_text = st.text(st.characters(exclude_categories=()))


@given(st.lists(any_text), st.lists(any_text))
@example(["ab", "c"], ["a", "bc"])
@example(["a"], ["a", ""])
@example(["\ud800"], ["?"])
def test_different_lists_never_look_alike(one: list[str], other: list[str]) -> None:
    """Two lists of texts give the same bytes only when they are the same list."""
    assert (framed(*one) == framed(*other)) == (one == other)


def test_text_and_its_bytes_are_the_same_part() -> None:
    """A part may be given as text or as its UTF-8."""
    assert framed("ñ", "x") == framed("ñ".encode(), b"x")
