"""Promises of the limits, kept in memory, in an SQLite file and in a real Redis."""

import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from limits.storage import MemoryStorage
from structlog.testing import capture_logs
from tests.servers.redis_server import RedisServer

from retoma_server.adapters.limiting import RULES, Limits, Rule, open_limits, storage_beside
from retoma_server.adapters.stores import Commit, StoreUnavailable, Write, open_store
from retoma_server.domain.errors import TooMany

TENANT, OTHER_TENANT = "te_1", "te_2"
ANN, BEN = "st_ann", "st_ben"


@pytest.fixture(params=["memory", "sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of each kind of store, empty."""
    if request.param == "redis":
        return str(request.getfixturevalue("redis_url"))
    return f"sqlite:///{tmp_path}/retoma.db" if request.param == "sqlite" else "sqlite://"


@pytest.fixture
def limits(url: str) -> Limits:
    """The limits as they are shipped."""
    return open_limits(url, enabled=True)


@pytest.fixture(params=["sqlite", "redis"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of each kind of store that several running instances share, empty."""
    if request.param == "redis":
        return str(request.getfixturevalue("redis_url"))
    return f"sqlite:///{tmp_path}/retoma.db"


def with_rules(url: str, **changed: Rule) -> Limits:
    """Limits of which some are others than shipped; `_` in a name stands for `-`."""
    rules: Mapping[str, Rule] = {name.replace("_", "-"): rule for name, rule in changed.items()}
    return Limits(storage_beside(url), rules={**RULES, **rules})


def refusal(attempt: Callable[[], object]) -> TooMany:
    """The refusal that an attempt meets."""
    with pytest.raises(TooMany) as caught:
        attempt()
    return caught.value


def guess_wrong(limits: Limits, times: int, principal: str = ANN, tenant: str = TENANT) -> None:
    """Try wrong codes, as staff do who mishear."""
    for _ in range(times):
        limits.check_codes(tenant, principal)
        limits.count_wrong_code(tenant, principal)


def test_after_five_wrong_codes_the_sixth_is_refused_even_if_right(limits: Limits) -> None:
    """It is refused before anybody looks whether it is right, and is told when to come again."""
    guess_wrong(limits, 5)
    refused = refusal(lambda: limits.check_codes(TENANT, ANN))
    assert refused.code == "too-many-attempts"
    assert refused.facts["policy"] == "code-failures"
    assert 1 <= refused.facts["retry_after"] <= 300


def test_a_right_code_does_not_excuse_wrong_ones(limits: Limits) -> None:
    """Four wrong, one right, one wrong: the next is refused all the same."""
    guess_wrong(limits, 4)
    limits.check_codes(TENANT, ANN)
    guess_wrong(limits, 1)
    refusal(lambda: limits.check_codes(TENANT, ANN))


def test_one_who_guesses_does_not_stop_the_others(limits: Limits) -> None:
    """Other staff, and the same name at another tenant, go on."""
    guess_wrong(limits, 5)
    limits.check_codes(TENANT, BEN)
    limits.check_codes(OTHER_TENANT, ANN)


def test_guesses_that_are_under_way_together_are_few(limits: Limits) -> None:
    """Of fifty at once, checked before any has failed, ten are looked at."""

    def guess(_: int) -> bool:
        try:
            limits.check_codes(TENANT, ANN)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(guess, range(50))) == 10


def test_twenty_wrong_codes_an_hour_are_enough(url: str) -> None:
    """Whoever spreads the guesses over the hour is stopped too."""
    limits = with_rules(url, code_failures=Rule(1_000, 300), code_tries=Rule(1_000, 60))
    guess_wrong(limits, 20)
    assert refusal(lambda: limits.check_codes(TENANT, ANN)).facts["policy"] == "code-failures-hourly"


def test_a_hundred_wrong_codes_stop_all_codes_of_the_tenant_but_no_links(limits: Limits) -> None:
    """Many guessers with few guesses each trip the breaker, which is logged; links, other tenants go on
    (case 51).
    """
    with capture_logs() as logs:
        for number in range(25):
            guess_wrong(limits, 4, f"st_{number}")
    refused = refusal(lambda: limits.check_codes(TENANT, BEN))
    assert (refused.code, refused.facts["policy"]) == ("too-many-attempts", "code-failures-tenant")
    limits.check_codes(OTHER_TENANT, BEN)
    limits.hit("redemptions", "198.51.100.7")
    assert [(entry["event"], entry["tenant"]) for entry in logs] == [("codes-refused", TENANT)]


def test_whoever_waits_as_told_is_let_in_again(url: str) -> None:
    """A refused caller who comes back after `retry_after` seconds is counted anew."""
    limits = with_rules(url, visitors=Rule(1, 2))
    limits.hit("visitors", "198.51.100.7")
    refused = refusal(lambda: limits.hit("visitors", "198.51.100.7"))
    time.sleep(refused.facts["retry_after"])
    limits.hit("visitors", "198.51.100.7")


def test_the_state_tells_what_is_left_and_looking_costs_nothing(limits: Limits) -> None:
    """`check` and `state` count nothing, `hit` one."""
    for left in (60, 59, 58):
        limits.check("visitors", "198.51.100.7")
        state = limits.state("visitors", "198.51.100.7")
        assert state is not None
        assert state.remaining == left
        assert state.reset <= 60
        limits.hit("visitors", "198.51.100.7")


@pytest.mark.parametrize("rule", RULES)
def test_each_limit_lets_its_amount_through_and_no_more(rule: str) -> None:
    """`check` then refuses as `hit` does, with the error and the policy of the rule."""
    limits = Limits(MemoryStorage(), rules={rule: replace(RULES[rule], amount=3)})
    for _ in range(3):
        limits.hit(rule, "somebody")
    for attempt in (limits.hit, limits.check):
        refused = refusal(lambda attempt=attempt: attempt(rule, "somebody"))  # type: ignore[misc]
        assert (refused.code, refused.facts["policy"]) == (RULES[rule].code, rule)
    limits.hit(rule, "somebody else")


def test_nobody_is_limited_where_limits_are_off(url: str) -> None:
    """For load tests: nothing is refused, and nothing is told about limits."""
    limits = open_limits(url, enabled=False)
    guess_wrong(limits, 150)
    assert limits.state("visitors", "198.51.100.7") is None


def test_an_operator_sets_how_many_messages_are_sent(shared_url: str) -> None:
    """For all running instances together, each tenant by itself; the rest stays as it is shipped."""
    here, there = (open_limits(shared_url, True, {"texts": 2}) for _ in range(2))
    here.hit_sending("texts", TENANT)
    there.hit_sending("texts", TENANT)
    with capture_logs() as told:
        refused = refusal(lambda: here.hit_sending("texts", TENANT))
    assert (refused.code, refused.facts["policy"]) == ("rate-limited", "texts")
    assert 3_590 <= refused.facts["retry_after"] <= 3_600
    assert [(each["event"], each["tenant"]) for each in told] == [("messages-refused", TENANT)]
    there.hit_sending("texts", OTHER_TENANT)
    there.hit_sending("emails", TENANT)
    assert there.rules["emails"] == RULES["emails"]


def test_running_instances_count_together(shared_url: str) -> None:
    """Wrong codes tried here and there add up."""
    here, there = open_limits(shared_url, True), open_limits(shared_url, True)
    guess_wrong(here, 3)
    guess_wrong(there, 2)
    refusal(lambda: here.check_codes(TENANT, ANN))
    refusal(lambda: there.check_codes(TENANT, ANN))


def hit_often(url: str) -> int:
    """How many of a hundred visitors are let in; run in a process of its own."""
    limits = open_limits(url, enabled=True)
    let_in = 0
    for _ in range(100):
        try:
            limits.hit("visitors", "198.51.100.7")
        except TooMany:
            continue
        let_in += 1
    return let_in


def test_processes_that_count_at_once_let_through_no_more_than_one(shared_url: str) -> None:
    """Two hundred come to two processes at the same time, and sixty are let in."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        assert sum(processes.map(hit_often, [shared_url] * 2)) == 60


def test_limits_and_records_live_in_one_sqlite_file(tmp_path: Path) -> None:
    """Neither hinders the other, whichever comes first."""
    url = f"sqlite:///{tmp_path}/retoma.db"
    limits, store = open_limits(url, enabled=True), open_store(url)
    limits.hit("visitors", "198.51.100.7")
    store.commit(0, Commit({"key": 0}, [Write("key", b"body")]))
    limits.hit("visitors", "198.51.100.7")
    assert store.read(0, ["key"]).revision("key") == 1
    store.close()


def test_addresses_do_not_stay_in_the_sqlite_file(tmp_path: Path) -> None:
    """A hit that has expired is gone with the next one, whosever it is."""
    limits = with_rules(f"sqlite:///{tmp_path}/retoma.db", visitors=Rule(1, 1), previews=Rule(9, 60))
    limits.hit("visitors", "198.51.100.7")
    time.sleep(1)
    limits.hit("previews", "203.0.113.9")
    with sqlite3.connect(tmp_path / "retoma.db") as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM limit_hits")]
    connection.close()
    assert keys == ["previews/203.0.113.9/9/60/second"]


def test_keys_in_redis_are_ours_and_expire(redis_server: RedisServer, redis_url: str) -> None:
    """Each begins with `retoma:limits:` and goes when its window has passed."""
    guess_wrong(open_limits(redis_url, enabled=True), 1)
    keys = redis_server.command("KEYS", "*")
    assert len(keys) == 4
    for key in keys:
        assert key.startswith(b"retoma:limits:code-")
        assert 0 < redis_server.command("TTL", key) <= 3_600


@pytest.fixture(params=["sqlite", "redis"])
def away(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """The address of a store that is away, and what brings it back."""
    if request.param == "sqlite":
        folder = tmp_path / "later"
        yield f"sqlite:///{folder}/retoma.db", folder.mkdir
        return
    with RedisServer() as server:
        server.kill()
        yield server.url(), server.restart


CLOSED = [name for name, rule in RULES.items() if rule.shared]
OPEN = [name for name, rule in RULES.items() if not rule.shared]


def test_while_the_store_is_away_nobody_guesses_and_everybody_works(
    away: tuple[str, Callable[[], object]],
) -> None:
    """What guards secrets is refused until the store is back; the rest is let through."""
    url, bring_back = away
    limits = open_limits(url, enabled=True)
    for rule in CLOSED:
        with pytest.raises(StoreUnavailable):
            limits.hit(rule, "somebody")
    with pytest.raises(StoreUnavailable):
        limits.check_codes(TENANT, ANN)
    for rule in OPEN:
        limits.hit(rule, "somebody")
        limits.check(rule, "somebody")
    bring_back()
    for rule in CLOSED:
        limits.hit(rule, "somebody")


def test_visitors_and_codes_and_tokens_are_among_what_is_refused() -> None:
    """The list of limits that hold without a store is not emptied by an oversight."""
    assert {"visitors", "redemptions", "tokens", "code-tries", "code-failures-tenant"} <= set(CLOSED)
    assert {"reads", "writes"} <= set(OPEN)


def test_a_silent_redis_is_given_up_on() -> None:
    """A frozen server is unavailable, not waited for without end; once it goes on, so do the limits."""
    with RedisServer() as server:
        limits = open_limits(server.url(), enabled=True)
        limits.hit("visitors", "198.51.100.7")
        server.pause()
        with pytest.raises(StoreUnavailable):
            limits.hit("visitors", "198.51.100.7")
        server.resume()
        limits.hit("visitors", "198.51.100.7")


def test_a_redis_that_was_restarted_is_found_again() -> None:
    """A connection that died meanwhile costs nobody a refusal."""
    with RedisServer() as server:
        limits = open_limits(server.url(), enabled=True)
        limits.hit("visitors", "198.51.100.7")
        server.kill()
        server.restart()
        limits.hit("visitors", "198.51.100.7")


def test_limits_are_named_by_the_address_of_a_store() -> None:
    """Any other address is refused with a sentence."""
    with pytest.raises(ValueError, match="Limits are kept beside a store"):
        open_limits("postgres://somewhere", enabled=True)
