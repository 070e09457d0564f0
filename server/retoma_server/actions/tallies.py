"""What the staff of each store did in a time, counted from the audit log."""

from dataclasses import dataclass
from itertools import islice

from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.tallies import Tally, tallied

from .audit_log import LOOKED_AT, AuditQuery, Chain, newest
from .audit_views import store_names
from .callers import Caller, principal_of
from .deps import Deps


@dataclass(frozen=True, slots=True)
class Tallies:
    """A tally for each store by its name, None for staff without one; `whole` unless there was too much."""

    by_store: list[tuple[str | None, Tally]]
    whole: bool


def read_tallies(deps: Deps, caller: Caller, since: int) -> Tallies:
    """What was done in each store since a moment; numbers alone, so to read them is no entry."""
    authorize(principal_of(deps, caller), Verb.READ_AUDIT)
    query = AuditQuery(since=since)
    chains = [Chain(place) for place in query.places]
    found = [entry for *_, entry in islice(newest(deps, caller.home, query, chains), LOOKED_AT + 1)]
    counted = tallied(found[:LOOKED_AT])
    names = store_names(deps, caller.home, counted)
    named = [(store and names.get(store), tally) for store, tally in counted.items()]
    return Tallies(sorted(named, key=lambda each: (each[0] is None, each[0] or "")), len(found) <= LOOKED_AT)
