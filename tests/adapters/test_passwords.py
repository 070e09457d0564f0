"""Promises of passwords as they are kept: argon2id, refused as slowly for nobody, renewed when outdated."""

import subprocess
import sys
import time
from statistics import median

from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from retoma_server.adapters.passwords import Passwords

QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


def test_a_password_is_kept_as_argon2id_with_the_librarys_own_parameters() -> None:
    """Never weaker than RFC 9106's second choice; the same password never twice the same."""
    kept = Passwords().hashed("correct horse battery")
    found = extract_parameters(kept)
    assert (found.type, found) == (Type.ID, extract_parameters(PasswordHasher().hash("x")))
    assert found.memory_cost >= 65_536
    assert Passwords().fits(kept, "correct horse battery")


def test_only_the_password_fits() -> None:
    """Not another one, not for nobody, and not for what is no hash."""
    passwords = Passwords(QUICK)
    kept = passwords.hashed("correct horse battery")
    assert passwords.fits(kept, "correct horse battery")
    assert not passwords.fits(kept, "correct horse batterx")
    assert not passwords.fits(None, "")
    assert not passwords.fits("no hash", "correct horse battery")


def test_nobodys_password_takes_as_long_to_refuse() -> None:
    """So that the time tells nobody who has an account (case 69)."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1))
    kept = passwords.hashed("correct horse battery")
    passwords.fits(None, "warm")
    taken: dict[str | None, list[float]] = {kept: [], None: []}
    for _ in range(30):
        for each, times in taken.items():
            began = time.perf_counter()
            passwords.fits(each, "wrong horse battery")
            times.append(time.perf_counter() - began)
    assert 0.5 < median(taken[None]) / median(taken[kept]) < 2


def test_a_hash_with_other_parameters_is_outdated() -> None:
    """Weaker or stronger: what is kept is what a new one would be."""
    kept = Passwords(QUICK).hashed("correct horse battery")
    assert not Passwords(QUICK).outdated(kept)
    assert Passwords().outdated(kept)
    assert Passwords().fits(kept, "correct horse battery")


BESIDE = """
from gevent import monkey
monkey.patch_all()
import gevent, time
from retoma_server.adapters.passwords import Passwords
passwords, ticks = Passwords(), []
def tick():
    while True:
        ticks.append(time.monotonic())
        gevent.sleep(0.005)
ticker = gevent.spawn(tick)
gevent.joinall([gevent.spawn(passwords.hashed, "correct horse battery") for _ in range(4)])
print(len(ticks))
"""


def test_hashing_holds_nobody_up_where_one_thread_serves_all() -> None:
    """Others go on meanwhile: under gevent it is done on threads of its own."""
    done = subprocess.run(
        [sys.executable, "-c", BESIDE], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) > 10
