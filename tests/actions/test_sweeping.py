"""Sweeping ends what is over, deletes what nobody needs any more, and finishes what a crash interrupted."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.assist import redeem_code
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.drafts import get_draft, open_draft
from retoma_server.actions.erasure import destroy_key
from retoma_server.actions.handoffs import Attempt, Wish, create_handoff, redeem_link
from retoma_server.actions.identifiers import identified, link
from retoma_server.actions.revoking import revoke_handoff
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Commit, Store, StoreUnavailable, Write
from retoma_server.adapters.tokens import parse_credential
from retoma_server.domain.errors import Gone, NotFound, Unauthenticated
from retoma_server.domain.identifiers import IdentifierKind

from .business import DAY, Business, open_business, sweep_twice_at_once
from .crashing import crashing

MINUTE = 60_000


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def test_an_open_draft_expires_when_its_time_is_over(shop: Business) -> None:
    """Thirty days without a change end it: nobody reads it any more, and the customer is told once."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    shop.clock.now += 30 * DAY
    assert sweep(shop.deps).counts["draft"] == 1
    assert sweep(shop.deps).counts.get("draft", 0) == 0
    with pytest.raises(Gone, match="draft-expired"):
        get_draft(shop.deps, visitor, draft)
    assert shop.told(visitor).count("draft-expired by system") == 1


def test_an_expired_draft_keeps_no_value(shop: Business) -> None:
    """What was entered is gone from the draft, and so is its history; only a tombstone stays."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    place, log = partition_of(draft), records.history_log(shop.tenant.id, draft)
    assert shop.deps.store.read_log(place, log).entries
    shop.clock.now += 30 * DAY
    sweep(shop.deps)
    assert not shop.deps.store.read_log(place, log).entries
    assert shop.has(place, records.draft(shop.tenant.id, draft))


def test_a_change_puts_the_end_off(shop: Business) -> None:
    """A draft ends thirty days after its last change, not after its first."""
    visitor = shop.visitor()
    draft = shop.draft(visitor)
    shop.clock.now += 29 * DAY
    ops = [{"op": "set", "path": "/name", "value": "Ann", "seen": 0}]
    change_draft(shop.deps, visitor, draft, Batch("w_1", [{"seq": 1, "ops": ops}]))
    shop.clock.now += 29 * DAY
    assert not sweep(shop.deps).counts
    assert read_json(get_draft(shop.deps, visitor, draft).json)["data"] == {"name": "Ann"}


def test_a_closed_draft_goes_with_all_that_hangs_on_it(shop: Business) -> None:
    """Once its time as a tombstone is over, draft, writers and the pointer to it are deleted."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    for _ in range(2):
        shop.clock.now += 30 * DAY
        while sweep(shop.deps).counts:
            pass
        shop.clock.now += MINUTE
    while sweep(shop.deps).counts:
        pass
    place, tenant = partition_of(draft), shop.tenant
    assert not shop.has(place, records.draft(tenant.id, draft))
    assert not shop.has(place, records.writer(tenant.id, draft, "w_1"))
    hashed = tenant.keys.keyed_hash("current", "mortgage", "default")
    assert visitor.customer is not None
    assert not shop.has(place, records.current(tenant.id, visitor.customer, hashed))
    with pytest.raises(NotFound):
        get_draft(shop.deps, visitor, draft)


def test_the_pointer_to_a_later_draft_stays(shop: Business) -> None:
    """Deleting an old draft does not lose the one that the customer began after it."""
    visitor = shop.visitor()
    shop.draft(visitor)
    shop.clock.now += 30 * DAY
    sweep(shop.deps)
    later = shop.draft(visitor, name="Ann")
    shop.clock.now += 29 * DAY
    ops = [{"op": "set", "path": "/name", "value": "Bob", "seen": 1}]
    change_draft(shop.deps, visitor, later, Batch("w_1", [{"seq": 2, "ops": ops}]))
    shop.clock.now += 2 * DAY
    assert sweep(shop.deps).counts["draft"] == 1
    assert shop.draft(visitor) == later


def test_links_grants_and_codes_are_deleted_after_their_time(shop: Business) -> None:
    """What let somebody in once is not kept for ever."""
    visitor = shop.visitor()
    draft = shop.draft(visitor)
    link = create_handoff(shop.deps, visitor, draft, Wish("device")).link
    assert link is not None
    token = parse_credential(link.partition("#")[2])
    grant = parse_credential(redeem_link(shop.deps, visitor, token, Attempt("nonce")).grant)
    code = create_handoff(shop.deps, visitor, draft, Wish("staff")).code
    assert code is not None
    shop.clock.now += 2 * DAY
    swept = sweep(shop.deps).counts
    assert swept == {"grant": 1, "handoff": 2, "offer": 2, "code": 1}
    hashed = shop.tenant.keys.keyed_hash("code", code.replace("-", ""))
    assert not shop.has(home(shop.tenant.id, hashed), records.code(shop.tenant.id, hashed))
    assert not shop.has(partition_of(draft), records.grant(shop.tenant.id, grant.subject))


def test_an_assist_that_ends_by_time_is_told(shop: Business) -> None:
    """The customer learns that staff no longer see the draft, also when nobody said so."""
    visitor = shop.visitor()
    code = create_handoff(shop.deps, visitor, shop.draft(visitor), Wish("staff")).code
    redeem_code(shop.deps, shop.staff(), code or "")
    shop.clock.now += 31 * MINUTE
    assert sweep(shop.deps).counts["assist"] == 1
    assert shop.told(visitor).count("assist-ended by system") == 1


def test_an_assist_that_was_ended_is_not_told_again(shop: Business) -> None:
    """The customer ended it and was told then."""
    visitor = shop.visitor()
    offer = create_handoff(shop.deps, visitor, shop.draft(visitor), Wish("staff"))
    redeem_code(shop.deps, shop.staff(), offer.code or "")
    revoke_handoff(shop.deps, visitor, offer.handoff.id)
    shop.clock.now += 31 * MINUTE
    assert sweep(shop.deps).counts["assist"] == 1
    ended = [each for each in shop.told(visitor) if each.startswith("assist-ended")]
    assert ended == ["assist-ended by visitor"]


def test_a_visitor_is_forgotten_after_the_last_draft(shop: Business) -> None:
    """The token ends after 90 days; the record and its events go once no draft needs the key any more."""
    visitor = shop.visitor()
    assert visitor.customer is not None
    shop.clock.now += 85 * DAY
    shop.draft(visitor, name="Ann")
    key, place = records.customer(shop.tenant.id, visitor.customer), partition_of(visitor.customer)
    shop.clock.now += 6 * DAY
    sweep(shop.deps)
    assert shop.has(place, key)
    for _ in range(4):
        shop.clock.now += 30 * DAY
        sweep(shop.deps)
    assert not shop.has(place, key)
    assert shop.told(visitor) == []
    with pytest.raises(Unauthenticated):
        get_draft(shop.deps, visitor, shop.deps.ids.new("dr", place))


def test_a_visitor_who_is_known_by_now_is_not_forgotten(shop: Business) -> None:
    """An identifier leads to them, long after the token is over and without a draft."""
    visitor = shop.visitor()
    assert visitor.customer is not None
    link(shop.deps, shop.tenant, visitor.customer, IdentifierKind.EMAIL, "ana@shop.example")
    for _ in range(2):
        shop.clock.now += 91 * DAY
        while sweep(shop.deps).counts:
            pass
    holder = identified(shop.deps, shop.tenant, IdentifierKind.EMAIL, "ana@shop.example")
    assert holder == visitor.customer
    assert shop.has(partition_of(holder), records.customer(shop.tenant.id, holder))


@pytest.mark.parametrize("commits", [1, 2])
def test_an_interrupted_identification_is_finished(shop: Business, commits: int) -> None:
    """Wherever the crash came, the customer that was reserved is the one that everybody gets."""
    with pytest.raises(StoreUnavailable):
        identified(crashing(shop.deps, commits), shop.tenant, IdentifierKind.EXTERNAL_ID, "u-17")
    shop.clock.now += 2 * MINUTE
    assert sweep(shop.deps).counts == {"identifier": 1}
    customer = identified(shop.deps, shop.tenant, IdentifierKind.EXTERNAL_ID, "u-17")
    assert shop.has(partition_of(customer), records.customer(shop.tenant.id, customer))
    shop.clock.now += 2 * MINUTE
    assert not sweep(shop.deps).counts


def test_an_interrupted_erasure_is_finished(shop: Business) -> None:
    """The key went first; the drafts that it sealed and the events follow."""
    visitor = shop.visitor()
    assert visitor.customer is not None
    draft = shop.draft(visitor, name="Ann")
    destroy_key(shop.deps, shop.tenant, visitor.customer, "service")
    shop.clock.now += 2 * MINUTE
    assert sweep(shop.deps).counts == {"customer": 1}
    assert not shop.has(partition_of(draft), records.draft(shop.tenant.id, draft))
    assert shop.told(visitor) == []
    shop.clock.now += 60 * DAY
    sweep(shop.deps)
    assert not shop.has(partition_of(draft), records.writer(shop.tenant.id, draft, "w_1"))


def test_what_nobody_knows_is_left_alone_and_blocks_nothing(shop: Business) -> None:
    """Records of a newer release, of no tenant, or damaged ones stay; the rest is swept all the same."""
    visitor = shop.visitor()
    shop.draft(visitor)
    tenant = shop.tenant.id
    strange = [f"{tenant}/lease/x", "te_0000000000zz/once/x/y", records.draft(tenant, "dr_01" + "a" * 20)]
    for key in strange:
        shop.deps.store.commit(1, Commit({key: 0}, [Write(key, b"\x01\x01?", due=shop.clock.now)]))
    shop.clock.now += 30 * DAY
    swept = sweep(shop.deps)
    assert swept.counts == {"draft": 1}
    assert swept.left == 3
    assert all(shop.has(1, key) for key in strange)


class Interrupted:
    """A store in which something else happens right after it was first asked one thing."""

    def __init__(self, store: Store, asked: str, happening: Callable[[], object]) -> None:
        self._store = store
        self._asked = asked
        self._happenings = [happening]

    def __getattr__(self, name: str) -> object:
        answer = getattr(self._store, name)
        return partial(self._before, answer) if name == self._asked else answer

    def _before(self, answer: Callable[..., object], *args: object, **more: object) -> object:
        """The answer as it was just before."""
        answered = answer(*args, **more)
        while self._happenings:
            self._happenings.pop()()
        return answered


def test_a_record_rewritten_meanwhile_is_not_swept(shop: Business) -> None:
    """Staff who redeem a new code at the moment when their old assist is swept keep the new one."""
    visitor, staff = shop.visitor(), shop.staff()
    draft = shop.draft(visitor)

    def assist() -> None:
        redeem_code(shop.deps, staff, create_handoff(shop.deps, visitor, draft, Wish("staff")).code or "")

    assist()
    shop.clock.now += 31 * MINUTE
    sweep(replace(shop.deps, store=Interrupted(shop.deps.store, "due", assist)))
    assert "assist-ended by system" not in shop.told(visitor)
    assert read_json(get_draft(shop.deps, staff, draft).json)["id"] == draft


def test_a_draft_that_was_just_opened_keeps_its_customer(shop: Business) -> None:
    """The sweeper found no draft of a visitor whose token is over; one is opened before it forgets them."""
    visitor, service = shop.visitor(), shop.caller(shop.secret_key)
    opened: list[str] = []

    def begin() -> None:
        shown = open_draft(shop.deps, service, "mortgage", customer=visitor.customer)
        opened.append(read_json(shown.json)["id"])

    shop.clock.now += 90 * DAY
    assert not sweep(replace(shop.deps, store=Interrupted(shop.deps.store, "find", begin))).counts
    (draft,) = opened
    assert read_json(get_draft(shop.deps, service, draft).json)["customer"] == visitor.customer
    shop.clock.now += DAY
    sweep(shop.deps)
    assert read_json(get_draft(shop.deps, service, draft).json)["status"] == "open"


def test_two_sweepers_at_once_do_nothing_twice(shop: Business) -> None:
    """Two hundred drafts are over; two sweepers start together; each customer is told exactly once."""
    visitors = [shop.visitor() for _ in range(200)]
    for visitor in visitors:
        shop.draft(visitor)
    shop.clock.now += 30 * DAY
    sweep_twice_at_once(shop.deps)
    assert {tuple(shop.told(visitor)) for visitor in visitors} == {
        ("draft-opened by visitor", "draft-expired by system")
    }
