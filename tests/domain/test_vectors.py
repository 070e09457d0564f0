"""The cases of `tests/vectors/merging.json`, which the SDKs run as well, against the server's merging."""

import json
from pathlib import Path
from typing import Any

import pytest

from retoma_server.domain.authors import Author
from retoma_server.domain.changes import Rejected, read_change
from retoma_server.domain.drafts import MISSING, Cell, Conflict, Draft, Policy, cell_size, delta
from retoma_server.domain.merging import merge
from retoma_server.domain.pointers import nest
from retoma_server.domain.rendering import delta_json
from retoma_server.domain.rules import Rules

Case = dict[str, Any]

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "merging.json").read_text())
EPOCH = "e1"


def author(writer: str, installation: str | None = None) -> Author:
    """A writer of the vectors."""
    return Author("customer", "web", writer, installation)


def begin(start: Case) -> Draft:
    """The draft that a case begins with."""
    cells = {
        path: Cell(cell.get("value", MISSING), cell["revision"], author(cell["writer"]), cell["seq"])
        for path, cell in start["cells"].items()
    }
    size = sum(cell_size(path, cell) for path, cell in cells.items())
    revision = start["revision"]
    return Draft(
        "dr_1", "loan", "form", "default", "cu_1", 0, 0, 0, revision=revision, cells=cells, size=size
    )


def play(case: Case) -> tuple[Draft, list[Case]]:
    """Merge a case's changes; the results are as on the wire, without numbers and paths."""
    process = case["process"]
    policies = {path: Policy(policy) for path, policy in process["policies"].items()}
    rules = Rules(frozenset(process["groups"]), policies)
    draft, results = begin(case["start"]), []
    for raw in case["changes"]:
        result: Case = {}
        try:
            change = read_change(raw, draft.revision)
            draft, outcome = merge(draft, change, author(raw["writer"], raw.get("installation")), rules)
            result["status"] = outcome.status
            result |= {"conflicts": list(outcome.conflicts)} if outcome.conflicts else {}
        except Rejected as refusal:
            result |= {"status": "rejected", "code": refusal.code}
        results.append(result | {"revision": draft.revision})
    return draft, results


def told(conflict: Conflict) -> Case:
    """A conflict as the vectors tell it."""
    return {
        "path": conflict.path,
        "policy": conflict.policy,
        "status": conflict.status,
        "stored": side(conflict.stored),
        "arriving": side(conflict.arriving),
        "earlier": [side(each) for each in conflict.earlier],
    }


def side(cell: Cell) -> Case:
    """A value of a conflict, without who wrote it."""
    return {"value": cell.value} if cell.live else {"unset": True}


def leaves_after(case: Case) -> dict[str, Any]:
    """What a client knows that knew the start and hears the delta."""
    known = {path: cell for path, cell in case["start"]["cells"].items() if "value" in cell}
    for path, cell in case["delta"]["cells"].items():
        known.pop(path, None)
        if "value" in cell:
            known[path] = cell
    return {path: cell["value"] for path, cell in known.items()}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_server_merges_as_the_vectors_say(case: Case) -> None:
    """Results, data, revision, conflicts and the delta are those written down."""
    draft, results = play(case)
    assert results == case["results"]
    assert json.dumps(draft.data, sort_keys=True) == json.dumps(case["data"], sort_keys=True)
    assert draft.revision == case["revision"]
    assert [told(conflict) for conflict in draft.conflicts.values()] == case["conflicts"]
    assert delta_json(delta(draft, case["start"]["revision"]), EPOCH) == case["delta"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_a_client_gets_from_the_start_to_the_end_by_the_delta(case: Case) -> None:
    """The delta alone leads to the data."""
    assert begin(case["start"]).data == case["start"]["data"]
    assert nest(leaves_after(case)) == case["data"]


def test_the_vectors_are_each_one_idea() -> None:
    """No two have one name, and each says why it is there."""
    names = [case["name"] for case in VECTORS["cases"]]
    assert VECTORS["version"] == 1
    assert len(set(names)) == len(names) >= 30
    assert all(case["why"].endswith(".") for case in VECTORS["cases"])
