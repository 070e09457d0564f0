"""A server that is killed at random moments while people shop, and what must be right afterwards."""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import requests

from tests.http.shoppers import Shopper, Tally, contents, opened, signed_in
from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer

SHOPPERS = 4
SWEPT_WITHIN = 60.0
"""A crashed claim is the sweeper's after half a minute."""


class Killer:
    """Kills what runs at random moments: the server always, on Redis now and then Redis or the sweeper."""

    def __init__(self, server: RetomaServer, redis: RedisServer | None, chance: Random) -> None:
        """Kill this server, and this Redis behind it where there is one."""
        self.server = server
        self.redis = redis
        self.chance = chance
        self.sweeper: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """Wait for a random moment, kill, and start again."""
        time.sleep(self.chance.uniform(0.05, 0.6))
        if self.redis and self.chance.random() < 0.25:
            self.redis.kill()
            self.redis.restart()
        self.server.kill()
        if self.chance.random() < 0.2:
            self.sweep_anew()
        self.server.start()

    def sweep_anew(self) -> None:
        """Kill the sweeper that runs beside a server on Redis, and start another."""
        self.stop()
        if self.redis:
            self.sweeper = self.server.popen("worker")

    def stop(self) -> None:
        """Kill the sweeper."""
        if self.sweeper:
            os.killpg(self.sweeper.pid, signal.SIGKILL)
            self.sweeper.wait(timeout=10)


@contextmanager
def killer_of(store: str, folder: Path) -> Iterator[Killer]:
    """A server that runs on a store, and whoever kills it; what is random is so by a seed that is told."""
    seed = int(os.environ.get("RETOMA_SEED", time.time_ns() % 1_000_000))
    print(f"RETOMA_SEED={seed}")
    redis = RedisServer().start() if store == "redis" else None
    try:
        with RetomaServer(folder, redis and redis.url()) as server:
            killer = Killer(server, redis, Random(seed))
            killer.sweep_anew()
            try:
                yield killer
            finally:
                killer.stop()
    finally:
        if redis:
            redis.stop()


def shop_through(killer: Killer, kills: int) -> Tally:
    """Let people shop through so many kills, and check what they have then; what they did."""
    late, enough = threading.Event(), threading.Event()
    seeds = [Random(killer.chance.random()) for _ in range(SHOPPERS)]
    shoppers = [
        Shopper(killer.server, f"ann-{number}", seed, late, enough) for number, seed in enumerate(seeds)
    ]
    with ThreadPoolExecutor(SHOPPERS) as street:
        visits = [street.submit(shopper.run) for shopper in shoppers]
        try:
            for number in range(kills):
                if number == max(kills // 2, kills - 15):
                    late.set()
                if any(visit.done() for visit in visits):
                    break  # somebody was answered wrongly, and says so below
                killer.kill()
        finally:
            enough.set()
        for visit in visits:
            visit.result(timeout=60)
    await_none_claiming(killer.server)
    for shopper in shoppers:
        check(shopper)
    return sum((shopper.tally for shopper in shoppers), Tally())


def check(shopper: Shopper) -> None:
    """Who stayed has all that was acknowledged, once; of a claim that was left, all or nothing happened."""
    assert saved_by(shopper, shopper.customer) == shopper.has
    for left in shopper.left:
        guest = shopper.ask("GET", f"/v1/drafts/{left.cart}", shopper.server.secret_key).json()
        saved = saved_by(shopper, left.name)
        if guest["status"] == "merged":
            assert saved == left.saved + left.pieces, (left, guest)
        else:
            assert (guest["status"], contents(guest), saved) == ("open", left.pieces, left.saved), (
                left,
                guest,
            )


def saved_by(shopper: Shopper, name: str) -> Counter[str]:
    """What is in the active cart of a customer."""
    token = signed_in(shopper, name)
    cart = opened(shopper, token)
    return contents(shopper.ask("GET", f"/v1/drafts/{cart}", token).json())


def await_none_claiming(server: RetomaServer) -> None:
    """Wait until the sweeper has brought every claim to its end."""
    deadline = time.monotonic() + SWEPT_WITHIN
    while claiming(server):
        assert time.monotonic() < deadline, "a claim does not end"
        time.sleep(0.5)


def claiming(server: RetomaServer) -> int:
    """How many carts are being taken over."""
    headers = {"Authorization": f"Bearer {server.secret_key}"}
    answer = requests.get(f"{server.url}/v1/carts/export?status=claiming", headers=headers, timeout=20)
    return sum(json.loads(line)["cart"] is not None for line in answer.iter_lines())


def killed(store: str, folder: Path, kills: int, say: Callable[[str], object] = print) -> Tally:
    """What was done through so many kills on a store; raises AssertionError where anything is amiss."""
    with killer_of(store, folder) as killer:
        tally = shop_through(killer, kills)
    say(f"{store}: {kills} kills, {tally}")
    assert tally.again >= kills
    assert tally.adds > kills
    return tally
