"""One draft on the desk: everything read of it, what callers decide, and the one commit at the end."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from retoma_server.adapters.codec import (
    DraftHead,
    draft_bytes,
    event_bytes,
    json_bytes,
    read_draft,
    read_head,
)
from retoma_server.adapters.envelopes import owner_of
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Append, Commit, Record, Stale, StoreBusy, StoreUnavailable, Write
from retoma_server.adapters.vault import CustomerKeys
from retoma_server.domain.access import Kind, Principal, Target, Verb, authorize
from retoma_server.domain.drafts import TIMED, Draft, Status
from retoma_server.domain.errors import Gone, NotFound, RetomaError
from retoma_server.domain.events import Event, EventType
from retoma_server.domain.handoffs import Passage
from retoma_server.domain.masking import Sight
from retoma_server.domain.naming import Named, named_fields
from retoma_server.domain.processes import Process
from retoma_server.domain.touchpoints import ClaimedFrom, Touchpoint

from . import records
from .auditing import accessed, chained, staff_entry
from .callers import Caller, identify, proofs
from .customers import opened_keys, read_customer
from .deps import Deps
from .passages import passage_key, passage_write
from .retrying import TRIES, jitter
from .staging import Staged
from .tenants import Tenant
from .turns import Turn

EVENTS_KEPT = 1_000
HISTORY_KEPT = 500
OUTBOX_KEPT = 1_000


class Desk:
    """A draft and the records around it, read together, with what is to be committed together."""

    def __init__(self, deps: Deps, tenant: Tenant, draft: str, keys: Iterable[str]) -> None:
        """Read the draft, its customer and `keys` (all in its partition), in one round trip if it can."""
        self.deps = deps
        self.tenant = tenant
        self.draft_id = draft
        self.partition = partition_of(draft)
        self.read: dict[str, Record | None] = {}
        self.now = 0
        self.staged = Staged()
        self._draft: Draft | None = None
        self._keys: CustomerKeys | None = None
        self._plaintext: bytes | None = None
        self._head: DraftHead | None = None
        self._processes: dict[str, Process] = {}
        self._load({records.draft(tenant.id, draft), *keys})
        self.sealed = self.find(records.draft(tenant.id, draft))
        self.customer = owner_of(self.sealed.body).name if self.sealed else ""
        if self.sealed:
            self._load({records.customer(tenant.id, self.customer)} - self.read.keys())

    def _load(self, keys: set[str]) -> None:
        if keys:
            snapshot = self.deps.store.read(self.partition, keys)
            self.now = snapshot.now
            self.read |= {key: snapshot.get(key) for key in keys}

    def find(self, key: str) -> Record | None:
        """A record as it stands now: as read, or as this desk is about to write it."""
        staged = self.staged.writes.get(key)
        if staged is not None:
            return Record(key, self.revision(key) + 1, staged.body)
        return self.read.get(key)

    def fetch(self, key: str) -> Record | None:
        """A record that was not read with the others, now read and expected by the commit too."""
        self._load({key} - self.read.keys())
        return self.find(key)

    def other(self, name: str) -> Draft | None:
        """Another draft of the same customer, read like any record; None where it is gone."""
        key = records.draft(self.tenant.id, name)
        record = self.fetch(key)
        if record is None:
            return None
        return read_draft(self.key.open("draft", name, record.revision, record.body))

    def revision(self, key: str) -> int:
        """The revision that a record had when it was read, 0 for none."""
        record = self.read.get(key)
        return record.revision if record else 0

    @property
    def key(self) -> CustomerKeys:
        """The customer's keys, as read with the draft; raises Gone when they were destroyed."""
        if self._keys is None:
            fields = read_customer(self.find(records.customer(self.tenant.id, self.customer)))
            self._keys = opened_keys(self.deps, self.tenant, self.customer, fields)
        return self._keys

    @property
    def plaintext(self) -> bytes:
        """The draft's stored bytes, opened."""
        if self._plaintext is None:
            if self.sealed is None:
                raise NotFound
            self._plaintext = self.key.open("draft", self.draft_id, self.sealed.revision, self.sealed.body)
        return self._plaintext

    @property
    def head(self) -> DraftHead:
        """What can be told of the draft as it was read without parsing it."""
        if self._head is None:
            self._head = read_head(self.plaintext)
        return self._head

    @property
    def draft(self) -> Draft:
        """The draft as it stands now, decided changes included."""
        if self.staged.draft is not None:
            return self.staged.draft
        if self._draft is None:
            self._draft = read_draft(self.plaintext)
        return self._draft

    def beside(self, draft: str) -> Draft | None:
        """Another draft of the same customer as it now stands, or None; the commit expects it too."""
        staged = self.staged.beside.get(draft)
        if staged is not None:
            return staged
        record = self.fetch(records.draft(self.tenant.id, draft))
        return read_draft(self.key.open("draft", draft, record.revision, record.body)) if record else None

    @property
    def process(self) -> Process:
        """The draft's process, as registered."""
        return self.process_of(self.draft)

    def process_of(self, draft: Draft) -> Process:
        """The process of a draft, as registered when this desk first asked."""
        name = draft.process
        if name not in self._processes:
            self._processes[name] = self.deps.tenants.process(self.tenant.id, name)
        return self._processes[name]

    def sight(self, principal: Principal) -> Sight:
        """What a member of staff may see of the draft's values."""
        shows = principal.assist is not None and principal.assist.consent.shows_answers
        return Sight(self.process, shows)

    def admit(self, caller: Caller, proof: Mapping[str, Record], verb: Verb) -> Principal:
        """Identify and authorize a caller for this draft.

        `proof` holds records from other partitions. Raises NotFound for an absent draft as for
        somebody else's, and Gone `draft-expired` for one whose time is over.
        """

        def find(key: str) -> Record | None:
            return self.find(key) or proof.get(key)

        principal = identify(caller, find, self.now, self.draft_id)
        authorize(principal, verb, self.target(principal), now=self.now)
        if self.sealed is None:
            raise NotFound
        if self.over():
            raise Gone("draft-expired")
        return self._labelled(principal)

    @property
    def merged_into(self) -> str | None:
        """Whom the draft's customer was merged into, where they were: all that they have left is theirs."""
        return read_customer(self.find(records.customer(self.tenant.id, self.customer))).get("merged_into")

    def target(self, principal: Principal) -> Target:
        """The draft as somebody asks for it."""
        return Target(self.draft_id, self.customer, self._claimant(principal))

    def _claimant(self, principal: Principal) -> str | None:
        """Who else may have the draft: looked at only where the owner is not the one who asks."""
        if principal.kind not in (Kind.VISITOR, Kind.CUSTOMER) or self.sealed is None:
            return None
        if principal.customer == self.customer and principal.spent_by is None:
            return None
        if self.merged_into is not None:
            return self.merged_into
        with suppress(RetomaError):  # what cannot be read is nobody's
            takeover = self.draft.takeover
            return takeover.customer if takeover and self.draft.status is Status.MERGED else None
        return None

    def _labelled(self, principal: Principal) -> Principal:
        """The principal with the device that its link was redeemed on, unless the request names one."""
        passage = principal.passage
        if not isinstance(passage, Passage) or passage.device is None or principal.device is not None:
            return principal
        return replace(principal, device=self.opened_text("device", passage.id, passage.device))

    def sealed_text(self, kind: str, name: str, text: str | None) -> str | None:
        """A text of the customer's, for a record that holds only ids, times and hashes besides."""
        return None if text is None else self.key.seal(kind, name, 0, text.encode()).hex()

    def opened_text(self, kind: str, name: str, sealed: str | None) -> str | None:
        """The text that was sealed for this kind and name."""
        return None if sealed is None else self.key.open(kind, name, 0, bytes.fromhex(sealed)).decode()

    def over(self) -> bool:
        """Whether the draft's time is over, swept already or not."""
        head = self.head
        return head.status is Status.EXPIRED or (head.status in TIMED and self.now >= head.expires_at)

    # -- what is decided -----------------------------------------------------------------------

    def save(self, draft: Draft) -> None:
        """Let the draft be this from now on."""
        self.staged.draft = draft

    def save_beside(self, draft: Draft) -> None:
        """Let another draft of the same customer be this from now on, in the same commit."""
        self.read.setdefault(records.draft(self.tenant.id, draft.id), None)
        self.staged.beside[draft.id] = draft

    def write(self, write: Write) -> None:
        """Write a record of the draft's partition; one that was not read is expected to be new."""
        self.read.setdefault(write.key, None)
        self.staged.writes[write.key] = write

    def tell(
        self,
        kind: EventType,
        principal: Principal | None,
        since: int,
        fields: int = 0,
        handoff: str | None = None,
        to: str | None = None,
        about: Draft | None = None,
        claim: ClaimedFrom | None = None,
        past: tuple[Touchpoint, ...] = (),
    ) -> None:
        """Add an event about this draft as it now is, or another; without a principal the system did it."""
        draft = about or self.draft
        who = (str(principal.kind), principal.channel) if principal else ("system", "api")
        step = draft.position.step if draft.position else None
        what = (draft.customer, draft.id, draft.process, draft.revision, since, *who, step)
        self.staged.events.append(Event(kind, self.now, *what, fields, handoff, to, claim, past))

    def note(self, item: Mapping[str, Any], about: Draft | None = None) -> None:
        """Add an item to the history of the draft, or of another."""
        self.staged.history.setdefault((about or self.draft).id, []).append(item)

    def audit(
        self, principal: Principal, action: str, *, paths: Iterable[str] = (), reason: str | None = None
    ) -> None:
        """Add an entry to the audit chain, when it is staff who act.

        `paths` are the fields that were changed or shown whole, `reason` what staff gave as one.
        """
        if principal.masked:
            fields = named_fields(self.process, paths) if paths else Named()
            about = (self.now, self.draft_id, self.customer)
            sealed = self.sealed_text("reason", self.draft_id, reason)
            self.staged.audit.append(staff_entry(principal, action, about, fields, sealed))

    # -- the commit ----------------------------------------------------------------------------

    def commit(self) -> None:
        """Write all that was decided, or nothing; raises Stale."""
        staged = self.staged
        writes = list(staged.writes.values())
        appends = [*self._event_appends(), *staged.carried]
        writes += [self.sealed_draft(draft) for draft in staged.drafts]
        appends += [self._history_append(draft, items) for draft, items in staged.history.items()]
        if staged.audit:
            head, entries = chained(self.tenant, self.fetch(records.audit_head(self.tenant.id)), staged.audit)
            writes.append(head)
            appends += [*entries, *(accessed(self.tenant, self.customer, entry) for entry in staged.audit)]
        if writes or appends or staged.deletes or staged.drops:
            expects = {key: self.revision(key) for key in self.read}
            commit = Commit(expects, writes, staged.deletes, appends, staged.drops)
            self.deps.store.commit(self.partition, commit)

    def sealed_draft(self, draft: Draft) -> Write:
        """The record of a draft of the same customer, this one or another."""
        key = records.draft(self.tenant.id, draft.id)
        body = self.key.seal("draft", draft.id, self.revision(key) + 1, draft_bytes(draft))
        process = self.tenant.keys.keyed_hash("process", draft.process)
        terms = records.draft_terms(self.tenant.id, draft.customer, draft.status, process)
        return Write(key, body, terms, draft.updated_at, draft.due_at)

    def _event_appends(self) -> list[Append]:
        tenant = self.tenant.id
        appends = []
        for event in self.staged.events:
            body = event_bytes(event)
            told = event_bytes(replace(event, past=())) if event.past else body
            appends.append(Append(records.events_log(tenant, event.customer), body, EVENTS_KEPT, nudge=True))
            appends.append(Append(records.outbox_log(tenant), told, OUTBOX_KEPT))
        return appends

    def _history_append(self, draft: str, items: list[Mapping[str, Any]]) -> Append:
        revision = (self.staged.beside.get(draft) or self.draft).revision
        return self.history_append(draft, revision, json_bytes(items))

    def history_append(self, draft: str, revision: int, items: bytes) -> Append:
        """An entry for the history of a draft of the same customer: items of a revision."""
        sealed = self.key.seal("history", draft, revision, items)
        body = revision.to_bytes(8, "big") + sealed
        return Append(records.history_log(self.tenant.id, draft), body, HISTORY_KEPT)


def customers_own(deps: Deps, tenant: Tenant, customer: str, *keys: str) -> Desk:
    """A desk with records of a customer's own, and no draft."""
    nothing = deps.ids.new("dr", partition_of(customer))
    desk = Desk(deps, tenant, nothing, (records.customer(tenant.id, customer), *keys))
    desk.customer = customer
    return desk


Decide = Callable[[Desk, Principal], Any]


@dataclass(slots=True)
class Job:
    """What one caller wants of a draft: `decide` runs once they are admitted, maybe more than once."""

    caller: Caller
    verb: Verb
    decide: Decide
    keys: tuple[str, ...] = ()
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
