"""Jobs on a draft: each caller's decision, taken in turn and committed with others' in one commit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Record, Stale, StoreBusy, StoreUnavailable
from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.errors import RetomaError

from . import records
from .callers import Caller, proofs
from .deps import Deps
from .desk import Desk
from .passages import passage_key, passage_write
from .retrying import TRIES, jitter
from .tenants import Tenant
from .turns import Turn

Decide = Callable[[Desk, Principal], Any]


@dataclass(slots=True)
class Job:
    """What one caller wants of a draft: `decide` runs once they are admitted, maybe more than once.

    It counts as a use of the passage by which they came, unless it says that it is none.
    """

    caller: Caller
    verb: Verb
    decide: Decide
    keys: tuple[str, ...] = ()
    is_use: bool = True
    result: Any = None


def work(deps: Deps, draft: str, job: Job) -> Any:
    """Do a job on a draft in one commit with others that wait for the same draft; returns its result.

    Raises what `decide` or the admission raised, and StoreBusy when others were faster too often.
    """
    tenant = job.caller.home

    def serve(turns: list[Turn[Job]]) -> None:
        serve_group(deps, tenant, draft, turns)

    deps.turns.take(records.draft(tenant.id, draft), job, serve)
    return job.result


def serve_group(deps: Deps, tenant: Tenant, draft: str, turns: list[Turn[Job]]) -> None:
    """Read once, let each caller decide in turn, commit once; again from the start when stale."""
    for attempt in range(TRIES):
        desk, proof = lay_out(deps, tenant, draft, [turn.job for turn in turns])
        for turn in turns:
            decide_turn(desk, proof, turn)
        try:
            desk.commit()
            return
        except Stale:
            deps.sleep(jitter(attempt))
    raise StoreBusy


def lay_out(deps: Deps, tenant: Tenant, draft: str, jobs: list[Job]) -> tuple[Desk, dict[str, Record]]:
    """The desk with all that these jobs need, and the proofs that lie in other partitions."""
    place = partition_of(draft)
    wanted = {proof for job in jobs for proof in proofs(job.caller, draft)}
    here = {key for partition, key in wanted if partition == place}
    desk = Desk(deps, tenant, draft, here.union(*(job.keys for job in jobs)))
    proof: dict[str, Record] = {}
    for partition, key in sorted(wanted):
        if partition != place:
            proof |= deps.store.read(partition, [key]).records
    return desk, proof


def decide_turn(desk: Desk, proof: Mapping[str, Record], turn: Turn[Job]) -> None:
    """Let one caller decide; a refusal is theirs alone and leaves nothing on the desk.

    Only what staff were shown with it stays on record: a refusal may carry what is newer.
    """
    job = turn.job
    turn.error = None
    before = desk.staged.copy()
    try:
        principal = desk.admit(job.caller, proof, job.verb)
        job.result = job.decide(desk, principal)
        if job.is_use:
            touch(desk, principal)
    except (Stale, StoreUnavailable, StoreBusy):
        raise  # nobody can be served now
    except Exception as error:
        if isinstance(error, RetomaError):
            before.audit = desk.staged.audit
        desk.staged = before
        turn.error = error


def look(deps: Deps, draft: str, caller: Caller, verb: Verb) -> tuple[Desk, Principal]:
    """Lay a draft on the desk to be read; nothing is written, except that staff looked."""
    desk, proof = lay_out(deps, caller.home, draft, [Job(caller, verb, lambda *_: None)])
    return desk, desk.admit(caller, proof, verb)


def touch(desk: Desk, principal: Principal) -> None:
    """Note that a passage was used, so that it does not end as idle."""
    passage = principal.passage
    if passage is None or passage_key(desk.tenant.id, passage) in desk.staged.writes:
        return
    if passage.wants_touch(desk.now):
        desk.write(passage_write(desk.tenant.id, passage, desk.now))
