"""Servers and devices broken on purpose, each in the way that real software so often is."""

from dataclasses import replace
from typing import Any

from retoma_server.domain.authors import Author
from retoma_server.domain.drafts import Cell, Policy
from retoma_server.domain.merging import Merge
from retoma_server.domain.writers import Writer

from .devices import Device, Wire
from .promise import Alone, Promise
from .service import Service


class NeverUnseen(Merge):
    """No causal check: the last one to arrive wins."""

    def unseen(self, *_: Any) -> bool:
        """Whatever it is, its author is said to have seen it."""
        return False


class KeepsNewestOnly(Merge):
    """A conflict record that forgets the older of the values that it kept."""

    def keep(self, unit: str, policy: Policy, stored: Cell, arriving: Cell) -> None:
        """Keep the values that met, and nothing before them."""
        super().keep(unit, policy, stored, arriving)
        for name in self.met:
            self.alter(replace(self.conflicts[name], earlier=()))


class WithoutCausality(Service):
    """A server without the causal check."""

    merging = NeverUnseen


class WithoutOlderLosers(Service):
    """A server that keeps one loser a record."""

    merging = KeepsNewestOnly


class WithoutMemory(Service):
    """A server that takes a change as often as it is sent."""

    def take(self, writer: Writer, raw: dict[str, Any], author: Author) -> tuple[Writer, Wire]:
        """Do it again."""
        if raw["seq"] > writer.last:
            return super().take(writer, raw, author)
        return writer, {"seq": raw["seq"], "status": self.merge(raw, author)}


class RaisesSeen(Device):
    """A client that takes what it hears for what its person saw: the silent lost update."""

    def receive(self, delta: Wire) -> None:
        """Rebase the outbox, and its `seen` with it."""
        super().receive(delta)
        for pending in self.outbox:
            for edit in pending.edits:
                if not pending.sent and "seen" in edit.op:
                    edit.op["seen"] = self.revision


class ForgetsOutbox(Device):
    """A client that leaves out `also`: after a reload it does not know its own changes again."""

    def also(self) -> dict[str, int]:
        """Nothing."""
        return {}


class NoCausalCheck(Promise):
    """Driven against a server without the causal check."""

    service_type = WithoutCausality


class SeenRaised(Promise):
    """Driven with clients that raise `seen` on rebase."""

    device_type = RaisesSeen


class NoDeduplication(Promise):
    """Driven against a server that does not remember what it has done."""

    service_type = WithoutMemory


class NewestLoserOnly(Promise):
    """Driven against a server that keeps one loser a record."""

    service_type = WithoutOlderLosers


class AloneWithoutAlso(Alone):
    """Somebody alone whose client leaves out `also`."""

    device_type = ForgetsOutbox
