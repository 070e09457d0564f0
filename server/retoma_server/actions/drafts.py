"""Drafts: open, read, complete, discard."""

from dataclasses import dataclass, replace
from typing import Any

from retoma_server.adapters.codec import (
    json_bytes,
    read_writer,
    with_unstored,
    writer_bytes,
)
from retoma_server.adapters.schemas import violations
from retoma_server.adapters.stores import Stale, Write
from retoma_server.domain.access import Kind, Principal, Verb, authorize
from retoma_server.domain.confirming import unconfirmed
from retoma_server.domain.drafts import ConflictStatus, Draft, Status, check_open, closed
from retoma_server.domain.errors import Conflicting, Invalid, NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.masking import shows_conflict_values
from retoma_server.domain.processes import Process
from retoma_server.domain.rendering import draft_json, masked_draft_json
from retoma_server.domain.writers import Result, Writer, check_owner, check_sequence, noted

from . import records
from .callers import Caller, named_customer, principal_of
from .changing import Changing, shown_delta, stale_problem
from .completions import Wish as CartWish
from .completions import begin_completion
from .current import current_desk, current_key, point
from .customers import living
from .deps import Deps
from .desk import Desk, Job, work
from .lifetimes import used
from .once import Once, answered, fingerprint, remember, required
from .resuming import resumed
from .retrying import retried
from .tenants import Tenant
from .validating import UNASKED, Word, validate_order


@dataclass(frozen=True, slots=True)
class Shown:
    """A draft as one principal may see it: finished JSON, with what its ETag is made of."""

    json: bytes
    epoch: str
    revision: int
    created: bool = False


def open_draft(
    deps: Deps,
    caller: Caller,
    process: str,
    key: str = "default",
    kind: str | None = None,
    customer: str | None = None,
) -> Shown:
    """The customer's open draft of a process and key; a new one where there is none.

    Two devices that open it at once get the same one. `kind` need not be said of a registered
    process; elsewhere it is `form` unless said. Raises Invalid `kind-mismatch` where the process
    or the open draft is of the other kind, and NotFound for a customer that the service names but
    that is not there.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.OPEN_DRAFT)
    owner = named_customer(principal, customer)
    wish = Wish(process, key, kind_of_draft(deps, caller.home, process, kind))
    if principal.kind is Kind.SERVICE:
        owner = living(deps, caller.home, owner)
    shown = retried(deps, lambda: _open(deps, caller.home, principal, owner, wish))
    return for_device(shown, deps.tenants.process(caller.home.id, process))


@dataclass(frozen=True, slots=True)
class Wish:
    """Which draft of a customer somebody would like to open."""

    process: str
    key: str
    kind: str


def kind_of_draft(deps: Deps, tenant: Tenant, process: str, asked: str | None) -> str:
    """The kind of a process's drafts; raises Invalid `kind-mismatch` when another one is asked for."""
    registered = deps.tenants.registered(tenant.id, process)
    if registered is None:
        return asked or "form"
    if asked not in (None, registered.kind):
        raise Invalid("kind-mismatch")
    return registered.kind


def _open(deps: Deps, tenant: Tenant, principal: Principal, owner: str, wish: Wish) -> Shown:
    pointer = current_key(tenant, owner, wish.process, wish.key)
    desk = current_desk(deps, tenant, owner, pointer)
    if desk.sealed:
        if desk.draft.kind != wish.kind:
            raise Invalid("kind-mismatch")
        return Shown(desk.head.json, deps.store.epoch, desk.head.revision)
    draft = begin(desk, principal, pointer, new_draft(desk, wish))
    desk.commit()
    return Shown(json_bytes(draft_json(draft)), deps.store.epoch, draft.revision, created=True)


def begin(desk: Desk, principal: Principal, pointer: str, draft: Draft) -> Draft:
    """Let a new draft be its customer's current one.

    Raises NotFound where there is no such customer, Stale for one who was merged into another meanwhile.
    """
    record = desk.find(records.customer(desk.tenant.id, desk.customer))
    if record is None:
        raise NotFound
    if desk.merged_into is not None:
        raise Stale(record.key)
    desk.save(draft)
    point(desk, pointer, draft.id)
    desk.tell(EventType.DRAFT_OPENED, principal, 0)
    return draft


def new_draft(desk: Desk, wish: Wish) -> Draft:
    """An empty draft of the desk's customer."""
    about = (desk.draft_id, wish.process, wish.kind, wish.key, desk.customer)
    return used(desk, Draft(*about, desk.now, desk.now, desk.now))


def get_draft(deps: Deps, caller: Caller, draft: str) -> Shown:
    """A draft as its caller may see it; a look by staff is audited before it is shown."""
    shown: Shown = resumed(deps, caller, draft, show_audited)
    return shown


def for_device(shown: Shown, process: Process) -> Shown:
    """A draft or what changed in it, with what a device must not keep of it, where there is any."""
    return replace(shown, json=with_unstored(shown.json, process.unstored))


def show_audited(desk: Desk, principal: Principal) -> Shown:
    """A draft as a principal may see it, with the look in the audit log when it is staff's."""
    desk.audit(principal, "draft-viewed")
    return show(desk, principal)


def show(desk: Desk, principal: Principal) -> Shown:
    """The draft on a desk as a principal may see it; the owner's view is stored finished."""
    epoch = desk.deps.store.epoch
    if principal.masked:
        view = masked_draft_json(desk.draft, desk.process)
        return Shown(json_bytes(view), epoch, desk.draft.revision)
    if desk.staged.draft is not None:
        return Shown(json_bytes(draft_json(desk.draft)), epoch, desk.draft.revision)
    return Shown(desk.head.json, epoch, desk.head.revision)


def get_delta(deps: Deps, caller: Caller, draft: str, since: int, epoch: str | None) -> Shown:
    """What changed in a draft since a revision; raises Conflicting `resync` for another history."""

    def decide(desk: Desk, principal: Principal) -> Shown:
        revision = desk.draft.revision
        if (epoch is not None and epoch != deps.store.epoch) or since > revision:
            raise Conflicting("resync", epoch=deps.store.epoch, revision=revision)
        desk.audit(principal, "draft-viewed")
        delta = Shown(json_bytes(shown_delta(desk, principal, since)), deps.store.epoch, revision)
        return for_device(delta, desk.process)

    shown: Shown = resumed(deps, caller, draft, decide)
    return shown


# -- ending ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Completion:
    """A wish to complete: what was seen, and the number or key that makes it happen once."""

    seen: int
    keep_stored: bool = False
    writer: str | None = None
    seq: int | None = None
    once: Once | None = None
    price_hash: str | None = None
    word: Word = UNASKED

    @property
    def of_cart(self) -> CartWish:
        """The same wish about a cart, under a name that only its repetitions have."""
        by = self.once.key if self.once else f"{self.writer}:{self.seq}"
        return CartWish(self.seen, by, self.price_hash, self.word)


def complete_draft(deps: Deps, caller: Caller, draft: str, completion: Completion) -> dict[str, Any]:
    """Complete a draft, once; returns it. Of a cart this begins the completion that the shop settles.

    Raises Outdated when it was changed since `seen`, Conflicting `conflicts-open` or
    `draft-closed`, Invalid `validation-failed` with pointers when its process has a schema.
    """
    completion = replace(completion, word=validate_order(deps, caller, draft, completion.seen))
    if completion.writer is not None:
        return _complete_as_writer(deps, caller, draft, completion, completion.writer)
    once = required(completion.once)
    key = once.record(caller, draft, "complete")

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        if answered(desk, once, key) is not None:
            return shown_again(desk, principal)
        shown = complete(desk, principal, completion)
        remember(desk, once, key, {})  # the draft itself is the answer, masked as on the day of asking
        return shown

    reply: dict[str, Any] = work(deps, draft, Job(caller, Verb.COMPLETE_DRAFT, decide, (key,)))
    return reply


def _complete_as_writer(
    deps: Deps, caller: Caller, draft: str, completion: Completion, name: str
) -> dict[str, Any]:
    key = records.writer(caller.home.id, draft, name)
    seq = completion.seq or 0
    mark = fingerprint(caller.home, [], "complete")

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        record = desk.find(key)
        writer = read_writer(record.body) if record else Writer(name, principal.label)
        check_owner(writer, principal.label)
        check_sequence(writer, [seq])
        if seq <= writer.last:
            return replayed_completion(desk, principal, writer.answered(seq), mark)
        shown = complete(desk, principal, completion)
        done = noted(writer, seq, Result("applied", desk.draft.revision, mark))
        desk.write(Write(key, writer_bytes(done), due=desk.draft.expires_at))
        return shown

    reply: dict[str, Any] = work(deps, draft, Job(caller, Verb.COMPLETE_DRAFT, decide, (key,)))
    return reply


def replayed_completion(desk: Desk, principal: Principal, result: Result | None, mark: str) -> dict[str, Any]:
    """The answer to a completion sent again: the completed draft."""
    if result is None or result.fingerprint != mark:
        raise Conflicting("draft-closed" if not desk.draft.open else "sequence-reused")
    return shown_again(desk, principal)


def shown_again(desk: Desk, principal: Principal) -> dict[str, Any]:
    """The completed draft, to whoever asks for its completion again."""
    desk.audit(principal, "draft-viewed")
    return {**shown_json(desk, principal), "replayed": True}


def complete(desk: Desk, principal: Principal, completion: Completion) -> dict[str, Any]:
    """Complete the draft on a desk."""
    draft = desk.draft
    if draft.kind == "cart":
        begin_completion(desk, principal, completion.of_cart)
        return shown_json(desk, principal)
    if not draft.open:
        raise Conflicting("draft-closed")
    if completion.seen != draft.revision:
        raise stale_problem(desk, principal, min(completion.seen, draft.revision))
    waiting = list(draft.open_conflicts())
    hidden = principal.masked and not all(shows_conflict_values(desk.process, each) for each in waiting)
    if waiting and (hidden or not completion.keep_stored):
        desk.audit(principal, "draft-viewed")
        changing = Changing(desk, principal)
        raise Conflicting("conflicts-open", conflicts=[changing.conflict(each) for each in waiting])
    if fields := unconfirmed(desk.process, draft):
        raise Conflicting("confirmation-needed", fields=fields)
    if errors := violations(desk.process.schema, draft.data):
        raise Invalid(errors=errors)
    ended = closed(kept_as_stored(draft), Status.COMPLETED, desk.now, desk.process.purge_at(desk.now))
    desk.save(ended)
    desk.tell(EventType.DRAFT_COMPLETED, principal, draft.revision)
    desk.audit(principal, str(EventType.DRAFT_COMPLETED))
    return shown_json(desk, principal)


def kept_as_stored(draft: Draft) -> Draft:
    """The draft with its open conflicts closed in favour of what it holds."""
    revision = draft.revision + 1
    conflicts = {
        name: replace(each, status=ConflictStatus.RESOLVED, revision=revision) if each.open else each
        for name, each in draft.conflicts.items()
    }
    return draft._replace(conflicts=conflicts)


def shown_json(desk: Desk, principal: Principal) -> dict[str, Any]:
    """The draft on a desk as a principal may see it."""
    if principal.masked:
        return masked_draft_json(desk.draft, desk.process)
    return draft_json(desk.draft)


def discard_draft(deps: Deps, caller: Caller, draft: str) -> None:
    """Throw a draft away with all its values; doing it again is no error.

    Raises Conflicting `draft-closed` for one that was completed.
    """

    def decide(desk: Desk, principal: Principal) -> None:
        before = desk.draft
        if before.status is Status.DISCARDED:
            return
        if before.status is not Status.PARKED:
            check_open(before)
        desk.save(closed(before, Status.DISCARDED, desk.now, desk.process.purge_at(desk.now)))
        desk.staged.drops.append(records.history_log(desk.tenant.id, before.id))
        desk.tell(EventType.DRAFT_DISCARDED, principal, before.revision)

    work(deps, draft, Job(caller, Verb.DISCARD_DRAFT, decide))
