"""What a tenant registers of a process: kind, titles, steps, field classes, policies, retention."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .cart_ops import MAX_LINE_QUANTITY
from .claims import FormStrategy
from .drafts import Policy
from .pointers import above, covers
from .rules import Rules

DAY = 86_400_000


class FieldClass(StrEnum):
    """How far a field's value may go: to staff whole, masked, not at all, or not even into the store."""

    PUBLIC = "public"
    PERSONAL = "personal"
    RESTRICTED = "restricted"
    NEVER_STORE = "never_store"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a process, in order; titles by language."""

    id: str
    titles: Mapping[str, str] = field(default_factory=dict)

    def title(self, language: str) -> str | None:
        """What it is called in a language, else in any that it has a title in."""
        return self.titles.get(language) or next(iter(self.titles.values()), None)


@dataclass(frozen=True, slots=True)
class Process:
    """A process as registered, or, with its defaults, one that nobody registered.

    `fields` maps a pointer to its class, for everything at and below it; the nearest one counts.
    A number at or below one of the `lookalikes` may look like a card number. What staff enter at or below
    one of `confirm` is confirmed by the customer before completion; at, above or below one of
    `customer_only`, such as a signature, they enter nothing.
    Retention is in days: an open draft's since its last change, a closed one's since it closed; a cart of
    somebody whom the tenant knows is kept for `customer_days` instead. None is kept open longer than
    `most_days` since it was begun, however often it is changed.
    A line of a cart holds `line_quantity` pieces at most. With `spillover`, what is added to a cart while
    it is being ordered goes into the next one. `claim` is what becomes of a guest's form where the customer
    has one.
    """

    name: str
    kind: str = "form"
    titles: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    steps: tuple[Step, ...] = ()
    schema: Mapping[str, Any] | None = None
    fields: Mapping[str, FieldClass] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    lookalikes: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    customer_only: tuple[str, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    open_days: int = 30
    closed_days: int = 30
    customer_days: int = 90
    most_days: int | None = None
    spillover: bool = False
    claim: FormStrategy = FormStrategy.ASK
    line_quantity: int = MAX_LINE_QUANTITY

    @property
    def rules(self) -> Rules:
        """What merging must know of the process."""
        never = frozenset(path for path, kind in self.fields.items() if kind is FieldClass.NEVER_STORE)
        return Rules(frozenset(self.groups), self.policies, never, frozenset(self.lookalikes))

    def field_class(self, path: str) -> FieldClass:
        """The class of the nearest pointer above a path that has one; unknown means personal."""
        nearest = next((at for at in (path, *above(path), "") if at in self.fields), None)
        return FieldClass.PERSONAL if nearest is None else self.fields[nearest]

    def strictest(self, path: str) -> FieldClass:
        """The strictest class at, above or below a path: an array, for one, is shown or hidden whole."""
        below = [kind for at, kind in self.fields.items() if covers(path, at)]
        return max((self.field_class(path), *below), key=list(FieldClass).index)

    @property
    def unstored(self) -> tuple[str, ...]:
        """The pointers at and below which a device must keep nothing."""
        kept = (FieldClass.PUBLIC, FieldClass.PERSONAL)
        return tuple(path for path, kind in self.fields.items() if kind not in kept)

    def wants_confirmation(self, path: str) -> bool:
        """Whether the customer confirms what staff enter at a path."""
        return any(covers(at, path) for at in self.confirm)

    def is_customers_alone(self, path: str) -> bool:
        """Whether nobody but the customer enters anything at a path."""
        return any(covers(at, path) or covers(path, at) for at in self.customer_only)

    def title(self, language: str) -> str:
        """The title in a language, else in any language there is, else the name."""
        return self.titles.get(language) or next(iter(self.titles.values()), self.name)

    def expires_at(self, now: int, begun: int, customers_cart: bool = False) -> int:
        """When an open draft ends that was begun then and changed now."""
        sliding = now + (self.customer_days if customers_cart else self.open_days) * DAY
        return sliding if self.most_days is None else min(sliding, begun + self.most_days * DAY)

    def purge_at(self, now: int) -> int:
        """When the rest of a draft goes that was closed now."""
        return now + self.closed_days * DAY
