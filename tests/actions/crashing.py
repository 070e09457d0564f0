"""A running instance that dies in the middle of what it does."""

from dataclasses import replace

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
