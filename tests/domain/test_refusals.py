"""What of a refused change the history may keep: only what can be read, and what could have been stored."""

from typing import Any

import pytest

from retoma_server.domain.drafts import Draft
from retoma_server.domain.refusals import known, may_keep
from retoma_server.domain.rules import Rules

from .stories import meeting

RULES = Rules(never_store=frozenset({"/secret"}))
PLAIN = {"op": "set", "path": "/name/first", "value": "Ann", "seen": 0}
CHOICE = {"op": "resolve", "conflict": "cf_2_0", "choice": "value", "value": "x", "seen": 0}


@pytest.fixture
def draft() -> Draft:
    """A draft with a conflict, `cf_2_0`, at `/name`."""
    return meeting().draft


@pytest.mark.parametrize(
    "unstorable",
    [
        {"op": "set", "path": "/note", "value": "4111111111111111", "seen": 0},
        {"op": "set", "path": "/card/cvv", "value": "123", "seen": 0},
        {"op": "set", "path": "/secret", "value": "x", "seen": 0},
        {"op": "set", "path": "", "value": {"secret": {"deep": "x"}}, "seen": 0},
        {"op": "unset", "path": "/secret/deep", "seen": 0},
    ],
)
def test_what_must_not_be_stored_is_not_kept(draft: Draft, unstorable: dict[str, Any]) -> None:
    """Whichever op of the change holds it."""
    assert not may_keep([PLAIN, unstorable], None, draft, RULES)


@pytest.mark.parametrize(
    "ops",
    [
        None,
        "x",
        [1],
        [{}],
        [{"op": "set", "path": "cvv", "value": "123", "seen": 0}],
        [{"op": "set", "pointer": "/cvv", "value": "123", "seen": 0}],
        [{"op": "add", "name": "cvv", "value": "123", "seen": 0}],
        [PLAIN, {"op": "rename", "path": "/name"}],
    ],
)
def test_what_cannot_be_read_is_not_kept(draft: Draft, ops: Any) -> None:
    """Nobody can tell which field a forgotten slash, or another op, was meant for."""
    assert not may_keep(ops, None, draft, RULES)


def test_anything_else_is_kept(draft: Draft) -> None:
    """Its author may want it back; ops without `seen` inherit it."""
    assert may_keep([PLAIN, CHOICE], None, draft, RULES)
    assert may_keep([{"op": "set", "path": "/a", "value": 1}], 1, draft, RULES)


def test_a_chosen_value_is_one_for_the_field_of_its_conflict(draft: Draft) -> None:
    """Not kept where that field is never stored by now, or where nobody knows the conflict."""
    assert not may_keep([CHOICE], None, draft, Rules(never_store=frozenset({"/name"})))
    assert not may_keep([{**CHOICE, "conflict": "cf_9_9"}], None, draft, RULES)


def test_ops_of_a_cart_are_those_that_a_cart_reads(draft: Draft) -> None:
    """Neither kind keeps the other's."""
    cart = draft._replace(kind="cart", conflicts={})
    add = {"op": "add", "sku": "tee", "quantity": 2, "seen": 0}
    assert may_keep([add], None, cart, RULES)
    assert not may_keep([add], None, draft, RULES)
    assert not may_keep([PLAIN], None, cart, RULES)


def test_members_that_nobody_reads_are_left_out() -> None:
    """A value stands in the history only where it was checked."""
    assert known({**PLAIN, "cvv": "123"}) == PLAIN
    unset = {"op": "unset", "path": "/a", "seen": 0}
    assert known({**unset, "value": "x"}) == unset
    assert "value" not in known({**CHOICE, "choice": "stored"})
    assert known(CHOICE) == CHOICE
