"""The other job: a cart filled on two devices, claimed at a sign-in, ordered once; by the Python SDK."""

from dataclasses import dataclass

import retoma

from ..shop.shop import PRICES
from .transcript import Transcript

MUG = retoma.Price(PRICES["mug"], "EUR")
LAMP = retoma.Price(PRICES["lamp"], "EUR")


@dataclass(frozen=True)
class Errand:
    """What became of the cart: pieces that were added, pieces that were ordered, orders that were made."""

    added: int
    ordered: int
    orders: int

    @property
    def lost(self) -> int:
        """Pieces that somebody added and that were not ordered, or were ordered and never added."""
        return abs(self.added - self.ordered)


def run_errand(server: str, keys: tuple[str, str], says: Transcript) -> Errand:
    """Play it; `keys` are the publishable and the secret one. Raises RetomaError where it breaks."""
    shop = retoma.Client(server, keys[1])
    ana = shop.customer("errand", channel="web", device="desktop")
    guest = retoma.Client(server, keys[0], channel="mobile_web", device="phone").visitor()
    says.chapter("A cart, meanwhile: begun at home, gone on with as a guest")
    desktop, phone = ana.cart(), guest.cart()
    put(desktop, "Desktop", "lamp", 1, LAMP, says)
    put(phone, "Phone", "mug", 2, MUG, says)
    claim = ana.claim(guest)
    says.tell("Phone", "signs in: the guest's cart comes into the saved one")
    for line in claim.carts[0].lines:
        says.aside(f"{line.sku}: {line.guest} from the guest, {line.saved} saved, now {line.result}")
    phone = ana.cart()
    add_at_once(desktop, phone, says)
    return order(ana, phone, added=1 + 2 + 1 + 1, says=says)


def put(cart: retoma.Cart, who: str, sku: str, number: int, price: retoma.Price, says: Transcript) -> None:
    """Put pieces into a cart."""
    cart.add(sku, number, price=price)
    cart.save()
    says.tell(who, f"adds {number} {sku if number == 1 else sku + 's'}")


def add_at_once(desktop: retoma.Cart, phone: retoma.Cart, says: Transcript) -> None:
    """Both add the same mug, and neither has seen that the other does."""
    desktop.add("mug", price=MUG)
    phone.add("mug", price=MUG)
    desktop.save()
    phone.save()
    phone.refresh()
    (mugs,) = [line.quantity for line in phone.lines if line.sku == "mug"]
    says.tell("Desktop", "and the phone each add a mug, at the same moment")
    says.aside(f"both count: one line, {mugs} mugs")


def order(ana: retoma.Client, cart: retoma.Cart, added: int, says: Transcript) -> Errand:
    """Order it with a double click: the second one finds the first."""
    first = cart.complete()
    says.tell("Phone", "presses Order twice")
    try:
        ana.cart().complete()
    except retoma.CompletingError:
        says.aside("the second click is told that the order is under way")
    first.commit("A-1001")
    done = [each for each in ana.drafts(status="completed") if isinstance(each, retoma.Cart)]
    says.aside(f"ordered once, as A-1001, for {cart.totals.amounts[0].amount / 100:.2f} €")
    return Errand(added, sum(each.count for each in done), len(done))
