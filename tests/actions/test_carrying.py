"""What a claim carries over, through crashes and erasures: told once, bounded, and gone with its customer."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from retoma_server.actions import carrying, records
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.erasure import destroy_key, erase_customer
from retoma_server.actions.history import read_history
from retoma_server.actions.own_data import read_journey
from retoma_server.actions.undoing import undo_claim
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Append, Commit, Entry, StoreUnavailable
from retoma_server.domain.claims import Strategy

from .business import DAY, Business, open_business
from .claiming import claimed, customer, filled, shown, swept
from .crashing import crashing, slow


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def only(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """What a receipt says of the one cart or form in it."""
    (found,) = [*receipt["carts"], *receipt["forms"]]
    return dict(found)


def past(shop: Business, who: Caller) -> list[tuple[str, str]]:
    """A customer's journey, oldest first: what happened, and who did it; the sweeper counts as anybody."""
    points = reversed(read_journey(shop.deps, who, None))
    return [(point["type"], point["actor"].replace("system", "customer")) for point in points]


def history(shop: Business, who: Caller, draft: str) -> list[tuple[str, str]]:
    """A draft's history, oldest first: what became of each change, and whose it was."""
    items = reversed(read_history(shop.deps, who, draft, limit=1_000).items)
    return [(item["status"], item["by"]["kind"]) for item in items]


def entries(shop: Business, log: str, place: int) -> tuple[Entry, ...]:
    """All that a log holds."""
    return shop.deps.store.read_log(place, log, limit=1_000).entries


BEGUN = [("opened", "visitor"), ("saved", "visitor")]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("commits", [1, 2, 3])
@pytest.mark.parametrize("strategy", [None, Strategy.SUM, Strategy.USE_SAVED, Strategy.USE_GUEST])
def test_an_interrupted_claim_tells_the_past_once(
    shop: Business, commits: int, lost: bool, strategy: Strategy | None
) -> None:
    """After whichever commit the crash came, made or not, as after a claim that nothing interrupted."""
    told, histories = [], []
    for name, deps in (("u-1", shop.deps), ("u-2", crashing(shop.deps, commits, lost))):
        guest, ann = shop.visitor(), customer(shop, name)
        filled(shop, guest, tee=2)
        if strategy is not None:
            shop.clock.now += 1_000
            filled(shop, ann, mug=1)
        if deps is shop.deps:
            claimed(deps, ann, guest, strategy or Strategy.SUM)
        else:
            with pytest.raises(StoreUnavailable):
                claimed(deps, ann, guest, strategy or Strategy.SUM)
        swept(shop)
        ann = customer(shop, name)
        cart = only(claimed(shop.deps, ann, guest, strategy or Strategy.SUM).json)
        told.append(past(shop, ann))
        histories += [[history(shop, ann, each) for each in (cart["cart"], cart["parked"]) if each]]
    assert told[0] == told[1]
    assert told[0][:2] == BEGUN
    assert [kind for kind, _ in told[0]].count("claimed") == 1
    assert histories[0] == histories[1]
    assert sum(each.count(("applied", "visitor")) for each in histories[0]) == (strategy is not Strategy.SUM)


@pytest.mark.parametrize("lost", [False, True])
def test_an_interrupted_undoing_is_told_once(shop: Business, lost: bool) -> None:
    """By whoever repeats it."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)
    receipt = claimed(shop.deps, ann, guest).json["id"]
    with pytest.raises(StoreUnavailable):
        undo_claim(crashing(shop.deps, 0, lost), ann, receipt)
    undo_claim(shop.deps, ann, receipt)
    assert [kind for kind, _ in past(shop, ann)].count("claim-undone") == 1
    assert history(shop, ann, saved)[-2:] == [("merged", "customer"), ("undone", "customer")]


def test_a_claim_that_was_given_up_has_told_nothing(shop: Business) -> None:
    """The customer is gone: the guest's form has its history, and nobody else has any of it."""
    guest, ann = shop.visitor(), customer(shop)
    draft = shop.draft(guest, name="Eva")
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, 1), ann, guest)
    destroy_key(shop.deps, shop.tenant, ann.customer or "", "service")
    swept(shop)
    assert history(shop, guest, draft) == [("applied", "visitor")]
    assert past(shop, guest) == [*BEGUN, ("saved", "customer")]  # the seal was broken


def test_a_guest_erased_in_the_middle_leaves_no_past(shop: Business) -> None:
    """What the customer has by then is theirs, but no word of who began it."""
    guest, ann = shop.visitor(), customer(shop)
    shop.draft(guest, name="Eva")

    def erased() -> None:
        erase_customer(shop.deps, shop.tenant, guest.customer or "", "service")
        shop.draft(ann, "visit")  # makes the claim's commit stale, so that it reads anew

    form = only(claimed(slow(shop.deps, applies, erased), ann, guest).json)
    assert history(shop, ann, form["form"]) == [("claimed", "customer")]
    points = read_journey(shop.deps, ann, None)
    assert [point["type"] for point in points] == ["claimed", "opened"]
    assert (points[0]["claim"]["channel"], points[1]["process"]) == (None, "visit")


def applies(commit: Commit) -> bool:
    """Whether a commit is the one that lets the customer have something, with the receipt."""
    return any(records.kind_of(write.key) == "claim" for write in commit.writes)


def test_a_long_past_is_bounded(shop: Business) -> None:
    """The newest hundred touchpoints, the newest of the history; and where it was begun in any case."""
    guest, ann = shop.visitor(), customer(shop)
    draft = shop.draft(guest)
    for number in range(1, 131):
        shop.clock.now += 31 * 60_000
        save(shop, guest, draft, number, f"{number}" + "x" * 9_000)
    ann = customer(shop)
    form = only(claimed(shop.deps, ann, guest).json)["form"]
    points = read_journey(shop.deps, ann, None)
    assert len(points) == carrying.PAST_KEPT + 1
    assert points[0]["claim"]["begun_at"] == shown(shop, ann, form)["created_at"]
    assert points[0]["claim"]["channel"] == "api"
    told = history(shop, ann, form)
    assert 100 < len(told) < 130
    place, log = partition_of(form), records.history_log(shop.tenant.id, form)
    carried = entries(shop, log, place)[:-1]
    assert sum(len(entry.body) for entry in carried) <= carrying.CARRIED_BYTES
    newest = read_history(shop.deps, ann, form, limit=2).items[1]
    assert newest["revision"] == 130


def save(shop: Business, who: Caller, draft: str, number: int, value: str) -> None:
    """Put a value into a draft, as change so and so."""
    seen = shown(shop, who, draft)["revision"]
    ops = [{"op": "set", "path": "/text", "value": value, "seen": seen}]
    change_draft(shop.deps, who, draft, Batch("w_1", [{"seq": number, "ops": ops}]))


def test_an_entry_that_cannot_be_read_is_left_out(shop: Business) -> None:
    """A claim does not fail for want of a past."""
    guest, ann = shop.visitor(), customer(shop)
    draft = shop.draft(guest, name="Eva")
    save(shop, guest, draft, 2, "more")
    place, log = partition_of(draft), records.history_log(shop.tenant.id, draft)
    broken, good = (entry.body for entry in entries(shop, log, place))
    again = [Append(log, body, 10) for body in (broken[:-1] + b"?", good)]
    shop.deps.store.commit(place, Commit({}, appends=again, drops=[log]))
    form = only(claimed(shop.deps, ann, guest).json)["form"]
    assert history(shop, ann, form) == [("applied", "visitor"), ("claimed", "customer")]


# -- where it ends -----------------------------------------------------------------------------


def test_nothing_that_was_carried_is_left_of_an_erased_customer(shop: Business, tmp_path: Path) -> None:
    """No entry of their journey and their histories is in any file (case 76); nor of the guest's history."""
    guest, ann = shop.visitor(), customer(shop)
    draft = shop.draft(guest, name="Eva")
    guests = entries(shop, records.history_log(shop.tenant.id, draft), partition_of(draft))
    form = only(claimed(shop.deps, ann, guest).json)["form"]
    logs = (records.history_log(shop.tenant.id, form), records.events_log(shop.tenant.id, ann.customer or ""))
    carried = [entry for log in logs for entry in entries(shop, log, partition_of(form))]
    assert len(guests) == 1
    assert len(carried) == 4  # the guest's change, the claim in both, the opening
    told = [entry.body for entry in (*guests, *carried) if b"draft-opened" not in entry.body]
    assert any(body in stored(tmp_path) for body in told)
    erase_customer(shop.deps, shop.tenant, ann.customer or "", "service")
    assert not any(entries(shop, log, partition_of(form)) for log in logs)
    shop.deps.store.close()
    assert [body for body in told if body in stored(tmp_path)] == []


def stored(folder: Path) -> bytes:
    """All that is in the files of a store."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_a_form_that_expires_takes_its_history_along(shop: Business) -> None:
    """What the guest had changed too; the journey stays, without values."""
    guest, ann = shop.visitor(), customer(shop)
    shop.draft(guest, name="Eva")
    form = only(claimed(shop.deps, ann, guest).json)["form"]
    shop.clock.now += 181 * DAY
    swept(shop)
    log = records.history_log(shop.tenant.id, form)
    assert entries(shop, log, partition_of(form)) == ()
    assert past(shop, customer(shop))[:2] == BEGUN
