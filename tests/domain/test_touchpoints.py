"""The journey: what happened, told as a person would tell it."""

from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain.events import Event, EventType
from retoma_server.domain.journey import NAMES, journey
from retoma_server.domain.touchpoints import TOGETHER, ClaimedFrom, Touchpoint

MINUTE = 60_000


def event(kind: EventType, at: int, **more: object) -> Event:
    """An event of one draft, on the web."""
    about = {"draft": "dr_1", "actor": "visitor", "channel": "web", "step": None, "fields": 1, **more}
    return Event(type=kind, at=at, customer="cu_1", process="loan", revision=1, since=0, **about)  # type: ignore[arg-type]  # made up of pieces


def saved(at: int, **more: object) -> Event:
    """An edit."""
    return event(EventType.DRAFT_CHANGED, at, **more)


def test_edits_that_belong_together_are_one() -> None:
    """From the first to the last, with all their fields, at the step of the last; conflicts too."""
    events = [
        event(EventType.DRAFT_OPENED, 0),
        saved(MINUTE, step="you", fields=2),
        event(EventType.DRAFT_CONFLICTED, 2 * MINUTE, step="income"),
        saved(31 * MINUTE),
    ]
    opened, edits = journey(events)
    assert (opened.type, opened.at) == ("opened", 0)
    assert (edits.type, edits.at, edits.until) == ("saved", MINUTE, 31 * MINUTE)
    assert (edits.step, edits.fields) == ("income", 4)


def test_another_draft_person_channel_or_a_rest_begins_another() -> None:
    """Somebody in the store goes on; the customer comes back after lunch."""
    events = [
        saved(0),
        saved(1, draft="dr_2"),
        saved(2, draft="dr_2", actor="staff"),
        saved(3, draft="dr_2", actor="staff", channel="store"),
        saved(3 + TOGETHER, draft="dr_2", actor="staff", channel="store"),
    ]
    assert len(journey(events)) == len(events)


def test_what_nobody_did_is_no_touchpoint() -> None:
    """A reminder that time runs out is none, nor a device that waits; everything else has a name."""
    unnamed = {
        EventType.DRAFT_EXPIRING,
        EventType.HANDOFF_WAITING,
        EventType.ASSIST_CHANGED,
        EventType.LEASE_TAKEN,
        EventType.LEASE_ENDED,
    }
    assert journey(event(each, 0) for each in unnamed) == []
    assert set(EventType) - set(NAMES) == unnamed


CLAIM = ClaimedFrom("cl_1", "dr_guest", MINUTE, "mobile_web")
PHONE = (MINUTE, 3 * MINUTE, "dr_guest", "loan", "visitor", "mobile_web", None, 3)


def claimed(at: int, draft: str = "dr_1") -> Event:
    """A claim of a draft that was begun on a phone."""
    return event(EventType.DRAFT_CLAIMED, at, draft=draft, claim=CLAIM, past=(Touchpoint("saved", *PHONE),))


def test_what_was_claimed_was_begun_before() -> None:
    """Its past is told in its place in time, of the draft that it is now, which nobody opened."""
    events = [
        event(EventType.DRAFT_OPENED, 2 * MINUTE, draft="dr_other"),
        claimed(9 * MINUTE),
        event(EventType.DRAFT_OPENED, 9 * MINUTE),
    ]
    points = journey(events)
    assert [(point.type, point.draft) for point in points] == [
        ("saved", "dr_1"),
        ("opened", "dr_other"),
        ("claimed", "dr_1"),
    ]
    assert (points[0].until, points[0].fields, points[2].claim) == (3 * MINUTE, 3, CLAIM)


def test_a_past_goes_where_its_draft_goes_when_the_claim_is_undone() -> None:
    """Out of the form into which it was merged, and with the one that waits; another claim's stays."""
    other = ClaimedFrom("cl_2", "dr_guest", MINUTE, None)
    undone = event(EventType.DRAFT_CLAIM_UNDONE, 9 * MINUTE, draft="dr_2", claim=CLAIM)
    begun = [event(EventType.DRAFT_OPENED, 0), claimed(5 * MINUTE)]
    assert [point.draft for point in journey([*begun, undone])] == ["dr_1", "dr_2", "dr_1", "dr_2"]
    elsewhere = event(EventType.DRAFT_CLAIM_UNDONE, 9 * MINUTE, draft="dr_2", claim=other)
    assert [point.draft for point in journey([*begun, elsewhere])] == ["dr_1", "dr_1", "dr_1", "dr_2"]


@given(st.lists(st.tuples(st.sampled_from(EventType), st.integers(0, 2 * TOGETHER)), max_size=30))
def test_nothing_is_lost_and_the_order_stays(steps: list[tuple[EventType, int]]) -> None:
    """Every named event lies within one touchpoint of its name; all fields are counted."""
    at, events = 0, []
    for kind, later in steps:
        at += later
        events.append(event(kind, at))
    points = journey(events)
    named = [each for each in events if each.type in NAMES]
    assert sum(point.fields for point in points) == len(named)
    assert [point.at for point in points] == sorted(point.at for point in points)
    for each in named:
        assert any(p.type == NAMES[each.type] and p.at <= each.at <= p.until for p in points)
