"""What tests of carts share: the server's own merging without a network, and a device that fills a cart."""

from collections.abc import Iterable, Mapping
from typing import Any

from retoma._cart_view import fold
from retoma._filling import CartTransaction, Filling
from retoma._local_cart import LocalCart
from retoma._ops import Op
from retoma._stored import Base
from retoma_server.domain.authors import Author
from retoma_server.domain.cart_ops import read_cart_change
from retoma_server.domain.carts import merge_cart
from retoma_server.domain.changes import Rejected
from retoma_server.domain.drafts import Draft, delta
from retoma_server.domain.rendering import delta_json, draft_json, warned_json
from retoma_server.domain.validating import Verdict, validated

from .wire import EPOCH


class Shelf:
    """The server's cart: every change of a writer is merged once, however often it comes."""

    def __init__(self) -> None:
        """Begin with an empty cart."""
        self.draft = Draft("dr_1", "cart", "cart", "default", "cu_1", 0, 0, 0)
        self.last: dict[str, int] = {}

    def json(self) -> dict[str, Any]:
        """The cart as its owner reads it."""
        return draft_json(self.draft)

    def word(self, verdicts: Mapping[str, Verdict]) -> None:
        """Let the shop say something of each line."""
        self.draft, _ = validated(self.draft, verdicts, 0)

    def change(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a writer's changes."""
        results = [self.take(request["writer"], change) for change in request["changes"]]
        told = delta_json(delta(self.draft, request["since"]), EPOCH)
        answer = {"revision": self.draft.revision, "epoch": EPOCH, "results": results}
        return {**answer, "conflicts": [], "delta": told}

    def take(self, writer: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        """What becomes of one change."""
        seq = raw["seq"]
        if seq <= self.last.get(writer, 0):
            return {"seq": seq, "status": "replayed", "revision": self.draft.revision}
        assert seq == self.last.get(writer, 0) + 1, "a gap"
        self.last[writer] = seq
        try:
            change = read_cart_change(raw, self.draft.revision)
            self.draft, filled = merge_cart(self.draft, change, Author("customer", writer=writer), 0)
        except Rejected as refusal:
            return {"seq": seq, "status": "rejected", "revision": self.draft.revision, "code": refusal.code}
        warnings = [warned_json(warned) for warned in filled.warnings]
        return {"seq": seq, "status": "applied", "revision": self.draft.revision, "warnings": warnings}


class Device(Filling):
    """One writer's cart, and a shelf to save it on."""

    def __init__(self, shelf: Shelf, writer: str = "w_me") -> None:
        """Open the cart that is on the shelf."""
        self.shelf = shelf
        self.local = LocalCart(writer, Base(shelf.json(), EPOCH))

    def _edit(self, ops: Iterable[Op]) -> None:
        """Take the ops in; combining them with others never changes what is seen."""
        made = tuple(ops)
        shows = fold(self.local.view, made)
        self.local = self.local.edited(made)
        assert self.local.view == shows

    def together(self, transaction: CartTransaction) -> None:
        """Take in a transaction."""
        self.local = self.local.transacted(transaction._ops)

    def send(self, *, lost: bool = False) -> dict[str, Any] | None:
        """Send the next batch, and take in the answer unless it is lost."""
        batch = self.local.outbox.batch()
        if not batch:
            return None
        self.local = self.local.sending(batch)
        answer = self.shelf.change(self.local.request(batch))
        if not lost:
            self.local = self.local.replied(answer)
        return answer

    def save(self) -> list[str]:
        """Save everything; the codes of the warnings."""
        answers = []
        while self.local.outbox.changes:
            answers.append(self.send())
        results = [result for answer in answers if answer for result in answer["results"]]
        return [warned["code"] for result in results for warned in result.get("warnings", ())]

    def hear(self) -> None:
        """Take in what is new on the shelf, as an event tells it."""
        told = delta(self.shelf.draft, self.local.base.revision)
        self.local = self.local.caught_up(delta_json(told, EPOCH))

    @property
    def quantities(self) -> dict[str, int]:
        """How many there are of each sku on screen."""
        return {line["sku"]: line["quantity"] for line in self.local.view.values()}

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """The ops that wait, without what was seen."""
        wires = [dict(op.wire) for op in self.local.outbox.ops()]
        return [{name: value for name, value in wire.items() if name != "seen"} for wire in wires]


def shown(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines in their order, without what only the server knows: who, when, at which revision."""
    hidden = ("revision", "by")
    plain = [{name: value for name, value in line.items() if name not in hidden} for line in lines]
    return [{**line, "price": without_time(line["price"])} for line in plain]


def without_time(price: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A price without the time at which it was shown."""
    return None if price is None else {name: value for name, value in price.items() if name != "at"}
