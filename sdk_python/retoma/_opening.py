"""What the server sends of a draft, as the object that a program works with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._cart import Cart
from ._draft import Draft

if TYPE_CHECKING:
    from ._client import Client


def opened(client: "Client", draft: Mapping[str, Any], epoch: str | None = None) -> Draft | Cart:
    """A draft as the server sent it, of its kind."""
    return Cart(client, draft, epoch) if draft["kind"] == "cart" else Draft(client, draft, epoch)
