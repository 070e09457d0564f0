"""A small honest client: what any SDK does between a person's fingers and the server, without the network.

It keeps a base (what the server said last) and an outbox (changes not yet acknowledged); the person
sees the base with the outbox folded in. `seen` is fixed when the person edits and never touched again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from retoma_server.domain.pointers import Json, covers, leaves

Wire = dict[str, Any]

BATCH = 3
"""Few, so that an outbox often takes several requests."""


@dataclass
class Edit:
    """One op as it goes to the server, and what it does to the screen: unset below a path, then put."""

    op: Wire
    path: str
    clears: bool = False
    puts: dict[str, Json] = field(default_factory=dict)


@dataclass
class Pending:
    """One change in the outbox; once sent it is never altered, and a whole one takes no further edit."""

    writer: str
    seq: int
    edits: list[Edit]
    whole: bool = False
    sent: bool = False

    @property
    def wire(self) -> Wire:
        """The change as it goes to the server."""
        return {"seq": self.seq, "ops": [edit.op for edit in self.edits]}


@dataclass(frozen=True)
class Focus:
    """A control in use: it goes on showing its value, as seen then, while a newer one is only on offer."""

    path: str
    value: Json
    seen: Wire


class Device:
    """One installation; each page load of it is a new writer, and its outbox outlives the page."""

    def __init__(self, name: str) -> None:
        """Begin with an empty draft at revision 0."""
        self.name = name
        self.page = 0
        self.numbers: dict[str, int] = {}
        self.base: dict[str, Json] = {}
        self.conflicts: dict[str, Wire] = {}
        self.revision = 0
        self.outbox: list[Pending] = []
        self.focus: Focus | None = None
        self.online = True
        self.request: str | None = None
        self.reply: Wire | None = None

    @property
    def writer(self) -> str:
        """The writer of the present page load."""
        return f"{self.name}-{self.page}"

    # -- what the person sees ------------------------------------------------------------------

    def view(self) -> dict[str, Json]:
        """The leaves on screen."""
        shown = dict(self.base)
        if self.focus is not None:
            shown.pop(self.focus.path, None)
            if self.focus.value is not None:
                shown[self.focus.path] = self.focus.value
        for pending in self.outbox:
            for edit in pending.edits:
                if edit.clears:
                    shown = {path: value for path, value in shown.items() if not covers(edit.path, path)}
                shown.update(edit.puts)
        return shown

    def asked(self) -> list[Wire]:
        """The conflicts on screen: those in which no choice is under way."""
        ops = [edit.op for pending in self.outbox for edit in pending.edits]
        chosen = {op["conflict"] for op in ops if op["op"] == "resolve"}
        return [conflict for name, conflict in self.conflicts.items() if name not in chosen]

    def attend(self, path: str) -> None:
        """Put the cursor into a field, or take it out of the one it is in."""
        self.focus = None if self.focus else Focus(path, self.view().get(path), self.seen(path))

    # -- what the person does ------------------------------------------------------------------

    def setting(self, path: str, value: Json) -> Edit:
        """The edit that puts a value."""
        op = {"op": "set", "path": path, "value": value, **self.seen(path)}
        return Edit(op, path, puts=dict(leaves(path, value)))

    def unsetting(self, path: str) -> Edit:
        """The edit that takes away all there is at and below a path."""
        return Edit({"op": "unset", "path": path, **self.seen(path)}, path, clears=True)

    def resolving(self, conflict: Wire, choice: str, value: Json = None) -> Edit:
        """The edit that chooses in a conflict on screen; what the draft holds needs no putting."""
        op = {"op": "resolve", "conflict": conflict["id"], "choice": choice, "seen": self.revision}
        op |= {"also": also} if (also := self.also()) else {}
        if choice == "value":
            op["value"] = value
        if choice == ("stored" if conflict["policy"] == "incumbent" else "arriving"):
            return Edit(op, conflict["path"])
        side = {"value": value} if choice == "value" else conflict[choice]
        puts = {} if side.get("unset") else dict(leaves(conflict["path"], side["value"]))
        return Edit(op, conflict["path"], clears=True, puts=puts)

    def moving(self, step: str) -> Edit:
        """The op that says where the person is; it touches no field."""
        return Edit({"op": "position", "step": step}, "position")

    def touching(self, path: str) -> Iterator[Edit]:
        """The edits in the outbox at, above or below a path."""
        for pending in self.outbox:
            yield from (edit for edit in pending.edits if touches(edit.path, path))

    def seen(self, path: str) -> Wire:
        """What is on screen for a path: behind an own pending value nothing newer can be seen.

        `also` goes with the revision that it was seen at, even when it is acknowledged meanwhile.
        """
        shown = [edit.op for edit in self.touching(path)]
        if self.focus is not None and touches(self.focus.path, path):
            shown.append(self.focus.seen)
        also = self.also()
        for each in shown:
            for writer, seq in each.get("also", {}).items():
                also[writer] = max(seq, also.get(writer, 0))
        also.pop(self.writer, None)
        seen: Wire = {"seen": min([self.revision, *(each["seen"] for each in shown)])}
        return seen | ({"also": also} if also else {})

    def also(self) -> dict[str, int]:
        """Changes of earlier page loads that are folded into the view and not yet acknowledged."""
        return {each.writer: each.seq for each in self.outbox if each.writer != self.writer}

    def edit(self, edit: Edit) -> Pending:
        """Make an edit: part of the newest change while that was not sent, else a change of its own."""
        newest = self.outbox[-1] if self.outbox else None
        if newest is None or newest.sent or newest.whole or newest.writer != self.writer:
            return self.append([edit])
        combine(newest.edits, edit)
        self.show_own()
        return newest

    def append(self, edits: list[Edit], whole: bool = False) -> Pending:
        """Put a change of its own into the outbox."""
        seq = self.numbers.get(self.writer, 0) + 1
        self.numbers[self.writer] = seq
        self.outbox.append(Pending(self.writer, seq, edits, whole))
        self.show_own()
        return self.outbox[-1]

    def show_own(self) -> None:
        """Let the control in use show what its person has just done to it."""
        if self.focus is not None:
            self.focus = replace(self.focus, value=self.view().get(self.focus.path))

    def reload(self) -> None:
        """Load the page anew: another writer, the same outbox; whatever was under way is not heard of."""
        self.page += 1
        self.focus = self.request = self.reply = None

    # -- what goes over the wire ---------------------------------------------------------------

    def send(self) -> None:
        """Write the next request: the oldest changes, of one writer."""
        batch: list[Pending] = []
        for pending in self.outbox[:BATCH]:
            if pending.writer == self.outbox[0].writer:
                pending.sent = True
                batch.append(pending)
        self.request = json.dumps(
            {
                "writer": batch[0].writer,
                "installation": self.name,
                "since": self.revision,
                "changes": [pending.wire for pending in batch],
            }
        )

    def hear(self) -> None:
        """Take in the reply to the request under way."""
        assert self.request is not None
        assert self.reply is not None
        writer = json.loads(self.request)["writer"]
        done = {(writer, result["seq"]) for result in self.reply["results"]}
        self.receive(self.reply["delta"])
        self.outbox = [each for each in self.outbox if (each.writer, each.seq) not in done]
        self.request = self.reply = None

    def receive(self, delta: Wire) -> None:
        """Take in what changed on the server; what is already known is passed over."""
        if not delta["from"] <= self.revision < delta["revision"]:
            return
        for path, cell in delta["cells"].items():
            self.base.pop(path, None)
            if not cell.get("unset"):
                self.base[path] = cell["value"]
        for conflict in delta["conflicts"]:
            self.conflicts.pop(conflict["id"], None)
            if conflict["status"] == "open":
                self.conflicts[conflict["id"]] = conflict
        self.revision = delta["revision"]


def touches(one: str, other: str) -> bool:
    """Whether one path is, or lies above or below, the other."""
    return covers(one, other) or covers(other, one)


def combine(edits: list[Edit], new: Edit) -> None:
    """Fold a new edit into an unsent change.

    It takes the place of the newest edit that it touches only if nothing of that one is left: an
    unset at the same path, or a set of the same leaf. Otherwise it comes after it.
    """
    places = [place for place, edit in enumerate(edits) if touches(edit.path, new.path)]
    old = edits[places[-1]] if places else None
    if old is not None and old.path == new.path and (new.clears or (not old.clears and leaf(old, new))):
        edits[places[-1]] = new
    else:
        edits.append(new)


def leaf(*edits: Edit) -> bool:
    """Whether edits put nothing but the very leaf at their path."""
    return all(list(edit.puts) == [edit.path] for edit in edits)
