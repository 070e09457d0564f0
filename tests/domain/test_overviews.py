"""Promises of a process at a glance: how far it is, and no value of its customer's but a public name."""

from typing import Any

import pytest

from retoma_server.domain.authors import Author
from retoma_server.domain.drafts import Cell, Draft, Position
from retoma_server.domain.overviews import glance
from retoma_server.domain.processes import FieldClass, Process, Step

CUSTOMER = Author("customer", "web", "w_1")
PROCESS = Process(
    "loan",
    fields={"/name": FieldClass.PUBLIC, "/name/maiden": FieldClass.PERSONAL},
    steps=(Step("you"), Step("home", {"en": "Your home"})),
)
OPEN = Process("loan", fields={"/name": FieldClass.PUBLIC, "/first_name": FieldClass.PUBLIC})


def draft(at: str | None = None, **values: Any) -> Draft:
    """A form with these values, at a step."""
    cells = {f"/{name}": Cell(value, 1, CUSTOMER) for name, value in values.items()}
    position = Position(at) if at else None
    return Draft("dr_1", "loan", "form", "default", "cu_1", 1, 2, 3, cells=cells, position=position)


def test_a_glance_tells_how_far_it_is() -> None:
    """The step by its number and title, and how many fields hold something."""
    seen = glance(draft("home", name="Ana", email="", income=0, note=None), PROCESS)
    assert (seen.step, seen.steps, seen.step_title("en"), seen.step_title("es")) == (
        2,
        2,
        "Your home",
        "Your home",
    )
    assert (seen.answered, seen.begun_at, seen.changed_at) == (2, 1, 2)


@pytest.mark.parametrize("at", [None, "elsewhere"])
def test_a_step_that_nobody_registered_is_none(at: str | None) -> None:
    """Nor is there one before the first was said."""
    seen = glance(draft(at), PROCESS)
    assert (seen.step, seen.step_title("en")) == (0, None)


@pytest.mark.parametrize(
    ("process", "values", "shown"),
    [
        (OPEN, {"name": " Ana Rey "}, "Ana Rey"),
        (OPEN, {"first_name": "Ana"}, "Ana"),
        (OPEN, {"name": "", "first_name": "Ana"}, "Ana"),
        (OPEN, {"name": 7}, None),
        (OPEN, {"full_name": "Ana Rey"}, None),
        (PROCESS, {"name": "Ana Rey"}, None),
        (Process("loan"), {"name": "Ana Rey"}, None),
    ],
)
def test_a_customer_is_named_only_where_everybody_may_read_it(
    process: Process, values: dict[str, Any], shown: str | None
) -> None:
    """Where the field and all below it are public, and somebody wrote a name there."""
    assert glance(draft(**values), process).customer == shown
