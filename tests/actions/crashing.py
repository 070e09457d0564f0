"""A running instance that dies in the middle of what it does, or is overtaken."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from retoma_server.actions.deps import Deps
from retoma_server.adapters.stores import Commit, Store, StoreUnavailable


class Crashing:
    """A store whose running instance dies after so many commits: the next one never reaches it.

    Where the answer is `lost`, it does reach the store, and nobody ever learns of it.
    """

    def __init__(self, store: Store, commits: int, lost: bool = False) -> None:
        self._store = store
        self._left = commits
        self._lost = lost

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, partition: int, commit: Commit) -> tuple[int, ...]:
        """Commit, as long as it lives."""
        if self._left == 0:
            if self._lost:
                self._store.commit(partition, commit)
            raise StoreUnavailable
        self._left -= 1
        return self._store.commit(partition, commit)


def crashing(deps: Deps, commits: int, lost: bool = False) -> Deps:
    """Collaborators that die after so many commits, before the next one or before its answer came."""
    return replace(deps, store=Crashing(deps.store, commits, lost))


class Meeting:
    """A store before whose first commit of a kind somebody else is faster."""

    def __init__(self, store: Store, kind: Callable[[Commit], bool], faster: Callable[[], object]) -> None:
        self._store = store
        self._kind = kind
        self._faster: Callable[[], object] | None = faster

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, partition: int, commit: Commit) -> tuple[int, ...]:
        """Commit, after the other has had their turn."""
        if self._faster is not None and self._kind(commit):
            faster, self._faster = self._faster, None
            faster()
        return self._store.commit(partition, commit)


def slow(deps: Deps, kind: Callable[[Commit], bool], faster: Callable[[], object]) -> Deps:
    """Collaborators of an instance that is overtaken before its first commit of a kind."""
    return replace(deps, store=cast(Store, Meeting(deps.store, kind, faster)))
