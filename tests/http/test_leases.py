"""Promises of the lease over HTTP: one member of staff at a time writes, and the owner always."""

from collections.abc import Iterator

import pytest

from retoma_server.adapters.stores import RedisStore
from retoma_server.domain.leases import IDLE_LIFE, LEASE_LIFE
from retoma_server.domain.staff import Role
from tests.actions.business import Clock
from tests.http.asserting import assert_problem
from tests.http.claiming import told
from tests.http.shop import MINUTE, Clerk, Person, Shop, new_key, open_shop, set_op, shop_in_memory
from tests.http.test_assist import audit


@pytest.fixture(scope="module", params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop, on SQLite in memory and on Redis."""
    if request.param == "memory":
        opened = shop_in_memory()
    else:
        opened = open_shop(RedisStore(request.getfixturevalue("redis_server").url(), relaxed=True), Clock())
    yield opened
    opened.deps.store.close()


def two_clerks(shop: Shop, *roles: Role) -> tuple[Person, str, Clerk, Clerk]:
    """A customer, their draft, Ana who has its lease, and Leo."""
    owner = shop.visitor()
    draft = owner.begin(name="Ann")
    ana, leo = shop.assist(owner, draft, "Ana"), shop.assist(owner, draft, "Leo", *roles)
    assert ana.take(draft)
    return owner, draft, ana, leo


def bare(clerk: Clerk) -> Person:
    """A member of staff whose program takes no lease by itself."""
    return Person(clerk.app, clerk.credential, headers=clerk.headers)


def lease_path(clerk: Clerk, draft: str) -> str:
    """Where the lease is that a member of staff may have."""
    return f"/v1/assist/{clerk.assists[draft]}/lease"


def test_a_lease_says_its_fence_its_end_and_its_holder(store: Shop) -> None:
    """And taking it again gives the same, for the answer may have been lost."""
    _, draft, ana, _ = two_clerks(store)
    first, again = (ana.post(lease_path(ana, draft)).get_json() for _ in range(2))
    assert first.keys() == {"fence", "expires_at", "holder"}
    assert first["holder"] == {"name": "Ana", "store": None}
    assert again["fence"] == first["fence"] == ana.fences[draft]


def test_no_write_of_staff_is_taken_without_the_fence(store: Shop) -> None:
    """Changes, plain ops, patch and complete alike, absent or wrong: nothing is written (form case 18)."""
    owner, draft, ana, _ = two_clerks(store)
    strict = {"Idempotency_Key": new_key()}
    before = owner.draft(draft)
    for fence in ({}, {"Retoma_Fence": str(ana.fences[draft] + 1)}):
        staff = bare(ana).sending(**fence)
        etag = {"If_Match": staff.get(f"/v1/drafts/{draft}").headers["ETag"]}
        for answer in (
            staff.save(draft, 1, writer="w_ana", seen=1, notes="new"),
            staff.plain(draft, 1, set_op("/notes", "new")),
            staff.ask("PATCH", f"/v1/drafts/{draft}", {"notes": "new"}, **strict, **etag),
            staff.post(f"/v1/drafts/{draft}/complete", {"seen": 1}, **strict),
        ):
            problem = assert_problem(answer, 423, "lease-lost")
            assert problem["name"] == "Ana"
    assert owner.draft(draft) == before


def test_a_fence_that_is_no_number_is_refused_by_its_place(store: Shop) -> None:
    """422, and it is not repeated."""
    _, draft, ana, _ = two_clerks(store)
    answer = bare(ana).save(draft, 1, writer="w_ana", notes="x")
    assert answer.status_code == 423
    for fence in ("0", "-1", "1.0", "canary", "9" * 40):
        answer = bare(ana).sending(Retoma_Fence=fence).save(draft, 1, writer="w_ana", notes="x")
        assert assert_problem(answer, 422, "validation-failed")["errors"][0]["pointer"] == "Retoma-Fence"


def test_a_lease_is_let_go_by_its_fence_alone(store: Shop) -> None:
    """Without one it is refused: whoever believes that they let go keeps colleagues out."""
    _, draft, ana, leo = two_clerks(store)
    problem = assert_problem(bare(ana).ask("DELETE", lease_path(ana, draft)), 422, "validation-failed")
    assert problem["errors"] == [{"pointer": "Retoma-Fence", "code": "required"}]
    assert_problem(leo.post(lease_path(leo, draft)), 423, "lease-held")


def test_a_colleague_waits_and_is_told_for_whom(store: Shop) -> None:
    """423 `lease-held`, until the lease is let go; the owner writes meanwhile (as cart case 25 is now)."""
    owner, draft, ana, leo = two_clerks(store)
    problem = assert_problem(leo.post(lease_path(leo, draft)), 423, "lease-held")
    assert (problem["name"], problem["store"]) == ("Ana", None)
    assert owner.save(draft, 2, seen=1, name="Anna").status_code == 200
    released = ana.ask("DELETE", lease_path(ana, draft), Retoma_Fence=str(ana.fences[draft]))
    assert released.status_code == 204
    assert leo.take(draft) == ana.fences[draft] + 2
    again = ana.ask("DELETE", lease_path(ana, draft), Retoma_Fence=str(ana.fences[draft]))
    assert again.status_code == 204
    assert leo.save(draft, 1, writer="w_leo", seen=1, notes="x").status_code == 200
    assert [each for each in told(owner, draft) if "lease" in each] == [
        "lease-taken",
        "lease-ended",
        "lease-taken",
    ]


def test_a_paused_client_writes_nothing_once_a_colleague_has_written(shop: Shop) -> None:
    """Past its minute its fence is old, however often it tries (cart case 26); it goes on by a new one."""
    owner, draft, ana, leo = two_clerks(shop)
    shop.clock.now += LEASE_LIFE
    assert leo.save(draft, 1, writer="w_leo", seen=1, notes="of Leo").status_code == 200
    paused = bare(ana).sending(Retoma_Fence=str(ana.fences[draft]))
    for _ in range(2):
        late = paused.save(draft, 1, writer="w_ana", seen=1, notes="of Ana")
        assert assert_problem(late, 423, "lease-lost")["name"] == "Leo"
    assert owner.data(draft)["notes"] == "of Leo"
    shop.clock.now += LEASE_LIFE
    assert ana.save(draft, 1, writer="w_ana", seen=1, income=1).status_code == 200


def test_where_the_customer_goes_on_says_who_writes(shop: Shop) -> None:
    """A step is a change: whoever hands back beside a colleague who writes names none, or waits."""
    owner, draft, ana, leo = two_clerks(shop)
    back = f"/v1/assist/{leo.assists[draft]}/handback"
    assert_problem(leo.post(back, {"step": "home"}), 423, "lease-held")
    assert owner.draft(draft)["position"] is None
    ana.ask("DELETE", lease_path(ana, draft), Retoma_Fence=str(ana.fences[draft]))
    assert leo.post(back, {"step": "home"}).status_code == 200
    assert owner.draft(draft)["position"]["step"] == "home"


def test_heartbeats_and_writes_keep_it(shop: Shop) -> None:
    """Exactly the lease that they name; five minutes without a write are the most."""
    _, draft, ana, leo = two_clerks(shop)
    for _ in range(IDLE_LIFE // 20_000 - 1):
        shop.clock.now += 20_000
        kept = ana.post(lease_path(ana, draft), {"fence": ana.fences[draft]})
        assert kept.get_json()["fence"] == ana.fences[draft]
    assert_problem(leo.post(lease_path(leo, draft)), 423, "lease-held")
    shop.clock.now += 20_000
    assert leo.take(draft)
    assert_problem(ana.post(lease_path(ana, draft), {"fence": ana.fences[draft]}), 423, "lease-lost")


def test_only_a_supervisor_takes_over_and_it_is_on_record(store: Shop) -> None:
    """From a colleague at work, who is refused from then on."""
    _, draft, ana, leo = two_clerks(store)
    assert_problem(leo.post(lease_path(leo, draft), {"take_over": True}), 403, "insufficient-scope")
    _, draft, ana, sue = two_clerks(store, Role.SUPERVISOR)
    assert sue.take(draft, take_over=True) == ana.fences[draft] + 1
    late = bare(ana).sending(Retoma_Fence=str(ana.fences[draft])).save(draft, 1, writer="w_ana", seen=1, x=1)
    assert_problem(late, 423, "lease-lost")
    assert ("Leo", "lease-taken-over") in audit(store, draft)


def test_the_lease_ends_with_the_assist(store: Shop) -> None:
    """When its holder leaves, and when the customer takes back the code (form case 19)."""
    owner, draft, ana, leo = two_clerks(store)
    assert ana.ask("DELETE", f"/v1/assist/{ana.assists[draft]}").status_code == 204
    assert told(owner, draft)[-2:] == ["lease-ended", "assist-ended"]
    assert leo.take(draft) == ana.fences[draft] + 2
    started = owner.get("/v1/events?type=assist-started", Accept="application/json").get_json()["items"]
    assert owner.ask("DELETE", f"/v1/handoffs/{started[-1]['handoff']}").status_code == 204
    assert_problem(leo.save(draft, 1, writer="w_leo", seen=1, x=1), 404, "not-found")
    assert told(owner, draft)[-2:] == ["lease-ended", "assist-ended"]


def test_heartbeats_do_not_keep_an_assist_from_ending_idle(shop: Shop) -> None:
    """A screen that is left alone is no use of it."""
    _, draft, ana, _ = two_clerks(shop)
    shown = ana.get(f"/v1/assist/{ana.assists[draft]}").get_json()["expires_at"]
    for _ in range(4):
        shop.clock.now += MINUTE // 2
        ana.post(lease_path(ana, draft), {"fence": ana.fences[draft]})
    assert ana.get(f"/v1/assist/{ana.assists[draft]}").get_json()["expires_at"] == shown


def test_a_clerk_who_comes_in_anew_does_not_wait_for_themselves(store: Shop) -> None:
    """The customer reads another code to the same clerk, whose earlier right to write ends with that."""
    owner, draft, ana, _ = two_clerks(store)
    before = ana.fences[draft]
    ana.post("/v1/assist/redeem", {"code": owner.hand_off(draft, "staff")["code"]})
    late = bare(ana).sending(Retoma_Fence=str(before)).save(draft, 1, writer="w_ana", seen=1, x=1)
    assert_problem(late, 423, "lease-lost")
    assert ana.take(draft) == before + 2
