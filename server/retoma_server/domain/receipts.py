"""What a claim makes of each cart: planned before it is done, and kept as a receipt afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .cart_ops import MAX_LINE_QUANTITY
from .carts import MAX_SIZE, line_size
from .claims import (
    Decision,
    Fate,
    FormStrategy,
    Lines,
    Mark,
    Overflow,
    Settlement,
    Strategy,
    merged,
    settle,
)
from .drafts import Draft
from .form_claims import FormPlan, differences, plan_form
from .pointers import Json
from .processes import DAY, Process
from .rendering import timestamp, touched_json
from .takeovers import Shown

UNDO_FOR = DAY
RECEIPT_KEPT = 30 * DAY
PARKED_FOR = 180 * DAY
PARKED_BEFORE = "parked"
"""Why a draft is parked that was parked before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a guest's cart and a saved one: `lines` of the cart that goes on, and how each came.

    `reason` says why the guest's cart is parked where the strategy did not ask for it.
    """

    fate: Fate
    strategy: Strategy
    lines: Lines
    decisions: tuple[Decision, ...]
    overflow: tuple[Overflow, ...] = ()
    reason: str | None = None


def plan(guest: Draft, saved: Draft | None, strategy: Strategy, most: int = MAX_LINE_QUANTITY) -> Plan:
    """Decide what becomes of a guest's cart where the customer has `saved`, or nothing.

    A line comes to `most` pieces by it. What cannot be mixed is parked. A saved cart without lines is
    filled: there is nothing to park.
    """
    if saved is None:
        return one_goes_on(Fate.ADOPTED, strategy, guest.lines, {})
    if saved.kind != guest.kind:
        return one_goes_on(Fate.GUEST_PARKED, strategy, guest.lines, {}, "kind")
    if not saved.lines and strategy in (Strategy.USE_GUEST, Strategy.USE_GUEST_IF_SAVED_EMPTY):
        strategy = Strategy.MAX
    settlement = settle(guest.lines, saved.lines, strategy, guest.id, most)
    if settlement.fate is not Fate.MERGED:
        return one_goes_on(settlement.fate, strategy, guest.lines, saved.lines)
    return mixed(guest, saved, settlement, strategy)


def plan_aside(guest: Draft, strategy: str) -> Plan | FormPlan:
    """What becomes of a draft that was parked before: it is parked again, whatever there is beside it."""
    if guest.kind == "form":
        return FormPlan(Fate.GUEST_PARKED, FormStrategy(strategy), reason=PARKED_BEFORE)
    return one_goes_on(Fate.GUEST_PARKED, Strategy(strategy), guest.lines, {}, PARKED_BEFORE)


def mixed(guest: Draft, saved: Draft, settlement: Settlement, strategy: Strategy) -> Plan:
    """The merge of two carts, or the guest's parked where they cannot be one."""
    lines = merged(guest.lines, saved.lines, settlement, strategy, guest.id, mark_of(guest, saved))
    reason = None
    if not same_money(guest.lines, saved.lines):
        reason = "currency"
    elif cart_size(lines) > max(MAX_SIZE, saved.size):
        reason = "draft-full"
    if reason is not None:
        return one_goes_on(Fate.GUEST_PARKED, strategy, guest.lines, saved.lines, reason)
    return Plan(Fate.MERGED, strategy, lines, settlement.decisions, settlement.overflow)


def mark_of(guest: Draft, saved: Draft) -> Mark:
    """What the merge leaves on the lots that it brings; no client's writer has a colon."""
    return Mark(f"merge:{guest.id}", saved.revision + 1)


def one_goes_on(
    fate: Fate, strategy: Strategy, guest: Lines, saved: Lines, reason: str | None = None
) -> Plan:
    """One of two carts goes on as it is."""
    going = saved if fate is Fate.GUEST_PARKED else guest
    decisions = tuple(
        Decision(
            key,
            (saved.get(key) or guest[key]).identity.sku,
            *(pieces(each, key) for each in (guest, saved, going)),
        )
        for key in dict.fromkeys((*saved, *guest))
    )
    return Plan(fate, strategy, going, decisions, reason=reason)


def pieces(lines: Lines, key: str) -> int:
    """How many there are of a line."""
    return lines[key].quantity if key in lines else 0


def same_money(guest: Lines, saved: Lines) -> bool:
    """Whether a merge brings no currency into a priced cart that has not got it."""
    theirs = currencies(saved)
    return not theirs or currencies(guest) <= theirs


def currencies(lines: Lines) -> set[str]:
    """The currencies of the priced lines of a cart."""
    return {line.price.currency for line in lines.values() if line.price is not None}


def cart_size(lines: Lines) -> int:
    """Roughly how many bytes of JSON the lines of a cart take."""
    return sum(line_size(line) for line in lines.values())


# -- receipts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CartReceipt:
    """What a claim did with one cart or form: `draft` was the guest's, `cart` goes on, `parked` waits.

    `beside` is what a customer who chooses between two forms reads of them, `revision` the guest's draft's.
    `begun_on` is the channel on which that was opened, where it is known.
    """

    draft: str
    process: str
    key: str
    strategy: Strategy | FormStrategy
    fate: Fate
    reason: str | None
    cart: str
    parked: str | None
    at: int
    decisions: tuple[Decision, ...] = ()
    overflow: tuple[Overflow, ...] = ()
    undone: bool = False
    kind: str = "cart"
    beside: Mapping[str, Json] = field(default_factory=dict)
    revision: int = 0
    begun_on: str | None = None

    @property
    def moved_to(self) -> str:
        """Where the guest's lines went."""
        return self.parked if self.fate is Fate.GUEST_PARKED and self.parked else self.cart

    def is_untouched(self, draft: Draft) -> bool:
        """Whether the draft that the guest's became is as it was then; parking one is a step of its own."""
        return draft.revision == self.revision + (2 if self.fate is Fate.GUEST_PARKED else 1)

    @property
    def settlement(self) -> Settlement:
        """What there is to be undone."""
        return Settlement(self.fate, self.decisions, self.overflow)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a claim did, cart by cart, by the guest's draft.

    `crossed_out` holds the highest seal of each cart that was given up: whoever was slow must not
    apply it any more.
    """

    id: str
    customer: str
    carts: Mapping[str, CartReceipt] = field(default_factory=dict)
    crossed_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_claim(self) -> bool:
        """Whether it is of a claim, and not of two customers who became one."""
        return self.id.startswith("cl_")

    def having(self, cart: CartReceipt) -> "Receipt":
        """The receipt with what was done with one cart."""
        return replace(self, carts={**self.carts, cart.draft: cart})

    def without(self, draft: str, seal: int) -> "Receipt":
        """The receipt with a seal crossed out."""
        return replace(
            self, crossed_out={**self.crossed_out, draft: max(seal, self.crossed_out.get(draft, 0))}
        )


def receipt_json(receipt: Receipt | None) -> dict[str, Json]:
    """A receipt as the customer reads it; a claim that found nothing has no id."""
    drafts = receipt.carts.values() if receipt else ()
    return {
        "id": receipt.id if receipt and drafts else None,
        "carts": [cart_receipt_json(each) for each in drafts if each.kind == "cart"],
        "forms": [form_receipt_json(each) for each in drafts if each.kind == "form"],
    }


def form_receipt_json(form: CartReceipt) -> dict[str, Json]:
    """What was done with one form, and what there is to choose from."""
    return {
        "draft": form.draft,
        "process": form.process,
        "key": form.key,
        "form": form.cart,
        "parked": form.parked,
        "strategy": str(form.strategy),
        "fate": str(form.fate),
        "reason": form.reason,
        **form.beside,
        "claimed_at": timestamp(form.at),
        "undo_until": timestamp(form.at + UNDO_FOR),
        "undone": form.undone,
    }


def cart_receipt_json(cart: CartReceipt) -> dict[str, Json]:
    """What was done with one cart."""
    return {
        "draft": cart.draft,
        "process": cart.process,
        "key": cart.key,
        "cart": cart.cart,
        "parked": cart.parked,
        **outcome_json(cart),
        "claimed_at": timestamp(cart.at),
        "undo_until": timestamp(cart.at + UNDO_FOR),
        "undone": cart.undone,
    }


def outcome_json(outcome: CartReceipt | Plan) -> dict[str, Json]:
    """What a strategy comes to, line by line."""
    return {
        "strategy": str(outcome.strategy),
        "fate": str(outcome.fate),
        "reason": outcome.reason,
        "lines": [
            {
                "key": line.key,
                "sku": line.sku,
                "guest": line.guest,
                "saved": line.saved,
                "result": line.result,
            }
            for line in outcome.decisions
        ],
        "overflow": [
            {"key": each.key, "sku": each.sku, "quantity": each.quantity} for each in outcome.overflow
        ],
    }


def preview_json(guest: Draft, saved: Draft | None, most: int = MAX_LINE_QUANTITY) -> dict[str, Json]:
    """What every strategy would make of a guest's cart; nothing is done."""
    return {
        "draft": guest.id,
        "process": guest.process,
        "key": guest.key,
        "cart": saved and saved.id,
        "choices": [outcome_json(plan(guest, saved, strategy, most)) for strategy in Strategy],
    }


def beside_json(guest: Draft, saved: Draft | None, process: Process, *, with_values: bool) -> dict[str, Json]:
    """A guest's form and the saved one: who was at work in each, how far each is, and where they differ.

    Where nothing is saved, nothing differs.
    """
    steps = [step.id for step in process.steps]
    differs = differences(guest, saved) if saved else []
    return {
        "guest": touched_json(guest, steps),
        "saved": touched_json(saved, steps) if saved else None,
        "differs": differs if with_values else [each["path"] for each in differs],
    }


def form_preview_json(guest: Draft, saved: Draft | None, process: Process) -> dict[str, Json]:
    """A guest's form beside the saved one, with the values that differ, and what each strategy comes to."""
    plans = [plan_form(guest, saved, strategy, process.rules) for strategy in FormStrategy]
    return {
        "draft": guest.id,
        "process": guest.process,
        "key": guest.key,
        "form": saved and saved.id,
        **beside_json(guest, saved, process, with_values=True),
        "choices": [
            {"strategy": str(each.strategy), "fate": str(each.fate), "reason": each.reason} for each in plans
        ],
    }


def shown_of(guest: Draft, saved: Draft | None) -> Shown:
    """The two carts as a preview shows them."""
    return Shown(guest.revision, saved and saved.id, saved.revision if saved else 0)


def still_saved(shown: Shown, saved: Draft | None) -> bool:
    """Whether the customer's cart is the one that was shown, and as it was then."""
    return (shown.saved, shown.revision) == ((saved.id, saved.revision) if saved else (None, 0))
