"""Following events: what a stream and a waiting page tell, when, and how they end."""

import gc
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.following import Message, follow, wait_events
from retoma_server.actions.journey import Cursor, EventQuery, read_events
from retoma_server.actions.revoking import revoke_handoff
from retoma_server.actions.tenants import create_tenant, save_tenant
from retoma_server.adapters.bus import Bus, Subscription
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.tokens import hash_secret
from retoma_server.app import wire
from retoma_server.domain.errors import NotFound, Unauthenticated
from retoma_server.domain.events import EventType
from tests.servers.redis_server import RedisServer

from .business import Business, Clock, open_business
from .test_journey import assisted, granted, write

ALL = EventQuery()
AT_ONCE = 0.0
"""A heartbeat after every look: streams then never wait."""
LONG = 3_600.0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own, in which streams hear of everything at once."""
    business = open_business(tmp_path)
    business.deps = replace(business.deps, bus=Bus(business.deps.store))
    yield business
    business.deps.bus.close()
    business.deps.store.close()


def on_redis(url: str) -> Business:
    """A business on a Redis server."""
    variables = {
        "RETOMA_STORE": url,
        "RETOMA_KEYRING": Keyring.create().dump(),
        "RETOMA_DURABILITY": "relaxed",
        "RETOMA_RATE_LIMITS": "off",
    }
    deps = wire(Settings.from_env(variables))
    made = create_tenant(deps.store, deps.vault, deps.ids, "shop", frozenset())
    return Business(deps, Clock(), deps.tenants.get(made.id), made.publishable_key, made.secret_key)


@pytest.fixture(params=["sqlite", "redis"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[Business]:
    """A business on each kind of store."""
    if request.param == "sqlite":
        yield request.getfixturevalue("shop")
        return
    business = on_redis(request.getfixturevalue("redis_url"))
    yield business
    business.deps.bus.close()
    business.deps.store.close()


def events(messages: Iterator[Message]) -> Iterator[Message]:
    """The messages that tell of drafts."""
    return (each for each in messages if each.event not in ("ready", "heartbeat"))


def audited(shop: Business, draft: str) -> list[str]:
    """What the audit log of a draft's partition tells, oldest first."""
    page = shop.deps.store.read_log(partition_of(draft), records.audit_log(shop.tenant.id))
    return [read_json(entry.body)["entry"]["action"] for entry in page.entries]


# -- streams -----------------------------------------------------------------------------------


def test_a_stream_tells_what_happens_from_now_on(anywhere: Business) -> None:
    """It is ready at once, says where it begins, and wakes for every change."""
    ann = anywhere.visitor()
    draft = anywhere.draft(ann, name="Ann")
    stream = follow(anywhere.deps, ann, ALL, LONG)
    ready = next(stream)
    assert (ready.event, ready.data) == ("ready", {"cursor": str(ready.cursor)})
    assert ready.cursor == Cursor(anywhere.deps.store.epoch, 2)
    for seq in range(1, 4):
        with ThreadPoolExecutor(1) as other:
            other.submit(write, anywhere, ann, draft, seq, city=f"Town {seq}")
            told = next(stream)
        assert (told.event, told.data["revision"]) == ("draft-changed", seq + 1)
        assert told.data["delta"]["cells"]["/city"]["value"] == f"Town {seq}"
    stream.close()


def test_what_happens_before_a_stream_is_read_is_told(shop: Business) -> None:
    """It begins when it is asked for, not when its first message is taken."""
    ann = shop.visitor()
    stream = follow(shop.deps, ann, ALL, LONG)
    shop.draft(ann)
    assert [each.event for each in islice(stream, 2)] == ["ready", "draft-opened"]


def test_a_heartbeat_says_how_far_the_stream_is(shop: Business) -> None:
    """With the revision of the draft that it follows, so that a lost message is noticed."""
    ann = shop.visitor()
    draft = shop.draft(ann, name="Ann")
    shop.draft(ann, "other")
    for query, revision in ((ALL, None), (EventQuery(draft=draft), 1)):
        _, beat = islice(follow(shop.deps, ann, query, AT_ONCE), 2)
        newest = Cursor(shop.deps.store.epoch, 3)
        assert beat == Message("heartbeat", {"cursor": str(newest), "revision": revision}, newest)


def test_heartbeats_pass_events_that_were_left_out(shop: Business) -> None:
    """Whoever resumes after one does not go over them again."""
    ann = shop.visitor()
    stream = follow(shop.deps, ann, EventQuery(process="nothing"), AT_ONCE)
    next(stream)
    shop.draft(ann, name="Ann")
    beat = next(stream)
    assert (beat.event, beat.cursor) == ("heartbeat", Cursor(shop.deps.store.epoch, 2))


def test_a_stream_whose_cursor_is_lost_says_reset_and_goes_on(shop: Business) -> None:
    """From the newest event; what happens after that is told."""
    ann = shop.visitor()
    draft = shop.draft(ann, name="Ann")
    stream = follow(shop.deps, ann, EventQuery(after=Cursor("gone", 1)), LONG)
    newest = Cursor(shop.deps.store.epoch, 2)
    next(stream)
    assert next(stream) == Message("reset", {"cursor": str(newest)}, newest)
    write(shop, ann, draft, 1, city="Jaén")
    assert next(stream).event == "draft-changed"


def test_resuming_leaves_no_gap_and_repeats_nothing(anywhere: Business) -> None:
    """Streams that break again and again, while four devices write, tell every event once and in order."""
    ann = anywhere.visitor()
    draft = anywhere.draft(ann)
    changes, writers = 25, 4
    chance = random.Random(7)

    def type_on(writer: int) -> None:
        for seq in range(1, changes + 1):
            write(anywhere, ann, draft, seq, f"w_{writer}", **{f"field_{writer}": f"value {seq}"})

    with ThreadPoolExecutor(writers) as devices:
        done = [devices.submit(type_on, number) for number in range(writers)]
        told: list[Message] = []
        query = replace(ALL, after=Cursor(anywhere.deps.store.epoch, 0), limit=7)
        while len(told) < 1 + changes * writers:
            left = 1 + changes * writers - len(told)
            stream = follow(anywhere.deps, ann, query, LONG)
            told += islice(events(stream), min(left, chance.randrange(1, 9)))
            stream.close()
            query = replace(query, after=told[-1].cursor)
        for each in done:
            each.result()
    assert [message.data["revision"] for message in told] == list(range(1 + changes * writers))
    assert {message.event for message in told} == {"draft-opened", "draft-changed"}


def test_deltas_of_a_stream_add_up_to_the_draft(anywhere: Business) -> None:
    """Whoever applies each delta that begins where they are has every value, without asking again."""
    ann = anywhere.visitor()
    draft = anywhere.draft(ann)
    stream = follow(anywhere.deps, ann, EventQuery(draft=draft), LONG)

    def type_on() -> None:
        for seq in range(1, 31):
            write(anywhere, ann, draft, seq, **{f"field_{seq % 7}": f"value {seq}"})

    with ThreadPoolExecutor(1) as device:
        device.submit(type_on)
        revision, values = 0, dict[str, object]()
        for message in events(stream):
            delta = message.data.get("delta")
            if delta and delta["from"] <= revision < delta["revision"]:
                revision = delta["revision"]
                values |= {path: cell["value"] for path, cell in delta["cells"].items()}
            if revision == 30:
                break
    assert values == {f"/field_{seq % 7}": f"value {seq}" for seq in range(24, 31)}


# -- how streams end ---------------------------------------------------------------------------


def test_a_grants_stream_ends_when_it_is_taken_back(shop: Business) -> None:
    """At once, because taking it back is an event; that event alone may still be told."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    grant, handoff = granted(shop, ann, draft)
    stream = follow(shop.deps, grant, ALL, LONG)
    next(stream)
    with ThreadPoolExecutor(1) as owner:
        owner.submit(revoke_handoff, shop.deps, ann, handoff)
        *told, last = stream
    assert last == Message("auth", {"code": "token-revoked"})
    assert {each.event for each in told} <= {"handoff-revoked"}


def test_a_staff_stream_ends_with_the_assist(shop: Business) -> None:
    """The customer ends it while staff look on."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    staff, handoff = assisted(shop, ann, draft)
    stream = follow(shop.deps, staff, EventQuery(draft=draft), LONG)
    next(stream)
    with ThreadPoolExecutor(1) as owner:
        owner.submit(revoke_handoff, shop.deps, ann, handoff)
        *told, last = stream
    assert last == Message("auth", {"code": "not-found"})
    assert {each.event for each in told} <= {"handoff-revoked", "assist-ended"}


def test_a_stream_ends_with_its_customer(shop: Business) -> None:
    """Once the customer is erased there is nobody to follow."""
    ann = shop.visitor()
    shop.draft(ann)
    stream = follow(shop.deps, ann, ALL, AT_ONCE)
    next(stream)
    erase_customer(shop.deps, shop.tenant, str(ann.customer), "service")
    assert list(stream) == [Message("auth", {"code": "customer-erased"})]


def test_a_stream_ends_with_its_secret_key(shop: Business) -> None:
    """One that was replaced opens nothing any more, streams that are open included."""
    ann = shop.visitor()
    service = shop.caller(shop.secret_key)
    stream = follow(shop.deps, service, EventQuery(customer=ann.customer), AT_ONCE)
    assert next(stream).event == "ready"
    save_tenant(shop.deps.store, replace(shop.tenant, secret_hashes=(hash_secret("other"),)))
    shop.deps.tenants.forget()
    assert list(stream) == [Message("auth", {"code": "invalid-token"})]


def test_who_may_not_follow_is_refused_before_the_stream_begins(shop: Business) -> None:
    """So that the answer can be a problem."""
    ann = shop.visitor()
    for caller, query, refusal in (
        (Caller(), ALL, Unauthenticated),
        (shop.visitor(), EventQuery(draft=shop.draft(ann)), NotFound),
    ):
        with pytest.raises(refusal):
            follow(shop.deps, caller, query)


def test_a_stream_ends_while_the_store_is_away() -> None:
    """The device comes back with its cursor, and misses nothing."""
    with RedisServer() as redis:
        shop = on_redis(redis.url())
        ann = shop.visitor()
        stream = follow(shop.deps, ann, ALL, AT_ONCE)
        next(stream)
        beat = next(stream)
        redis.kill()
        assert list(stream) == []
        redis.restart()
        shop.draft(ann)
        resumed = events(follow(shop.deps, ann, EventQuery(after=beat.cursor), LONG))
        assert next(resumed).event == "draft-opened"
        shop.deps.bus.close()
        shop.deps.store.close()


def test_a_stream_that_was_left_keeps_nothing(shop: Business) -> None:
    """Whether it was read or not, closing it gives back its subscription."""
    ann = shop.visitor()
    streams = [follow(shop.deps, ann, ALL, AT_ONCE) for _ in range(20)]
    for stream in streams[:15]:
        assert len(list(islice(stream, 2))) == 2
    assert subscriptions() == 15
    for stream in streams:
        stream.close()
    assert subscriptions() == 0


def subscriptions() -> int:
    """How many subscriptions there are."""
    gc.collect()
    return sum(isinstance(each, Subscription) for each in gc.get_objects())


# -- pages that wait ---------------------------------------------------------------------------


def test_a_page_with_events_does_not_wait(shop: Business) -> None:
    """Nor does one that was reset."""
    ann = shop.visitor()
    shop.draft(ann)
    assert wait_events(shop.deps, ann, ALL, LONG).items
    assert wait_events(shop.deps, ann, EventQuery(after=Cursor("gone", 1)), LONG).reset


def test_an_empty_page_waits_for_the_next_event(anywhere: Business) -> None:
    """And brings it as soon as it has happened."""
    ann = anywhere.visitor()
    draft = anywhere.draft(ann)
    after = read_events(anywhere.deps, ann, ALL).next
    with ThreadPoolExecutor(1) as other:
        other.submit(write, anywhere, ann, draft, 1, name="Ann")
        page = wait_events(anywhere.deps, ann, EventQuery(after=after), LONG)
    assert [told.json["type"] for told in page.items] == ["draft-changed"]


def test_waiting_goes_past_events_that_are_left_out(shop: Business) -> None:
    """However many of them there are, now or later."""
    ann = shop.visitor()
    draft = shop.draft(ann, "form")
    for seq in range(1, 9):
        write(shop, ann, draft, seq, name=f"Ann {seq}")
    query = EventQuery(process="wanted", limit=2)
    with ThreadPoolExecutor(1) as other:
        other.submit(shop.draft, ann, "unwanted").add_done_callback(lambda _: shop.draft(ann, "wanted"))
        page = wait_events(shop.deps, ann, query, LONG)
    assert [told.json["process"] for told in page.items] == ["wanted"]


def test_a_page_that_waited_in_vain_is_empty(shop: Business) -> None:
    """It says where to go on."""
    ann = shop.visitor()
    shop.draft(ann)
    after = read_events(shop.deps, ann, ALL).next
    page = wait_events(shop.deps, ann, EventQuery(after=after), 0.05)
    assert (page.items, page.next, page.reset) == ((), after, False)


def test_waiting_ends_with_the_credential(shop: Business) -> None:
    """Whoever waits with a grant is refused as soon as it is taken back."""
    ann = shop.visitor()
    grant, handoff = granted(shop, ann, shop.draft(ann))
    query = EventQuery(after=read_events(shop.deps, grant, ALL).next, type=EventType.DRAFT_CHANGED)
    with ThreadPoolExecutor(1) as owner:
        owner.submit(revoke_handoff, shop.deps, ann, handoff)
        with pytest.raises(Unauthenticated, match="token-revoked"):
            wait_events(shop.deps, grant, query, LONG)


# -- looks by staff ----------------------------------------------------------------------------


def test_a_staff_stream_is_one_look(shop: Business) -> None:
    """On record before anything is shown, and not again for each event."""
    ann = shop.visitor()
    draft = shop.draft(ann, name="Ann")
    staff, _ = assisted(shop, ann, draft)
    before = audited(shop, draft)
    stream = follow(shop.deps, staff, EventQuery(draft=draft), LONG)
    assert audited(shop, draft) == [*before, "draft-followed"]
    for seq in range(1, 4):
        write(shop, ann, draft, seq, city=f"Town {seq}")
    text = json.dumps([each.data for each in islice(stream, 4)])
    assert "$masked" in text
    assert "Town" not in text
    assert audited(shop, draft) == [*before, "draft-followed"]


def test_a_page_for_staff_is_a_look_when_it_shows_values(shop: Business) -> None:
    """One that brings nothing is none; customers' own reading never is."""
    ann = shop.visitor()
    draft = shop.draft(ann, name="Ann")
    staff, _ = assisted(shop, ann, draft)
    before = audited(shop, draft)
    page = wait_events(shop.deps, staff, EventQuery(draft=draft), 0)
    assert audited(shop, draft) == [*before, "draft-viewed"]
    wait_events(shop.deps, staff, EventQuery(draft=draft, after=page.next), 0)
    wait_events(shop.deps, ann, EventQuery(draft=draft), 0)
    assert audited(shop, draft) == [*before, "draft-viewed"]


def test_streams_hold_nobody_up(shop: Business) -> None:
    """While many wait for all that the service may read, customers write and others read."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    service = shop.caller(shop.secret_key)
    query = EventQuery(customer=ann.customer, after=Cursor(shop.deps.store.epoch, 1))

    def revisions() -> list[int]:
        stream = events(follow(shop.deps, service, query, LONG))
        return [each.data["revision"] for each in islice(stream, 3)]

    with ThreadPoolExecutor(12) as crowd:
        done = [crowd.submit(revisions) for _ in range(12)]
        for seq in range(1, 4):
            write(shop, ann, draft, seq, name=f"Ann {seq}")
            assert read_events(shop.deps, ann, ALL).items
        assert [each.result() for each in done] == [[1, 2, 3]] * 12
