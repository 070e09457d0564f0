"""The cases that judge both SDKs alike: `tests/vectors/rebasing.json`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from retoma._local_form import LocalForm
from retoma._ops import Op, patch_ops, set_ops, unset_op
from retoma._pointer import ABSENT, same
from retoma._stored import Base

from .wire import EPOCH, draft_json

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rebasing.json").read_text())


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_a_draft_goes_through_every_step_as_it_does_in_javascript(case: Mapping[str, Any]) -> None:
    """What is seen, what waits and what was refused, after each step."""
    base = case["base"]
    draft = LocalForm("w_here", Base(draft_json(base["revision"], base["data"]), EPOCH))
    for step in case["steps"]:
        draft = after(draft, step)


def after(draft: LocalForm, step: Mapping[str, Any]) -> LocalForm:
    """The draft after one step; an expectation is checked and changes nothing."""
    match step:
        case {"send": True}:
            return draft.sending(draft.outbox.batch())
        case {"lost": True}:
            return draft
        case {"delta": delta}:
            return draft.caught_up(delta)
        case {"reply": reply}:
            return draft.replied(reply)
        case {"resolve": [conflict, choice, *value]}:
            return draft.resolved(conflict, choice, *value)
        case {"transaction": edits}:
            return draft.transacted(op for edit in edits for op in ops(edit))
        case {"expect": expected}:
            check(draft, expected)
            return draft
    return draft.edited(ops(step))


def ops(edit: Mapping[str, Any]) -> Iterator[Op]:
    """The ops of one edit."""
    match edit:
        case {"set": [path, value]}:
            yield from set_ops(path, value)
        case {"unset": [path]}:
            yield unset_op(path)
        case {"patch": patch}:
            yield from patch_ops(patch)
        case _:
            raise AssertionError(f"not an edit: {edit}")


def check(draft: LocalForm, expected: Mapping[str, Any]) -> None:
    """Compare all that a step expects; equality is JSON's, so that 1 is not true."""
    waiting = [{**change.wire, "sent": change.sent} for change in draft.outbox.changes]
    found = {
        "view": draft.view,
        "outbox": waiting,
        "revision": draft.base.revision,
        "conflicts": [conflict["id"] for conflict in draft.conflicts],
        "rejected": [rejection.code for rejection in draft.rejected],
    }
    for name, value in expected.items():
        assert same(found.get(name, ABSENT), value), f"{name}: {found.get(name)} is not {value}"
