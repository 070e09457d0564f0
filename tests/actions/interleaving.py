"""Several running instances at once, whose every step at the store comes in the order that a test says."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from retoma_server.actions.deps import Deps
from retoma_server.adapters.stores import Store

STEPS = ("read", "commit", "find")


@dataclass
class Instance:
    """One that takes a step at the store only when it is let."""

    work: Callable[[Deps], Any]
    result: Any = None
    error: Exception | None = None
    over: bool = False
    _let: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _done: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def begin(self, deps: Deps) -> None:
        """Begin, up to before the first step."""
        own = replace(deps, store=cast(Store, Stepping(deps.store, self)), sleep=lambda _: None)
        threading.Thread(target=self._run, args=(own,), daemon=True).start()
        self._done.acquire()

    def step(self) -> None:
        """Take one step, up to before the next."""
        self._let.release()
        self._done.acquire()

    def wait(self) -> None:
        """Wait to be let: what was done before is done."""
        self._done.release()
        self._let.acquire()

    def _run(self, deps: Deps) -> None:
        try:
            self.result = self.work(deps)
        except Exception as error:
            self.error = error
        self.over = True
        self._done.release()


class Stepping:
    """A store as one instance sees it: each call waits for its turn."""

    def __init__(self, store: Store, instance: Instance) -> None:
        self._store = store
        self._instance = instance

    def __getattr__(self, name: str) -> object:
        if name in STEPS:
            self._instance.wait()
        return getattr(self._store, name)


def interleave(deps: Deps, works: Iterable[Callable[[Deps], Any]], order: Iterable[int]) -> list[Instance]:
    """Let each work step as `order` says, by their numbers, and the others to their ends after it."""
    instances = [Instance(work) for work in works]
    for instance in instances:
        instance.begin(deps)
    for number in order:
        if not instances[number % len(instances)].over:
            instances[number % len(instances)].step()
    for instance in instances:
        while not instance.over:
            instance.step()
    return instances
