"""Reading events: whose they are, from where on, and what of a draft comes with them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.assist import redeem_code
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.drafts import Completion, complete_draft, discard_draft
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.handoffs import Attempt, Wish, create_handoff, redeem_link
from retoma_server.actions.journey import Cursor, EventPage, EventQuery, read_events
from retoma_server.actions.revoking import revoke_handoff
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.codec import event_bytes
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Append, Commit
from retoma_server.adapters.tokens import parse_credential
from retoma_server.domain.errors import Forbidden, Gone, Invalid, NotFound, Unauthenticated
from retoma_server.domain.events import Event, EventType
from retoma_server.domain.handoffs import IDLE_LIFE

from .business import DAY, Business, open_business

ALL = EventQuery()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def write(shop: Business, caller: Caller, draft: str, seq: int, writer: str = "w_2", **values: str) -> None:
    """Set values as one change of a writer who has seen nothing yet."""
    ops = [{"op": "set", "path": f"/{at}", "value": value, "seen": 0} for at, value in values.items()]
    change_draft(shop.deps, caller, draft, Batch(writer, [{"seq": seq, "ops": ops}]))


def granted(shop: Business, owner: Caller, draft: str) -> tuple[Caller, str]:
    """A device that was handed a draft, and the handoff."""
    offer = create_handoff(shop.deps, owner, draft, Wish("device"))
    link = parse_credential((offer.link or "").partition("#")[2])
    grant = redeem_link(shop.deps, Caller(), link, Attempt("n" * 22, "iPhone")).grant
    return shop.caller(grant), offer.handoff.id


def assisted(shop: Business, owner: Caller, draft: str) -> tuple[Caller, str]:
    """A member of staff at work in a draft, and the handoff."""
    offer = create_handoff(shop.deps, owner, draft, Wish("staff"))
    staff = shop.staff()
    redeem_code(shop.deps, staff, offer.code or "")
    return staff, offer.handoff.id


def drafts_told(page: EventPage) -> set[str]:
    """The drafts that a page tells of."""
    return {told.json["draft"] for told in page.items}


def deltas(page: EventPage) -> list[dict[str, object] | None]:
    """The delta of each event, None where it has none."""
    return [told.json.get("delta") for told in page.items]


def types(page: EventPage) -> list[str]:
    """The type of each event."""
    return [told.json["type"] for told in page.items]


# -- whose events ------------------------------------------------------------------------------


def test_a_visitor_reads_their_own_events(shop: Business) -> None:
    """Of all their drafts, or of one; nobody else's."""
    ann, ben = shop.visitor(), shop.visitor()
    form, cart, other = shop.draft(ann, "form"), shop.draft(ann, "cart-form"), shop.draft(ben)
    assert drafts_told(read_events(shop.deps, ann, ALL)) == {form, cart}
    assert drafts_told(read_events(shop.deps, ann, EventQuery(draft=form))) == {form}
    assert drafts_told(read_events(shop.deps, ben, ALL)) == {other}


def test_a_grant_reads_the_events_of_its_draft_only(shop: Business) -> None:
    """Whether it names the draft or not; another draft of the same customer is not there for it."""
    ann = shop.visitor()
    form, cart = shop.draft(ann, "form"), shop.draft(ann, "cart-form")
    grant, _ = granted(shop, ann, form)
    assert drafts_told(read_events(shop.deps, grant, ALL)) == {form}
    assert drafts_told(read_events(shop.deps, grant, EventQuery(draft=form))) == {form}
    with pytest.raises(NotFound):
        read_events(shop.deps, grant, EventQuery(draft=cart))


def test_staff_read_the_events_of_a_draft_that_they_assist_in(shop: Business) -> None:
    """They must name it, and without an assist it is not there."""
    ann = shop.visitor()
    form, cart = shop.draft(ann, "form"), shop.draft(ann, "cart-form")
    staff, _ = assisted(shop, ann, form)
    assert drafts_told(read_events(shop.deps, staff, EventQuery(draft=form))) == {form}
    for caller, draft in ((staff, cart), (shop.staff("Nuria"), form)):
        with pytest.raises(NotFound):
            read_events(shop.deps, caller, EventQuery(draft=draft))
    with pytest.raises(Invalid, match="validation-failed"):
        read_events(shop.deps, staff, ALL)


def test_the_service_reads_any_events_of_its_tenant(shop: Business) -> None:
    """By customer or by draft, one of which it must name; both must belong together."""
    ann, ben = shop.visitor(), shop.visitor()
    form, cart, other = shop.draft(ann, "form"), shop.draft(ann, "cart-form"), shop.draft(ben)
    service = shop.caller(shop.secret_key)
    assert drafts_told(read_events(shop.deps, service, EventQuery(customer=ann.customer))) == {form, cart}
    assert drafts_told(read_events(shop.deps, service, EventQuery(draft=cart))) == {cart}
    both = EventQuery(customer=ann.customer, draft=form)
    assert drafts_told(read_events(shop.deps, service, both)) == {form}
    with pytest.raises(Invalid, match="validation-failed"):
        read_events(shop.deps, service, ALL)
    with pytest.raises(NotFound):
        read_events(shop.deps, service, EventQuery(customer=ann.customer, draft=other))


def test_another_tenants_customers_do_not_exist(shop: Business, tmp_path: Path) -> None:
    """Neither their drafts nor themselves, for the service as for customers."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    competitor = open_business(tmp_path)
    service, visitor = competitor.caller(competitor.secret_key), competitor.visitor()
    for caller, query in (
        (service, EventQuery(draft=draft)),
        (service, EventQuery(customer=ann.customer)),
        (visitor, EventQuery(draft=draft)),
    ):
        with pytest.raises(NotFound):
            read_events(competitor.deps, caller, query)
    competitor.deps.store.close()


def test_who_may_not_read_events_is_told_so(shop: Business) -> None:
    """Nobody, and a publishable key; a customer who names one is not believed, were it themselves."""
    ann = shop.visitor()
    for caller, refusal in (
        (Caller(), Unauthenticated),
        (shop.caller(shop.publishable_key), Forbidden),
    ):
        with pytest.raises(refusal):
            read_events(shop.deps, caller, ALL)
    with pytest.raises(Invalid, match="unknown-field"):
        read_events(shop.deps, ann, EventQuery(customer=ann.customer))


# -- proved anew -------------------------------------------------------------------------------


def test_a_grant_that_was_taken_back_reads_nothing_more(shop: Business) -> None:
    """From the very next read on; one that was idle too long likewise."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    grant, handoff = granted(shop, ann, draft)
    read_events(shop.deps, grant, ALL)
    revoke_handoff(shop.deps, ann, handoff)
    with pytest.raises(Unauthenticated, match="token-revoked"):
        read_events(shop.deps, grant, ALL)
    idle, _ = granted(shop, ann, draft)
    shop.clock.now += IDLE_LIFE
    with pytest.raises(Unauthenticated, match="token-expired"):
        read_events(shop.deps, idle, ALL)


def test_following_keeps_no_passage_alive(shop: Business) -> None:
    """A page left open on a counter reads on and on, and its grant still ends when nobody uses it."""
    ann = shop.visitor()
    grant, _ = granted(shop, ann, shop.draft(ann))
    for _ in range(29):
        shop.clock.now += IDLE_LIFE // 30
        read_events(shop.deps, grant, ALL)
    shop.clock.now += IDLE_LIFE // 30
    with pytest.raises(Unauthenticated, match="token-expired"):
        read_events(shop.deps, grant, ALL)


def test_staff_read_nothing_more_when_the_assist_has_ended(shop: Business) -> None:
    """The customer ended it: the draft is not there any more."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    staff, handoff = assisted(shop, ann, draft)
    read_events(shop.deps, staff, EventQuery(draft=draft))
    revoke_handoff(shop.deps, ann, handoff)
    with pytest.raises(NotFound):
        read_events(shop.deps, staff, EventQuery(draft=draft))


def test_nobody_reads_the_events_of_an_erased_customer(shop: Business) -> None:
    """Neither they nor the service."""
    ann = shop.visitor()
    shop.draft(ann)
    erase_customer(shop.deps, shop.tenant, str(ann.customer), "service")
    for caller, query in (
        (ann, ALL),
        (shop.caller(shop.secret_key), EventQuery(customer=ann.customer)),
    ):
        with pytest.raises(Gone, match="customer-erased"):
            read_events(shop.deps, caller, query)


# -- from where on -----------------------------------------------------------------------------


def test_pages_go_on_where_the_last_one_ended(shop: Business) -> None:
    """From the oldest event to the newest, each once, in order; then empty pages that stay there."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    for seq in range(1, 8):
        write(shop, ann, draft, seq, name=f"Ann {seq}")
    revisions, query = [], EventQuery(limit=3)
    for _ in range(4):
        page = read_events(shop.deps, ann, query)
        revisions += [told.json["revision"] for told in page.items]
        query = replace(query, after=page.next)
    assert revisions == list(range(8))
    assert page.next == Cursor(shop.deps.store.epoch, 8)
    assert page.items == ()
    assert not page.more


def test_every_event_has_the_cursor_that_goes_on_after_it(shop: Business) -> None:
    """Whoever stops in the middle of a page goes on with the next event."""
    ann = shop.visitor()
    write(shop, ann, shop.draft(ann), 1, name="Ann")
    whole = read_events(shop.deps, ann, ALL).items
    rest = read_events(shop.deps, ann, EventQuery(after=whole[0].cursor)).items
    assert [told.cursor for told in rest] == [told.cursor for told in whole[1:]]


def test_a_page_may_be_narrowed_to_a_process_or_a_type(shop: Business) -> None:
    """Reading goes on past what was left out."""
    ann = shop.visitor()
    form, cart = shop.draft(ann, "form", name="Ann"), shop.draft(ann, "cart-form", name="Ann")
    assert drafts_told(read_events(shop.deps, ann, EventQuery(process="form"))) == {form}
    changes = read_events(shop.deps, ann, EventQuery(type=EventType.DRAFT_CHANGED))
    assert types(changes) == ["draft-changed"] * 2
    assert drafts_told(changes) == {form, cart}
    nothing = read_events(shop.deps, ann, EventQuery(type=EventType.DRAFT_EXPIRED, limit=3))
    assert (nothing.items, nothing.next.position, nothing.more) == ((), 3, True)


def test_a_cursor_of_another_epoch_is_reset(shop: Business) -> None:
    """After a restore nobody can say what is missing, so reading goes on at the newest event."""
    ann = shop.visitor()
    shop.draft(ann, name="Ann")
    after = read_events(shop.deps, ann, ALL).next
    epoch = shop.deps.store.new_epoch()
    page = read_events(shop.deps, ann, EventQuery(after=after))
    assert (page.reset, page.items, page.next) == (True, (), Cursor(epoch, 2))
    assert not read_events(shop.deps, ann, EventQuery(after=page.next)).reset


def test_a_cursor_before_the_oldest_kept_event_is_reset(shop: Business) -> None:
    """Only when an event after it is really gone; a cursor from beyond the newest is of another log."""
    ann = shop.visitor()
    draft = shop.draft(ann)
    log, place = records.events_log(shop.tenant.id, str(ann.customer)), partition_of(draft)
    event = Event(EventType.DRAFT_CHANGED, 0, str(ann.customer), draft, "mortgage", 0, 0, "visitor", "web")
    for _ in range(9):
        shop.deps.store.commit(place, Commit({}, appends=[Append(log, event_bytes(event), keep=4)]))
    kept = shop.deps.store.read_log(place, log)
    assert kept.first > 2
    epoch = shop.deps.store.epoch

    def is_reset(position: int) -> bool:
        return read_events(shop.deps, ann, EventQuery(after=Cursor(epoch, position))).reset

    assert [is_reset(at) for at in (0, kept.first - 2, kept.first - 1, kept.last, kept.last + 1)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert read_events(shop.deps, ann, ALL).items[0].cursor.position == kept.first


# -- deltas ------------------------------------------------------------------------------------


def test_the_newest_event_of_a_draft_brings_what_all_of_them_changed(shop: Business) -> None:
    """One delta for each draft in a page, from before its earliest event to the draft as it is now."""
    ann = shop.visitor()
    form, cart = shop.draft(ann, "form", name="Ann"), shop.draft(ann, "cart-form", name="Ann")
    start = read_events(shop.deps, ann, ALL).next
    write(shop, ann, form, 1, email="ann@example.com")
    write(shop, ann, cart, 1, color="red")
    write(shop, ann, form, 2, phone="600")
    page = read_events(shop.deps, ann, EventQuery(after=start))
    first, second, third = deltas(page)
    assert first is None
    assert second is not None
    assert third is not None
    assert (third["id"], third["from"], third["revision"]) == (form, 1, 3)
    assert third["cells"].keys() == {"/email", "/phone"}  # type: ignore[attr-defined]  # a JSON object
    assert (second["id"], second["cells"].keys()) == (cart, {"/color"})  # type: ignore[attr-defined]


def test_a_handoff_brings_no_delta(shop: Business) -> None:
    """It changes nothing in the draft, so the delta stays with the draft's own newest event."""
    ann = shop.visitor()
    draft = shop.draft(ann, name="Ann")
    create_handoff(shop.deps, ann, draft, Wish("device"))
    page = read_events(shop.deps, ann, ALL)
    assert types(page) == ["draft-opened", "draft-changed", "handoff-created"]
    assert [delta is not None for delta in deltas(page)] == [False, True, False]


def test_a_completed_draft_brings_its_delta(shop: Business) -> None:
    """Other devices learn the last values together with the end."""
    ann = shop.visitor()
    draft = shop.draft(ann, name="Ann")
    complete_draft(shop.deps, ann, draft, Completion(seen=1, writer="w_1", seq=2))
    page = read_events(shop.deps, ann, ALL)
    last = deltas(page)[-1]
    assert types(page)[-1] == "draft-completed"
    assert last is not None
    assert (last["status"], last["from"], last["revision"]) == ("completed", 0, 2)


def test_what_is_gone_brings_no_delta(shop: Business) -> None:
    """A discarded draft and an expired one are told of, also to whoever follows just them."""
    ann = shop.visitor()
    discarded, expired = shop.draft(ann, "form", name="Ann"), shop.draft(ann, "cart-form", name="Ann")
    shop.clock.now += 29 * DAY
    discard_draft(shop.deps, ann, discarded)
    shop.clock.now += DAY
    sweep(shop.deps)
    for draft, end in ((discarded, "draft-discarded"), (expired, "draft-expired")):
        page = read_events(shop.deps, ann, EventQuery(draft=draft))
        assert types(page)[-1] == end
        assert not any(deltas(page))


def test_staff_get_masked_deltas(shop: Business) -> None:
    """What the customer typed reaches them as a hint at most, and no event holds a value at all."""
    ann = shop.visitor()
    draft = shop.draft(ann, name="Ann", email="ann.moss@example.com")
    staff, _ = assisted(shop, ann, draft)
    write(shop, ann, draft, 1, email="ann.other@example.com")
    write(shop, ann, draft, 1, writer="w_3", email="ann.third@example.com")
    page = read_events(shop.deps, staff, EventQuery(draft=draft))
    assert "draft-conflicted" in types(page)
    text = json.dumps([told.json for told in page.items])
    assert "$masked" in text
    assert "moss" not in text
    assert "other" not in text
    assert "third" not in text
    owners = json.dumps([told.json for told in read_events(shop.deps, ann, ALL).items])
    assert "ann.third@example.com" in owners
