"""Processes: registering them and reading what was registered."""

from dataclasses import dataclass

from retoma_server.adapters.codec import process_bytes, read_process
from retoma_server.adapters.schemas import is_schema
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.processes import Process

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .tenants import Tenant
from .urls import check_url


@dataclass(frozen=True, slots=True)
class ProcessPage:
    """Some processes, newest first, and (time, key) below which the next ones are."""

    items: tuple[Process, ...]
    next: tuple[int, str] | None


def register_process(deps: Deps, caller: Caller, process: Process) -> bool:
    """Register a process, or replace what was registered; True when it is new.

    Raises Invalid `url-not-allowed` for a url elsewhere than the tenant's origins,
    `validation-failed` for a schema that is none.
    """
    authorize(principal_of(deps, caller), Verb.REGISTER_PROCESS)
    tenant = caller.home
    check_url(deps, tenant, process.url)
    if process.schema is not None and not is_schema(process.schema):
        raise Invalid(errors=[{"pointer": "/schema", "code": "invalid-schema"}])
    revision = _save(deps, tenant, process)
    deps.tenants.forget()
    return revision == 0


def _save(deps: Deps, tenant: Tenant, process: Process) -> int:
    """Write over whatever is there; two at once, and the later one raises Stale, to be tried again."""
    key = records.process(tenant.id, process.name)
    snapshot = deps.store.read(tenant.partition, [key])
    write = Write(key, process_bytes(process), (records.processes_term(tenant.id),), snapshot.now)
    deps.store.commit(tenant.partition, Commit({key: snapshot.revision(key)}, [write]))
    return snapshot.revision(key)


def get_process(deps: Deps, caller: Caller, name: str) -> Process:
    """A registered process; raises NotFound for one that works unregistered."""
    authorize(principal_of(deps, caller), Verb.READ_PROCESS)
    key = records.process(caller.home.id, name)
    record = deps.store.read(caller.home.partition, [key]).get(key)
    if record is None:
        raise NotFound
    return read_process(record.body)


def list_processes(
    deps: Deps, caller: Caller, before: tuple[int, str] | None = None, limit: int = 20
) -> ProcessPage:
    """Registered processes, the one registered last first, page by page."""
    authorize(principal_of(deps, caller), Verb.READ_PROCESS)
    tenant = caller.home
    term = records.processes_term(tenant.id)
    found = deps.store.find([tenant.partition], [term], before=before, limit=limit + 1)
    page = found[:limit]
    items = tuple(read_process(each.record.body) for each in page)
    return ProcessPage(items, (page[-1].rank, page[-1].record.key) if len(found) > limit else None)
