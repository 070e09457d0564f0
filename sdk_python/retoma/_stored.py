"""What the server last told of a draft, and how what it tells next goes on from there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ._cart_view import with_lines
from ._view import with_cells

#: Members of a delta that tell what changed; all others are the draft's own, told whole.
CHANGES = frozenset({"from", "epoch", "cells", "lines", "keys", "conflicts"})


@dataclass(frozen=True)
class Base:
    """A draft as the server last told it: its JSON, and the epoch in which its revisions count.

    The epoch is None until the server has named it.
    """

    draft: Mapping[str, Any]
    epoch: str | None = None

    @property
    def revision(self) -> int:
        """The revision that this is."""
        return int(self.draft["revision"])

    @property
    def cursor(self) -> str | int:
        """Where a delta should start: `epoch.revision`, or the bare revision while the epoch is unknown."""
        return self.revision if self.epoch is None else f"{self.epoch}.{self.revision}"

    def in_epoch(self, epoch: str | None) -> bool:
        """Whether revisions of that epoch can be compared with this one; an unnamed one can."""
        return epoch is None or self.epoch in (None, epoch)

    def meets(self, delta: Mapping[str, Any]) -> bool:
        """Whether a delta goes on from here: it starts at or before this revision and ends after it."""
        return self.in_epoch(delta.get("epoch")) and delta["from"] <= self.revision < delta["revision"]

    def after(self, delta: Mapping[str, Any]) -> "Base":
        """This base with a delta applied; unchanged when the delta does not go on from here."""
        if not self.meets(delta):
            return self
        draft = {
            **self.draft,
            **{name: value for name, value in delta.items() if name not in CHANGES},
            **content_after(self.draft, delta),
            "conflicts": with_conflicts(self.draft["conflicts"], delta.get("conflicts", ())),
        }
        return Base(draft, delta.get("epoch") or self.epoch)


def content_after(draft: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft holds once a delta is in it: the lines of a cart, the data of a form."""
    if draft["kind"] == "cart":
        return {"lines": with_lines(draft["lines"], delta)}
    return {"data": with_cells(draft.get("data", {}), delta.get("cells", {}))}


def with_conflicts(known: Iterable[Mapping[str, Any]], told: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The conflicts that are open once those of a delta, of any status, are counted in."""
    merged = {conflict["id"]: conflict for conflict in (*known, *told)}
    return [conflict for conflict in merged.values() if conflict["status"] == "open"]
