"""Promises of the lease to programs of staff: a save asks for it, and what must wait is kept."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest

import retoma
from retoma_server.domain.leases import LEASE_LIFE
from tests.servers.retoma_server import RetomaServer

from .people import somebody


def clerk(server: RetomaServer, name: str) -> retoma.Client:
    """A member of staff in a store."""
    return retoma.Client(server.url, server.staff(name), channel="store", retries=0)


def code_of(draft: retoma.Draft) -> str:
    """A code for staff."""
    return draft.handoff(to="staff").code or ""


def test_a_colleague_is_told_who_is_at_work_and_keeps_what_waits(server: RetomaServer) -> None:
    """LeaseLostError with the name; once it is free, the same `save()` goes through."""
    owner = somebody(server).draft("loan")
    owner.set("name", "Ann")
    owner.save()
    ana, leo = clerk(server, "Ana"), clerk(server, "Leo")
    first, second = ana.assist.redeem(code_of(owner)), leo.assist.redeem(code_of(owner))
    first.set("income", 1)
    first.save()
    second.set("notes", "kept")
    with pytest.raises(retoma.LeaseLostError) as refusal:
        second.save()
    assert (refusal.value.code, refusal.value.name, refusal.value.store) == ("lease-held", "Ana", None)
    assert refusal.value.since is not None
    assert second.unsaved
    ana.assist.hand_back(first)
    second.save()
    owner.refresh()
    assert (owner["income"], owner["notes"], second.unsaved) == (1, "kept", False)


def at_work(url: str, token: str, code: str, pipe: Connection) -> None:
    """A program of staff that saves when it is told to, and says what became of it."""
    draft = retoma.Client(url, token, channel="store", retries=0).assist.redeem(code)
    while True:
        pipe.send(os.getpid())
        value = pipe.recv()
        draft.set("notes", value)
        try:
            pipe.send(draft.save().results[0].status)
        except retoma.LeaseLostError as error:
            pipe.send(error.name)


def until(answers: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(LEASE_LIFE // 500 + 20):
        if answers():
            return
        time.sleep(0.5)
    raise AssertionError("it never came about")


def may_save(draft: retoma.Draft) -> bool:
    """Whether nobody else has the lease."""
    try:
        draft.save()
    except retoma.LeaseLostError:
        return False
    return True


@pytest.mark.soak
def test_a_program_that_was_stopped_past_its_minute_writes_nothing(server: RetomaServer) -> None:
    """SIGSTOP, a colleague takes the lease and saves, SIGCONT: the fence refuses it (cart case 26)."""
    owner = somebody(server).draft("loan")
    owner.set("name", "Ann")
    owner.save()
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    about = (server.url, server.staff("Ana"), code_of(owner), there)
    paused = context.Process(target=at_work, args=about, daemon=True)
    paused.start()
    try:
        pid = here.recv()
        os.kill(pid, signal.SIGSTOP)
        here.send("of Ana")
        other = clerk(server, "Leo").assist.redeem(code_of(owner))
        other.set("notes", "of Leo")
        until(lambda: may_save(other))
        os.kill(pid, signal.SIGCONT)
        assert here.recv() == "Leo"
        owner.refresh()
        assert owner["notes"] == "of Leo"
    finally:
        paused.kill()
