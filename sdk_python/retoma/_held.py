"""What staff began for nobody, in the hands of whoever opened its link."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ._cart import Cart
from ._claims import ClaimedCart, ClaimedForm
from ._draft import Draft
from ._opening import opened

if TYPE_CHECKING:
    from ._client import Client


def held(client: "Client", visitor: str, draft: Mapping[str, Any]) -> Draft | Cart:
    """The draft of a visitor who has just come to be: as them, or claimed where the client is somebody.

    A claim goes on with what the link led to; what they had in its place already is parked.
    """
    if not is_somebody(client.token or ""):
        return opened(client._speaking(visitor), draft)
    claim = client.claim(visitor)
    taken: tuple[ClaimedForm | ClaimedCart, ...] = (*claim.forms, *claim.carts)
    claimed = next(iter(taken), None)
    if claimed is None:  # there was nothing in it
        open_own = client.cart if draft["kind"] == "cart" else client.draft
        return open_own(draft["process"], draft["key"])
    if claimed.fate == "guest-parked" and claimed.parked:
        return client.activate(claimed.parked)
    reply = client._transport.request("GET", f"/v1/drafts/{quote(going_on(claimed), '')}")
    return opened(client, reply.body, reply.epoch)


def is_somebody(token: str) -> bool:
    """Whether a token is a visitor's or a customer's, by Retoma or by the shop's own identity provider."""
    return token.startswith(("vt_", "ct_")) or "." in token


def going_on(claimed: ClaimedForm | ClaimedCart) -> str:
    """The id of what the customer goes on with."""
    return claimed.form if isinstance(claimed, ClaimedForm) else claimed.cart
