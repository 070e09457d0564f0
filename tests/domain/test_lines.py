"""Lines: two devices that mean the same thing mean the same line."""

import json
from pathlib import Path
from typing import Any

import pytest

from retoma_server.domain.cart_ops import read_identity
from retoma_server.domain.changes import Rejected
from retoma_server.domain.lines import LOTS_KEPT, Lot, compacted

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "line_keys.json").read_text())


@pytest.mark.parametrize("case", VECTORS["same"], ids=lambda case: case["title"])
def test_a_line_has_the_same_key_in_every_language(case: dict[str, Any]) -> None:
    """The key is what the shared vectors say, for every way to write the identity."""
    assert {read_identity(way).key for way in case["identities"]} == {case["key"]}


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["title"])
def test_what_two_languages_could_write_differently_is_no_identity(case: dict[str, Any]) -> None:
    """It is refused before it can make two lines of one."""
    with pytest.raises(Rejected) as refusal:
        read_identity(case["identity"])
    assert refusal.value.code == case["code"]


def test_different_identities_have_different_keys() -> None:
    """Whatever distinguishes them."""
    keys = [case["key"] for case in VECTORS["same"]]
    assert len(set(keys)) == len(keys)


def test_compaction_keeps_every_piece_under_the_later_revision() -> None:
    """A stale remove leaves what it did not see, even if it leaves a little more."""
    lots = tuple(Lot(f"w{n}", 1, n, 1) for n in range(1, LOTS_KEPT + 3))
    kept = compacted(lots)
    assert (len(kept), sum(lot.quantity for lot in kept)) == (LOTS_KEPT, LOTS_KEPT + 2)
    assert Lot(None, 0, 3, 3) in kept
