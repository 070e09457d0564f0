"""Promises of those who wait for one draft: everybody is served, and nobody who goes holds up the rest."""

import threading
from contextlib import suppress
from typing import Any

from retoma_server.actions.turns import Turn, Turns


class Ended(BaseException):
    """Ends a waiter as the end of a greenlet does."""


def test_a_waiter_that_is_ended_holds_up_nobody() -> None:
    """Its place in the line goes with it, and whoever comes later is served."""
    turns, served = Turns(), []
    entered, go_on = threading.Event(), threading.Event()

    def slowly(group: list[Turn[Any]]) -> None:
        entered.set()
        assert go_on.wait(10)
        served.extend(turn.job for turn in group)

    leader = threading.Thread(target=turns.take, args=("draft", "first", slowly))
    leader.start()
    assert entered.wait(10)
    waiting: Turn[str] = Turn("ended")
    waiting.woken = Ending()
    assert turns._joins("draft", waiting)
    with suppress(Ended):
        turns._wait("draft", waiting)
    go_on.set()
    leader.join(10)

    turns.take("draft", "later", lambda group: served.extend(turn.job for turn in group))

    assert served == ["first", "later"]


class Ending(threading.Event):
    """A wait that never returns: whoever waits is ended instead."""

    def wait(self, timeout: float | None = None) -> bool:
        """End the waiter."""
        raise Ended


def test_each_of_a_group_gets_an_error_of_its_own() -> None:
    """Raising an error alters it, so no two callers may raise the same one."""
    errors: list[BaseException] = []
    entered, go_on = threading.Event(), threading.Event()
    turns = Turns()

    def take(job: str) -> None:
        try:
            turns.take("draft", job, failing)
        except ValueError as error:
            errors.append(error)

    def failing(group: list[Turn[Any]]) -> None:
        entered.set()
        assert go_on.wait(10)
        raise ValueError("broken")

    threads = [threading.Thread(target=take, args=(str(number),)) for number in range(4)]
    threads[0].start()
    assert entered.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert len(errors) == len({id(error) for error in errors}) == 4
