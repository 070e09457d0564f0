"""Changing a draft: batches of a writer's changes, plain ops, and strict merge patches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_writer, writer_bytes
from retoma_server.adapters.stores import Write
from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.authors import Author
from retoma_server.domain.cart_ops import read_cart_change
from retoma_server.domain.carts import merge_cart
from retoma_server.domain.changes import Change, Op, Rejected, Resolve, Set, Unset, highest_seen, read_change
from retoma_server.domain.confirming import check_staff_change
from retoma_server.domain.drafts import ORDERING, WAITING, Draft, check_open, delta
from retoma_server.domain.errors import Conflicting, Invalid, Outdated, RetomaError
from retoma_server.domain.events import EventType
from retoma_server.domain.masking import check_choices
from retoma_server.domain.merging import merge
from retoma_server.domain.patches import patch_ops
from retoma_server.domain.pointers import Json
from retoma_server.domain.refusals import known, may_keep
from retoma_server.domain.rendering import (
    author_json,
    conflict_json,
    delta_json,
    masked_conflict_json,
    masked_delta_json,
    timestamp,
)
from retoma_server.domain.writers import Result, Writer, check_sequence, noted, trimmed

from . import records
from .callers import Caller
from .deps import Deps
from .desk import Desk, Job, work
from .late import check_late, check_writer
from .lifetimes import used
from .once import Once, answer_once, fingerprint
from .results import replayed_json, result_json, without_values
from .successors import end_of, spill_over, spills

REFUSED_BYTES_KEPT = 65_536
"""How many bytes of refused changes the history of a draft keeps for one principal."""
REFUSAL_BYTES = 1_024
"""What a refusal is counted as at least, so that refusals alone never push a draft's changes out of it."""
APPLIED_BYTES_KEPT = 16_384
"""Up to how many bytes history keeps the values of a change: what it set is in the draft anyway."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A writer's changes as they came: each `{"seq", "ops"}`; `since` asks for a delta in the reply."""

    writer: str
    changes: Sequence[Mapping[str, Any]]
    installation: str | None = None
    epoch: str | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """Ops of a caller that keeps no writer: one `seen` for all, and an idempotency key."""

    seen: int
    ops: Sequence[Any]
    once: Once
    epoch: str | None = None


def change_draft(deps: Deps, caller: Caller, draft: str, batch: Batch) -> dict[str, Any]:
    """Merge a writer's changes, in order, each exactly once.

    Returns `{revision, epoch, results, conflicts, delta?}`. Raises Conflicting `sequence-gap`,
    `resync` or (the changes being kept) `draft-closed`; Forbidden `writer-mismatch`.
    """
    key = records.writer(caller.home.id, draft, batch.writer)

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        return Changing(desk, principal, batch.installation).run(batch, key)

    reply: dict[str, Any] = work(deps, draft, Job(caller, Verb.CHANGE_DRAFT, decide, (key,)))
    return refuse_closed(reply)


def change_plainly(deps: Deps, caller: Caller, draft: str, plain: Plain) -> dict[str, Any]:
    """Merge ops of a caller without a writer, once for each idempotency key; they merge like any others."""
    key = plain.once.record(caller, draft, "change")

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        changing = Changing(desk, principal)
        answer = answer_once(desk, plain.once, key, lambda: changing.run_plain(plain))
        return changing.shown_again(answer) if "replayed" in answer else answer

    reply: dict[str, Any] = work(deps, draft, Job(caller, Verb.CHANGE_DRAFT, decide, (key,)))
    return refuse_closed(refuse_rejected(reply))


def refuse_closed(reply: dict[str, Any]) -> dict[str, Any]:
    """Raise what a closed draft answers, now that its refusal is on record."""
    if reply.pop("closed", None):
        facts = {name: reply[name] for name in ("results", "order_ref", "successor") if name in reply}
        raise Conflicting("draft-closed", **facts)
    return reply


def refuse_rejected(reply: dict[str, Any]) -> dict[str, Any]:
    """Raise a plain caller's one rejected change as the problem that it is."""
    result = reply["results"][0]
    if result["status"] == "rejected" and not reply.get("closed"):
        raise Invalid(result["code"])
    return reply


def patch_draft(
    deps: Deps, caller: Caller, draft: str, patch: Mapping[str, Json], seen: tuple[str, int], once: Once
) -> dict[str, Any]:
    """Apply a merge patch (RFC 7396) to exactly the revision that the caller saw.

    `seen` is (epoch, revision). Returns `{revision, epoch}`. Raises Outdated, with the delta, when
    the draft has moved on, and (the patch being kept) Conflicting `draft-closed`.
    """
    key = once.record(caller, draft, "patch")

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        return answer_once(desk, once, key, lambda: Changing(desk, principal).run_patch(patch, seen))

    return refuse_closed(work(deps, draft, Job(caller, Verb.CHANGE_DRAFT, decide, (key,))))


class Changing:
    """Changes being merged into the draft on a desk, for one principal."""

    def __init__(self, desk: Desk, principal: Principal, installation: str | None = None) -> None:
        """Work on `desk` for `principal`."""
        self.desk = desk
        self.principal = principal
        self.installation = installation
        self.epoch = desk.deps.store.epoch
        self.since = desk.draft.revision
        self.rules = desk.process.rules
        self.fields = 0
        self.kinds: set[EventType] = set()

    def run(self, batch: Batch, key: str) -> dict[str, Any]:
        """Merge a writer's batch; numbers already used are answered as they were."""
        check_late(self.desk, self.principal, batch.changes, batch.writer)
        self.check_sync(batch.epoch, max(highest_seen(batch.changes), batch.since or 0))
        known = writer = self.writer(key, batch.writer)
        check_sequence(writer, [change["seq"] for change in batch.changes])
        author = self.principal.author(batch.writer, self.installation)
        results = []
        for raw in batch.changes:
            writer, result = self.take(writer, raw, author)
            results.append(result)
        if writer is not known:
            writer = trimmed(writer, batch.changes[0]["seq"])
            self.desk.write(Write(key, writer_bytes(writer), due=self.desk.draft.expires_at))
        self.tell()
        return self.reply(results, batch.since)

    def run_plain(self, plain: Plain) -> dict[str, Any]:
        """Merge plain ops as one change."""
        check_late(self.desk, self.principal, [{}])
        self.check_sync(plain.epoch, plain.seen)
        return self.take_plain({"ops": plain.ops}, plain.seen)

    def run_patch(self, patch: Mapping[str, Json], seen: tuple[str, int]) -> dict[str, Any]:
        """Merge a patch, or refuse it whole."""
        draft = self.desk.draft
        if draft.kind == "cart":
            raise Invalid("kind-not-supported")
        raw = {"ops": list(patch_ops(draft, patch))}
        if not draft.open:
            return self.take_plain(raw, draft.revision)
        if seen != (self.epoch, draft.revision):
            raise stale_problem(self.desk, self.principal, seen[1] if seen[0] == self.epoch else 0)
        try:
            change = read_change(raw, draft.revision, draft.revision, self.rules)
            self.merge(change, raw, self.principal.author())
        except Rejected as refusal:
            raise Invalid(refusal.code) from None
        self.tell()
        return {"revision": self.desk.draft.revision, "epoch": self.epoch}

    def check_sync(self, epoch: str | None, seen: int) -> None:
        """Refuse what was seen in another history than this one."""
        revision = self.desk.draft.revision
        if (epoch is not None and epoch != self.epoch) or seen > revision:
            raise Conflicting("resync", epoch=self.epoch, revision=revision)

    def writer(self, key: str, name: str) -> Writer:
        """The writer's record, or a new one that belongs to this principal."""
        record = self.desk.find(key)
        writer = read_writer(record.body) if record else Writer(name, self.principal.label)
        check_writer(self.desk, writer, self.principal)
        return writer

    def take(self, writer: Writer, raw: Mapping[str, Any], author: Author) -> tuple[Writer, dict[str, Any]]:
        """Take one change of a writer: do it, or answer what it was answered before."""
        seq = raw["seq"]
        mark = fingerprint(self.desk.tenant, raw.get("ops"))
        if seq <= writer.last:
            return writer, replayed_json(seq, writer.answered(seq), mark)
        result = self.apply(raw, author, None)
        # A path is the customer's words, a line's key tells what it is; a writer's record is not sealed.
        kept = result._replace(fingerprint=mark, path=None, warnings=())
        return noted(writer, seq, kept), result_json(seq, result)

    def take_plain(self, raw: Mapping[str, Any], seen: int) -> dict[str, Any]:
        """Take a change that has no number."""
        result = self.apply(raw, self.principal.author(), seen)
        self.tell()
        return self.reply([result_json(None, result)], None)

    def apply(self, raw: Mapping[str, Any], author: Author, seen: int | None) -> Result:
        """Merge one change, or put on record that it was refused."""
        try:
            if self.desk.draft.status in WAITING:
                if self.desk.draft.status in ORDERING and spills(self.desk):
                    return self.spill(raw, author, seen)
                check_open(self.desk.draft)  # refuses the request whole: it may well be taken later
            if not self.desk.draft.open:
                raise Rejected("draft-closed")  # whatever else may be wrong with it
            if self.desk.draft.kind == "cart":
                return self.fill(raw, author, seen)
            return self.merge(read_change(raw, self.desk.draft.revision, seen, self.rules), raw, author)
        except Rejected as refusal:
            self.note_refused(raw, author, refusal, seen)
            return Result("rejected", self.desk.draft.revision, "", (), refusal.code, refusal.path)

    def merge(self, change: Change, raw: Mapping[str, Any], author: Author) -> Result:
        """Merge one change into the draft on the desk and note it."""
        desk = self.desk
        before = desk.draft
        if self.principal.masked:
            check_choices(desk.process, before, change)
            check_staff_change(desk.process, before, change)
        merged, outcome = merge(before, change, author, self.rules)
        if merged is not before:
            self.keep(merged, raw, author, outcome.status)
            self.fields += sum(isinstance(op, Set | Unset) for op in change.ops)
            self.kinds.add(kind_of(change.ops, outcome.status))
        return Result(outcome.status, desk.draft.revision, "", outcome.conflicts)

    def fill(self, raw: Mapping[str, Any], author: Author, seen: int | None) -> Result:
        """Merge one change into the cart on the desk and note it."""
        before = self.desk.draft
        change = read_cart_change(raw, before.revision, seen)
        merged, filled = merge_cart(before, change, author, self.desk.now, self.desk.process.line_quantity)
        if merged is not before:
            self.keep(merged, raw, author, "applied")
            self.fields += len(change.ops)
            self.kinds.add(EventType.DRAFT_CHANGED)
        status = "noop" if merged is before else "applied"
        return Result(status, merged.revision, "", warnings=filled.warnings)

    def spill(self, raw: Mapping[str, Any], author: Author, seen: int | None) -> Result:
        """Put adds into the cart that follows the one being ordered; anything else must wait."""
        change = read_cart_change(raw, self.desk.draft.revision, seen)
        merged, filled = spill_over(self.desk, self.principal, change, author)
        self.note_applied(merged, raw, author, "applied")
        return Result("applied", self.desk.draft.revision, "", warnings=filled.warnings)

    def keep(self, merged: Draft, raw: Mapping[str, Any], author: Author, status: str) -> None:
        """Let the desk hold the merged draft, and its history the change."""
        desk = self.desk
        desk.save(used(desk, merged)._replace(touched_by=author))
        self.note_applied(merged, raw, author, status)

    def note_applied(self, draft: Draft, raw: Mapping[str, Any], author: Author, status: str) -> None:
        """Keep a change that was taken in a draft's history, large ones without their values."""
        small = len(json_bytes(raw["ops"])) <= APPLIED_BYTES_KEPT
        kept = raw if small else {"ops": without_values(raw["ops"])}
        self.desk.note(self.history(kept, author, status, draft.revision), draft)

    def note_refused(
        self, raw: Mapping[str, Any], author: Author, refusal: Rejected, seen: int | None
    ) -> None:
        """Keep a refused change in the history, with its payload where that may be kept, while there is room.

        The room is the principal's: a writer costs nothing to make up.
        """
        desk, name = self.desk, f"refused:{self.principal.label}"  # no client's writer has a colon
        key = records.writer(desk.tenant.id, desk.draft_id, name)
        desk.fetch(key)
        account = self.writer(key, name)
        room = REFUSED_BYTES_KEPT - account.refused
        if room < REFUSAL_BYTES:
            return
        ops = raw.get("ops")
        size = len(json_bytes(ops))
        keeps = refusal.keeps_payload and size <= room and may_keep(ops, seen, desk.draft, self.rules)
        item = self.history(raw if keeps else {}, author, "rejected", desk.draft.revision)
        desk.note({**item, "code": refusal.code})
        refused = account.refused + max(size if keeps else 0, REFUSAL_BYTES)
        desk.write(Write(key, writer_bytes(account._replace(refused=refused)), due=desk.draft.expires_at))

    def history(self, raw: Mapping[str, Any], author: Author, status: str, revision: int) -> dict[str, Any]:
        """A change as the history keeps it."""
        return {
            "revision": revision,
            "at": timestamp(self.desk.now),
            "by": author_json(author),
            "status": status,
            "ops": [known(op) for op in raw.get("ops", ())],
        }

    def tell(self) -> None:
        """Tell what happened, once for all the changes of this request."""
        for kind in (EventType.DRAFT_CONFLICTED, EventType.DRAFT_RESOLVED, EventType.DRAFT_CHANGED):
            if kind in self.kinds:
                self.desk.tell(kind, self.principal, self.since, self.fields)
                self.desk.audit(self.principal, str(kind))
                return
        # A try that changed nothing tells staff something too: whether a guess was right.
        self.desk.audit(self.principal, "draft-tried")

    def reply(self, results: list[dict[str, Any]], since: int | None) -> dict[str, Any]:
        """What the caller gets: results, and the conflicts that they name."""
        reply = {
            "revision": self.desk.draft.revision,
            "epoch": self.epoch,
            "results": results,
            "conflicts": self.conflicts(results),
        }
        if since is not None:
            reply["delta"] = self.delta(since)
        if any(result.get("code") == "draft-closed" for result in results):
            reply["closed"] = True
        return reply | end_of(self.desk.draft)

    def shown_again(self, answer: dict[str, Any]) -> dict[str, Any]:
        """A stored answer as this principal may see it today: the mask may be stricter than it was.

        Conflicts are shown to staff as they are now, which is a look at the draft.
        """
        if not self.principal.masked:
            return answer
        self.desk.audit(self.principal, "draft-viewed")
        return {**answer, "conflicts": self.conflicts(answer["results"])}

    def conflicts(self, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The conflicts that results name, as they now are."""
        named = {name for result in results for name in result.get("conflicts", ())}
        return [self.conflict(each) for name, each in self.desk.draft.conflicts.items() if name in named]

    def conflict(self, conflict: Any) -> dict[str, Any]:
        """A conflict as this principal may see it."""
        if self.principal.masked:
            return masked_conflict_json(conflict, self.desk.process)
        return conflict_json(conflict)

    def delta(self, since: int) -> dict[str, Any]:
        """What is newer than `since`, as this principal may see it."""
        return shown_delta(self.desk, self.principal, since)


def shown_delta(desk: Desk, principal: Principal, since: int) -> dict[str, Any]:
    """What is newer in a draft than a revision, as a principal may see it."""
    newer = delta(desk.draft, since)
    epoch = desk.deps.store.epoch
    return masked_delta_json(newer, epoch, desk.process) if principal.masked else delta_json(newer, epoch)


def kind_of(ops: Sequence[Op], status: str) -> EventType:
    """What kind of event a change is."""
    if status == "conflict":
        return EventType.DRAFT_CONFLICTED
    return EventType.DRAFT_RESOLVED if any(isinstance(op, Resolve) for op in ops) else EventType.DRAFT_CHANGED


def stale_problem(desk: Desk, principal: Principal, since: int) -> RetomaError:
    """The answer to a strict request made against an older revision, with what changed since."""
    desk.audit(principal, "draft-viewed")
    return Outdated(revision=desk.draft.revision, delta=shown_delta(desk, principal, since))
