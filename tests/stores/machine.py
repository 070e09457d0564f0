"""A model of the contract in plain dictionaries, and the machine that holds a store against it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from retoma_server.adapters.stores import Append, Commit, Stale, Store, Write

PLACES = (0, 255)
KEYS = ("k", "kk", "ключ", "")
TERMS = ("t", "tt", "")
LOGS = ("log", "другой")

places = st.sampled_from(PLACES)
logs = st.sampled_from(LOGS)
ranks = st.integers(0, 3)
appends = st.builds(Append, log=logs, body=st.binary(max_size=3), keep=st.integers(1, 4), nudge=st.booleans())


@dataclass
class ModelLog:
    """All bodies ever appended, and how many of the oldest may be gone."""

    bodies: list[bytes] = field(default_factory=list)
    expendable: int = 0


class Model:
    """What a store must hold, in dictionaries."""

    def __init__(self) -> None:
        self.records: dict[tuple[int, str], tuple[int, Write]] = {}
        self.logs: dict[tuple[int, str], ModelLog] = {}

    def revision(self, partition: int, key: str) -> int:
        return self.records[partition, key][0] if (partition, key) in self.records else 0

    def commit(self, partition: int, commit: Commit) -> tuple[int, ...]:
        if any(self.revision(partition, key) != revision for key, revision in commit.expects.items()):
            raise Stale
        for key in commit.deletes:
            self.records.pop((partition, key), None)
        for log in commit.drops:
            self.logs.pop((partition, log), None)
        for write in commit.writes:
            self.records[partition, write.key] = (commit.expects[write.key] + 1, write)
        return tuple(self._append(partition, append) for append in commit.appends)

    def find(self, terms: set[str], before: tuple[int, str] | None, since: int) -> list[tuple[int, str]]:
        under = [
            (write.rank, write.key)
            for _, write in self.records.values()
            if terms & set(write.terms) and write.rank >= since
        ]
        return sorted((found for found in under if before is None or found < before), reverse=True)

    def _append(self, partition: int, append: Append) -> int:
        log = self.logs.setdefault((partition, append.log), ModelLog())
        log.bodies.append(append.body)
        log.expendable = max(log.expendable, len(log.bodies) - append.keep)
        return len(log.bodies)


class StoreMachine(RuleBasedStateMachine):
    """Two instances on one store do what the model does, in any order; `open_pair` gives a fresh two."""

    open_pair: Callable[[], tuple[Store, Store]]

    @initialize()
    def begin(self) -> None:
        self.stores = self.open_pair()
        self.model = Model()

    def teardown(self) -> None:
        for store in getattr(self, "stores", ()):
            store.close()

    @rule(data=st.data(), who=st.integers(0, 1), place=places, wrong=st.sampled_from([0, 0, 0, 1]))
    def commit(self, data: st.DataObject, who: int, place: int, wrong: int) -> None:
        """Any commit, one in four with an expectation that does not hold."""
        chosen = [
            f"{place}{key}" for key in data.draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3))
        ]
        expects = {key: self.model.revision(place, key) for key in chosen}
        fate = {key: data.draw(st.sampled_from(["write", "write", "delete", "check"])) for key in chosen}
        if chosen:
            expects[chosen[0]] += wrong
        commit = Commit(
            expects,
            [self._write(data, key) for key in chosen if fate[key] == "write"],
            [key for key in chosen if fate[key] == "delete"],
            data.draw(st.lists(appends, max_size=3)),
            data.draw(st.lists(logs, max_size=1)),
        )
        self._same_commit(self.stores[who], place, commit)

    @rule(
        who=st.integers(0, 1),
        terms=st.sets(st.sampled_from(TERMS)),
        before=st.none() | st.tuples(ranks, st.sampled_from([f"{p}{k}" for p in PLACES for k in KEYS])),
        since=ranks,
        limit=st.integers(1, 4),
    )
    def find(self, who: int, terms: set[str], before: tuple[int, str] | None, since: int, limit: int) -> None:
        """Any search gives what the model gives."""
        found = self.stores[who].find(PLACES, list(terms), before=before, since=since, limit=limit)
        assert [(hit.rank, hit.record.key) for hit in found] == self.model.find(terms, before, since)[:limit]

    @rule(who=st.integers(0, 1), place=places, log=logs, edge=st.integers(0, 9), limit=st.integers(1, 5))
    def page(self, who: int, place: int, log: str, edge: int, limit: int) -> None:
        """A page in either direction is a cut of the whole log."""
        store = self.stores[who]
        whole = store.read_log(place, log, limit=1000).entries
        later = tuple(entry for entry in whole if entry.position > edge)[:limit]
        earlier = tuple(entry for entry in whole[::-1] if entry.position < edge)[:limit]
        assert store.read_log(place, log, after=edge, limit=limit).entries == later
        assert store.read_log_back(place, log, before=edge, limit=limit).entries == earlier

    @invariant()
    def same_records(self) -> None:
        for place in PLACES:
            names = [f"{place}{key}" for key in KEYS]
            read = self.stores[place % 2].read(place, names)
            expected = {
                key: (revision, write.body)
                for (where, key), (revision, write) in self.model.records.items()
                if where == place
            }
            assert {key: (r.revision, r.body) for key, r in read.records.items()} == expected

    @invariant()
    def same_due(self) -> None:
        due = {place for place, (_, write) in self.model.records.items() if write.due == 1}
        assert set(self.stores[0].due()) == due

    @invariant()
    def same_logs(self) -> None:
        for place in PLACES:
            for name in LOGS:
                log = self.model.logs.get((place, name), ModelLog())
                page = self.stores[1].read_log(place, name, limit=1000)
                assert page.last == len(log.bodies)
                assert page.first <= log.expendable + 1
                kept = list(enumerate(log.bodies, 1))[max(page.first - 1, 0) :]
                assert [(entry.position, entry.body) for entry in page.entries] == kept

    def _write(self, data: st.DataObject, key: str) -> Write:
        terms = tuple(data.draw(st.lists(st.sampled_from(TERMS), max_size=3)))
        due = data.draw(st.sampled_from([None, 1, 2**45]))
        return Write(key, data.draw(st.binary(max_size=3)), terms, data.draw(ranks), due)

    def _same_commit(self, store: Store, place: int, commit: Commit) -> None:
        """Both do it and give the same positions, or both say Stale."""
        try:
            positions = self.model.commit(place, commit)
        except Stale:
            with pytest.raises(Stale):
                store.commit(place, commit)
        else:
            assert store.commit(place, commit) == positions


def hold_against_model(open_pair: Callable[[], tuple[Store, Store]], *, examples: int) -> None:
    """Run the machine on stores from `open_pair`, each time an empty one seen by two instances."""
    machine = type("Machine", (StoreMachine,), {"open_pair": staticmethod(open_pair)})
    few = settings(
        max_examples=examples,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=few)
