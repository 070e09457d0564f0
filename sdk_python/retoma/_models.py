"""What the server answers, as small immutable values; members that the SDK does not know are ignored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


def moment(text: str | None) -> datetime | None:
    """A time as the wire carries it (RFC 3339, UTC), as an aware datetime."""
    return None if text is None else datetime.fromisoformat(text)


@dataclass(frozen=True)
class By:
    """Who did something: `kind` is visitor, customer, grant, staff or service; `name` is for staff only."""

    kind: str
    channel: str | None
    device: str | None
    name: str | None
    writer: str | None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "By":
        """Read it from the wire."""
        return cls(wire["kind"], *map(wire.get, ("channel", "device", "name", "writer")))


@dataclass(frozen=True)
class Side:
    """One of the values that met in a conflict.

    `unset`: it was taken away, and `value` is None. `masked`: it is not for your eyes.
    """

    value: Any
    unset: bool
    masked: bool
    by: By

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Side":
        """Read it from the wire."""
        return cls(wire.get("value"), bool(wire.get("unset")), bool(wire.get("masked")), By.read(wire["by"]))


@dataclass(frozen=True)
class Conflict:
    """A kept record of a value that met another which its author had not seen.

    Under the policy `incumbent` the draft holds `stored` and `arriving` was kept aside; under
    `incoming` it is the other way round. `earlier` are older kept values of the same device.
    `status` is open, resolved or superseded.
    """

    id: str
    path: str
    policy: str
    status: str
    revision: int
    stored: Side
    arriving: Side
    earlier: tuple[Side, ...]

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Conflict":
        """Read it from the wire."""
        return cls(
            id=wire["id"],
            path=wire["path"],
            policy=wire["policy"],
            status=wire["status"],
            revision=wire["revision"],
            stored=Side.read(wire["stored"]),
            arriving=Side.read(wire["arriving"]),
            earlier=tuple(Side.read(side) for side in wire.get("earlier", ())),
        )


@dataclass(frozen=True)
class Position:
    """Where the customer is: the step's id, and the page's own note of where in it."""

    step: str
    cursor: str | None


@dataclass(frozen=True)
class Warned:
    """What a change met that its author had not seen; no error, for it was done.

    `residual`: others' pieces are still there. `overwrote`: a quantity was replaced. `removed-elsewhere`,
    `line-absent`: the line was gone and stays so. `line-changed`: it was left alone. `spilled`: it is in
    the cart's `successor`. `line` is a key, `quantity` how many are or were there.
    """

    code: str
    line: str
    quantity: int | None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Warned":
        """Read it from the wire."""
        return cls(wire["code"], wire["line"], wire.get("quantity"))


@dataclass(frozen=True)
class Result:
    """What became of one change: applied, noop, conflict, rejected or replayed.

    `conflicts` are ids. `code` and `path` say why and where it was rejected; `was` is what a
    replayed change had become the first time. `warnings` are a cart's, told with the first answer.
    """

    seq: int
    status: str
    revision: int
    conflicts: tuple[str, ...]
    code: str | None
    path: str | None
    was: str | None
    warnings: tuple[Warned, ...] = ()

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Result":
        """Read it from the wire."""
        conflicts, warnings = (wire.get(name) or () for name in ("conflicts", "warnings"))
        why = {name: wire.get(name) for name in ("code", "path", "was")}
        told = tuple(map(Warned.read, warnings))
        return cls(wire["seq"], wire["status"], wire["revision"], tuple(conflicts), **why, warnings=told)


@dataclass(frozen=True)
class Rejection:
    """A change that was refused for good, with all that was in it; `path` where the server names one."""

    seq: int
    code: str
    path: str | None
    ops: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class SaveResult:
    """What became of a save, and of those before it that failed on the way.

    `revision` is the draft's now; `results` has one entry a change, in order; `conflicts` and
    `rejected` are what this save met; `arrived` names what is now other than it was on screen, fields
    of a form and lines of a cart, mostly because others had changed it meanwhile.
    """

    revision: int
    results: tuple[Result, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    arrived: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """What the author of a cart's changes should know, though all were taken."""
        return tuple(warned for result in self.results for warned in result.warnings)


@dataclass(frozen=True)
class Entry:
    """One change in a draft's history: when, by whom, and what became of it; `ops` as on the wire."""

    revision: int
    at: datetime | None
    by: By
    status: str
    code: str | None
    ops: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Entry":
        """Read it from the wire."""
        by = By.read(wire["by"])
        return cls(
            wire["revision"], moment(wire["at"]), by, wire["status"], wire.get("code"), tuple(wire["ops"])
        )


@dataclass(frozen=True)
class Handoff:
    """The one-time passage of a draft: `url` to another device, or `code` for staff, either as `qr_svg` too.

    `spelled` is how each letter of the code is said, in the language that was asked for. One that was sent
    has none of these: its link is in the letter.
    """

    id: str
    to: str
    url: str | None
    code: str | None
    qr_svg: str | None
    expires_at: datetime | None
    spelled: tuple[str, ...] = ()

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Handoff":
        """Read it from the wire."""
        ways = {way: wire.get(way) for way in ("url", "code", "qr_svg")}
        spelled = tuple(wire.get("spelled") or ())
        return cls(wire["id"], wire["to"], expires_at=moment(wire.get("expires_at")), spelled=spelled, **ways)


@dataclass(frozen=True)
class OfferedHandoff:
    """A handoff that is on offer. `choices` are there while a device (it calls itself `device`) waits.

    One of them is what that device shows; `draft.confirm` lets it go on.
    """

    id: str
    to: str
    status: str
    expires_at: datetime | None
    device: str | None
    choices: tuple[str, ...]

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "OfferedHandoff":
        """Read it from the wire."""
        until, choices = moment(wire.get("expires_at")), tuple(wire.get("choices") or ())
        return cls(wire["id"], wire["to"], wire["status"], until, wire.get("device"), choices)


@dataclass(frozen=True)
class Preview:
    """What a handoff leads to, without using it up: whose process, and the host of the page to go on with."""

    process: str
    title: str | None
    started_at: datetime | None
    channel: str | None
    expires_at: datetime | None
    tenant: str | None = None
    host: str | None = None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Preview":
        """Read it from the wire."""
        started, expires = moment(wire.get("started_at")), moment(wire.get("expires_at"))
        tenant = (wire.get("tenant") or {}).get("name")
        host = wire.get("host")
        return cls(wire["process"], wire.get("title"), started, wire.get("channel"), expires, tenant, host)


@dataclass(frozen=True)
class ClaimedFrom:
    """The claim that an event tells of: its receipt (`id`), the guest's `draft`, and where that was begun."""

    id: str
    draft: str
    begun_at: datetime | None
    channel: str | None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "ClaimedFrom":
        """Read it from the wire."""
        return cls(wire["id"], wire["draft"], moment(wire["begun_at"]), wire.get("channel"))


@dataclass(frozen=True)
class Event:
    """One thing that happened, without values.

    `type` is one of `draft-opened draft-changed draft-conflicted draft-resolved completion-started
    completion-aborted completion-unknown draft-completed draft-discarded draft-abandoned draft-expiring
    draft-expired handoff-created handoff-waiting handoff-redeemed handoff-revoked assist-requested
    assist-overridden assist-started assist-changed assist-ended lease-taken lease-ended draft-merged
    draft-merge-undone draft-moved draft-parked draft-activated draft-claimed
    draft-claim-undone`, or `reset`: events are missing, read your drafts again (all else is None then).
    `actor` is the kind of who did it, `fields` how many fields it touched, `handoff` the id of the one that
    it is about, `to` the draft that a cart's lines went to, or came from when they were taken back, `claim`
    the one that was made or undone. `delta`, on the newest event of a draft, is for its `receive`.
    """

    type: str
    at: datetime | None = None
    customer: str | None = None
    draft: str | None = None
    process: str | None = None
    revision: int | None = None
    actor: str | None = None
    channel: str | None = None
    step: str | None = None
    fields: int | None = None
    handoff: str | None = None
    to: str | None = None
    delta: Mapping[str, Any] | None = None
    claim: ClaimedFrom | None = None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Event":
        """Read it from the wire."""
        known = ("customer", "draft", "process", "revision", "actor", "channel", "step", "fields")
        more = ("handoff", "to", "delta")
        fields = {name: wire.get(name) for name in known + more}
        claim = wire.get("claim") and ClaimedFrom.read(wire["claim"])
        return cls(wire["type"], moment(wire.get("at")), **fields, claim=claim)


@dataclass(frozen=True)
class Process:
    """What a customer does, as the tenant registered it; see `Processes.register` for the members."""

    name: str
    kind: str
    titles: Mapping[str, str]
    url: str | None
    steps: tuple[Mapping[str, Any], ...]
    schema: Mapping[str, Any] | None
    fields: Mapping[str, str]
    groups: tuple[str, ...]
    policies: Mapping[str, str]
    retention: Mapping[str, int]
    spillover: bool = False
    lookalikes: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    customer_only: tuple[str, ...] = ()

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Process":
        """Read it from the wire."""
        return cls(
            name=wire["name"],
            kind=wire.get("kind") or "form",
            titles=wire.get("titles") or {},
            url=wire.get("url"),
            steps=tuple(wire.get("steps") or ()),
            schema=wire.get("schema"),
            fields=wire.get("fields") or {},
            groups=tuple(wire.get("groups") or ()),
            policies=wire.get("policies") or {},
            retention=wire.get("retention") or {},
            spillover=bool(wire.get("spillover")),
            lookalikes=tuple(wire.get("lookalikes") or ()),
            confirm=tuple(wire.get("confirm") or ()),
            customer_only=tuple(wire.get("customer_only") or ()),
        )
