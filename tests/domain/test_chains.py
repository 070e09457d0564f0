"""Promises of what is told of a chain that does not hold: every kind of tampering has its own name."""

import pytest

from retoma_server.domain.chains import End, Flaw, Link, Wrong, flaw_at, flaw_at_end, flaw_by_witness, holds


def chain(length: int = 6) -> list[Link]:
    """A whole chain; each mac is the number that it is of."""
    return [Link(at, at, f"{at - 1}" if at > 1 else "", f"{at}", genuine=True) for at in range(1, length + 1)]


def flaw_of(found: list[Link], head: End = End(6, "6")) -> Flaw | None:  # noqa: B008 a tuple
    """The first flaw of links as they were found."""
    end = End()
    for number, link in enumerate(found):
        if not holds(link, end):
            return flaw_at(link, end, found[number + 1 :])
        end = End(link.seq, link.mac)
    return flaw_at_end(end, head)


def placed(found: list[Link]) -> list[Link]:
    """Links one after the other, wherever they were before."""
    return [link._replace(position=place) for place, link in enumerate(found, 1)]


FORGED = Link(3, 3, "2", "forged", genuine=False)
TAMPERED = {
    "edited": ([*chain()[:2], FORGED, *chain()[3:]], Flaw(3, Wrong.EDITED)),
    "deleted": ([*chain()[:2], *chain()[3:]], Flaw(3, Wrong.MISSING)),
    "deleted and closed up": (placed([*chain()[:2], *chain()[3:]]), Flaw(3, Wrong.MISSING)),
    "two deleted": ([*chain()[:1], *chain()[3:]], Flaw(2, Wrong.MISSING)),
    "inserted": (placed([*chain()[:2], FORGED, *chain()[2:]]), Flaw(3, Wrong.INSERTED)),
    "copied in": (placed([*chain()[:2], chain()[0], *chain()[2:]]), Flaw(3, Wrong.INSERTED)),
    "copied over": (placed([*chain()[:2], chain()[0], *chain()[3:]]), Flaw(3, Wrong.INSERTED)),
    "from another history": (
        [*chain()[:2], chain()[2]._replace(prev="else"), *chain()[3:]],
        Flaw(3, Wrong.INSERTED),
    ),
    "swapped": (placed([chain()[0], chain()[2], chain()[1], *chain()[3:]]), Flaw(2, Wrong.MOVED)),
    "moved to the end": (placed([*chain()[:1], *chain()[2:], chain()[1]]), Flaw(2, Wrong.MOVED)),
    "cut off": (chain()[:4], Flaw(5, Wrong.CUT_OFF)),
    "gone": ([], Flaw(1, Wrong.CUT_OFF)),
    "added after the head": (chain(7), Flaw(7, Wrong.INSERTED)),
}


@pytest.mark.parametrize(("found", "flaw"), TAMPERED.values(), ids=TAMPERED)
def test_tampering_is_named(found: list[Link], flaw: Flaw) -> None:
    """The first entry that does not hold, and what was done to it (case 66)."""
    assert flaw_of(found) == flaw


def test_a_whole_chain_has_no_flaw() -> None:
    """Nor has an empty one."""
    assert flaw_of(chain()) is None
    assert flaw_of([], End()) is None


def test_a_witness_tells_what_a_chain_alone_cannot() -> None:
    """An end that is gone, and an entry that is another one; what was trimmed is missed by nobody."""
    seen = {2: "2", 4: "4"}
    assert flaw_by_witness(seen, {2: "2", 4: "4"}, 1, 6) is None
    assert flaw_by_witness(seen, {4: "4", 9: "9"}, 1, 6) == Flaw(7, Wrong.CUT_OFF)
    assert flaw_by_witness(seen, {2: "else", 9: "9"}, 1, 6) == Flaw(2, Wrong.REPLACED)
    assert flaw_by_witness({4: "4"}, {2: "2", 4: "4"}, 3, 6) is None
