"""Drafts: what they may hold, how they end, and what of them is new."""

import pytest

from retoma_server.domain.changes import Rejected
from retoma_server.domain.drafts import Status, closed, delta
from retoma_server.domain.merging import CLOSED_CONFLICTS_KEPT, MAX_CELLS, MAX_LIVE_CELLS, MAX_SIZE

from .stories import RESOLVED, Story, live, meeting, put, resolve, unset


def test_a_field_that_is_never_stored_is_refused_with_its_payload() -> None:
    """At the path and below it, even when another op of the change takes it away again."""
    story = Story(never_store=frozenset({"/secret"}))
    for path in ("/secret", "/secret/deep"):
        with pytest.raises(Rejected, match="field-not-storable") as caught:
            story.change("phone", put(path, "x", 0), unset(path, 0))
        assert not caught.value.keeps_payload
    assert story.change("phone", put("/secretary", "x", 0)).status == "applied"


def test_a_draft_takes_no_more_than_it_may_hold() -> None:
    """A change that would make it larger is refused; one that makes it smaller never is."""
    story = Story()
    story.change("phone", *[put(f"/t{n}", "x" * 60_000, 0) for n in range(4)])
    with pytest.raises(Rejected, match="draft-full"):
        story.change("phone", put("/more", "x" * 60_000, 1))
    with pytest.raises(Rejected, match="draft-full"):
        story.change("desktop", put("/t0", "y" * 60_000, 0))
    assert story.draft.size <= MAX_SIZE
    assert story.change("phone", unset("/t0", 1)).status == "applied"
    assert story.change("phone", put("/more", "x" * 60_000, 2)).status == "applied"


def test_a_draft_has_at_most_so_many_fields() -> None:
    """Filled ones, and emptied ones with them; an emptied one filled again counts as filled."""
    story = Story()
    many = {f"/{n}": n for n in range(MAX_LIVE_CELLS)}
    story.change("phone", *[put(path, value, 0) for path, value in many.items()])
    with pytest.raises(Rejected, match="draft-full"):
        story.change("phone", put("/one-more", 1, 1))
    story.change("phone", unset("/0", 1))
    story.change("phone", put("/one-more", 1, 2))
    with pytest.raises(Rejected, match="draft-full"):
        story.change("phone", put("/0", 1, 3))
    assert len(live(story.draft)) == MAX_LIVE_CELLS
    assert MAX_CELLS > MAX_LIVE_CELLS


def test_closed_conflicts_go_when_they_have_been_closed_longest() -> None:
    """The open ones stay however old they are, and the size stays right."""
    story = Story()
    story.change("phone", put("/first", "a", 0), put("/name", "Ann", 0))
    story.change("desktop", put("/first", "b", 0))
    for _ in range(CLOSED_CONFLICTS_KEPT + 5):
        revision = story.draft.revision
        story.change("phone", put("/name", f"Ann {revision}", revision))
        story.change("desktop", put("/name", f"Anna {revision}", 0))
        story.change("desktop", put("/name", f"Anne {revision}", story.draft.revision))
    story.change("phone", resolve("cf_2_0", "stored", story.draft.revision))
    assert "cf_2_0" in story.draft.conflicts
    assert len(story.draft.conflicts) == CLOSED_CONFLICTS_KEPT


def test_a_closed_draft_takes_no_change() -> None:
    """Its change may be kept, and is not merged."""
    story = meeting()
    story.draft = closed(story.draft, Status.COMPLETED, 5, 9)
    assert (story.data, story.draft.revision, story.draft.expires_at) == ({"name": "Ann"}, 3, 9)
    with pytest.raises(Rejected, match="draft-closed") as caught:
        story.change("phone", put("/a", 1, 2))
    assert caught.value.keeps_payload


@pytest.mark.parametrize("status", [Status.DISCARDED, Status.EXPIRED])
def test_what_ended_unfinished_keeps_no_value(status: Status) -> None:
    """Only that it was there."""
    ended = closed(meeting().draft, status, 5, 9)
    assert (ended.data, dict(ended.conflicts), ended.position, ended.size) == ({}, {}, None, 0)


def test_a_delta_is_all_that_is_newer() -> None:
    """Cells, emptied ones too, and conflicts of any status."""
    story = meeting()
    story.change("phone", put("/old", 1, 2))
    story.change("phone", unset("/old", 3), resolve("cf_2_0", "stored", 3))
    newer = delta(story.draft, 3)
    assert (list(newer.cells), newer.cells["/old"].live) == (["/old"], False)
    assert [conflict.status for conflict in newer.conflicts] == [RESOLVED]
    assert list(delta(story.draft, 0).cells) == ["/name", "/old"]
    assert not delta(story.draft, 4).cells
