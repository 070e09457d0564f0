"""Promises of counting what staff did: each help once, by the store where they were."""

from typing import Any

from retoma_server.domain.tallies import tallied


def entry(
    action: str, assist: str | None = "as_1", store: str | None = "so_1", about: str = "dr_1"
) -> dict[str, Any]:
    """An entry of the audit log."""
    return {"action": action, "assist": assist, "store": store, "about": about}


def test_a_help_counts_once_however_often_staff_looked() -> None:
    """Looks and changes in one help are one; another customer's is another."""
    counted = tallied([entry("draft-viewed"), entry("draft-changed"), entry("draft-viewed", "as_2")])
    assert {store: tally.helped for store, tally in counted.items()} == {"so_1": 2}


def test_what_staff_complete_and_hand_back_is_counted_by_store() -> None:
    """A cart that was begun to be ordered, and then was, is one; those without a store are one line."""
    counted = tallied(
        [
            entry("completion-started"),
            entry("draft-completed"),
            entry("draft-handed-back", "as_2", about="dr_2"),
            entry("assist-ended", "as_3", None, "dr_3"),
        ]
    )
    told = {store: (each.helped, each.completed, each.handed_back) for store, each in counted.items()}
    assert told == {"so_1": (2, 1, 1), None: (1, 0, 0)}


def test_what_is_no_help_is_not_counted() -> None:
    """Reading the log, or seeing to accounts; entries of an earlier release name no assist."""
    assert (
        tallied([entry("audit-viewed", None), entry("staff-added", None), {"action": "draft-viewed"}]) == {}
    )
