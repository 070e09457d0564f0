"""Staff see no more of a draft than its fields' classes allow, in any place where a value stands."""

import json
from typing import Any

import pytest

from retoma_server.domain.authors import Author
from retoma_server.domain.changes import Rejected, read_change
from retoma_server.domain.drafts import Cell, Conflict, Draft, Policy, delta
from retoma_server.domain.masking import Sight, check_choices, check_echoes, hint
from retoma_server.domain.merging import merge
from retoma_server.domain.processes import FieldClass, Process
from retoma_server.domain.rendering import draft_json, masked_delta_json, masked_draft_json

PROCESS = Process(
    "loan",
    groups=("/home",),
    fields={"/plan": FieldClass.PUBLIC, "/home": FieldClass.PUBLIC, "/home/alarm": FieldClass.RESTRICTED}
    | {"/iban": FieldClass.RESTRICTED},
)
SIGHT = Sight(PROCESS)
SHOWN = Sight(PROCESS, shows_answers=True)
CUSTOMER = Author("customer", "web", "w_1", device="Ann's iPhone")
OTHER = Author("customer", "web", "w_2", device="Ann's desktop")
CLERK = Author("staff", "store", "w_3", name="Marta")


def cell(value: Any, by: Author = CUSTOMER) -> Cell:
    """A value somebody wrote."""
    return Cell(value, 1, by)


def conflict(path: str, stored: Any = "one", arriving: Any = "two") -> Conflict:
    """A conflict at a path."""
    sides = cell(stored), cell(arriving, OTHER)
    return Conflict("cf_1_0", path, Policy.INCUMBENT, *sides, 1, "w_2")


def test_a_value_is_shown_as_far_as_its_class_allows() -> None:
    """Public whole, personal as a hint, restricted only as present; a field nobody classed is personal."""
    assert SIGHT.masked("/plan", "gold") == "gold"
    assert SIGHT.masked("/name", "Ann Lee") == {"$masked": True, "hint": "A•••"}
    assert SIGHT.masked("/iban", "DE89") == {"$masked": True, "present": True}


def test_the_nearest_class_counts() -> None:
    """For all that is below a path, until a nearer one says otherwise."""
    assert SIGHT.masked("/home/street", "Elm 1") == "Elm 1"
    assert SIGHT.masked("/home/alarm/code", "1234") == {"$masked": True, "present": True}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("john@example.com", "j•••@e•••.com"),
        ("@x.y", "•••@x•••.y"),
        ("+34 600 123 456", "•••56"),
        ("Ann Lee", "A•••"),
        ("Ann", "•••"),
        ("", "•••"),
        (1984, "•••"),
        (True, "•••"),
        (None, "•••"),
        (["a", "b"], "•••"),
    ],
)
def test_a_hint_recalls_and_does_not_tell(value: Any, shown: str) -> None:
    """At most a first letter or two last digits; of anything but text, nothing."""
    assert hint(value) == shown


def test_staff_may_read_what_staff_typed_unless_it_is_restricted() -> None:
    """Otherwise what they type would vanish before their eyes."""
    assert SIGHT.masked_cell("/name", cell("Ann Lee", CLERK)) == "Ann Lee"
    assert SIGHT.masked_cell("/iban", cell("DE89", CLERK)) == {"$masked": True, "present": True}
    assert SIGHT.masked_cell("/name", cell("Ann Lee")) == {"$masked": True, "hint": "A•••"}


def test_a_conflict_is_shown_only_where_every_field_in_it_is_public() -> None:
    """A group is as secret as its most secret leaf."""
    assert SIGHT.shows_conflict(conflict("/plan"))
    assert not SIGHT.shows_conflict(conflict("/name"))
    assert not SIGHT.shows_conflict(conflict("/home", {"alarm": "1234"}, {"alarm": "4321"}))


def filled() -> Draft:
    """A draft with secrets in every place: cells, and both sides of conflicts."""
    draft = Draft("dr_1", "loan", "form", "default", "cu_1", 0, 0, 0)
    for author, word in ((CUSTOMER, "stored"), (OTHER, "arriving")):
        for seq, path in enumerate(("/name", "/iban", "/home/alarm", "/plan"), 1):
            ops = [{"op": "set", "path": path, "value": f"{word} {path[1:]} secret", "seen": 0}]
            change = read_change({"seq": seq, "ops": ops}, draft.revision)
            draft, _ = merge(draft, change, author, PROCESS.rules)
    return draft


def test_no_secret_stands_anywhere_in_what_staff_read() -> None:
    """Not in the data, the conflicts or a delta; nor do they learn the customer's device labels."""
    draft = filled()
    assert len(list(draft.open_conflicts())) == 4
    for shown in (masked_draft_json(draft, SIGHT), masked_delta_json(delta(draft, 0), "e1", SIGHT)):
        text = json.dumps(shown)
        for secret in ("name secret", "iban secret", "alarm secret", "Ann's"):
            assert secret not in text
        assert "stored plan secret" in text
        assert "arriving plan secret" in text


def test_the_owner_sees_everything() -> None:
    """Both sides of every conflict, and which device it was."""
    text = json.dumps(draft_json(filled()))
    for secret in ("stored name secret", "arriving iban secret", "Ann's iPhone"):
        assert secret in text


@pytest.mark.parametrize("choice", ["stored", "arriving", "value"])
def test_staff_choose_in_no_conflict_that_they_cannot_read(choice: str) -> None:
    """Nobody chooses unseen; and what staff chose would count as theirs, and be shown to them."""
    draft = filled()
    for waiting in draft.open_conflicts():
        op = {"op": "resolve", "conflict": waiting.id, "choice": choice, "value": "x", "seen": 1}
        change = read_change({"seq": 1, "ops": [op]}, draft.revision)
        if waiting.path == "/plan":
            check_choices(SIGHT, draft, change)
        else:
            with pytest.raises(Rejected, match="masked-value-echo"):
                check_choices(SIGHT, draft, change)


def test_a_customer_may_show_their_answers() -> None:
    """Personal ones are whole then, in values and in conflicts; restricted ones never are."""
    assert SHOWN.masked("/name", "Ann Lee") == "Ann Lee"
    assert SHOWN.masked("/iban", "DE89") == {"$masked": True, "present": True}
    assert SHOWN.shows_conflict(conflict("/name"))
    assert not SHOWN.shows_conflict(conflict("/home", {"alarm": "1234"}, {"alarm": "4321"}))
    text = json.dumps(masked_draft_json(filled(), SHOWN))
    assert "stored name secret" in text
    assert not [secret for secret in ("iban secret", "alarm secret", "Ann's") if secret in text]


def test_a_hint_that_comes_back_overwrites_nothing() -> None:
    """Staff who save what they see would lose what it stands for; what is not hidden they may save again."""
    draft = filled()
    hidden, shown = draft.cells["/name"].value, draft.cells["/plan"].value
    for sight, path, value, is_echo in (
        (SIGHT, "/name", hint(hidden), True),
        (SIGHT, "/name", "Ann Lee", False),
        (SHOWN, "/name", hint(hidden), False),
        (SIGHT, "/plan", shown, False),
        (SIGHT, "/unanswered", "•••", False),
    ):
        ops = [{"op": "set", "path": path, "value": value, "seen": 1}]
        change = read_change({"ops": ops}, draft.revision)
        if is_echo:
            with pytest.raises(Rejected, match="masked-value-echo"):
                check_echoes(sight, draft, change)
        else:
            check_echoes(sight, draft, change)
