"""What staff began for nobody, in the hands of whoever opened its link."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ._cart import Cart
from ._claims import Claim, ClaimedCart, ClaimedForm
from ._draft import Draft
from ._errors import RetomaError
from ._opening import opened

if TYPE_CHECKING:
    from ._client import Client


def held(client: "Client", visitor: str, draft: Mapping[str, Any]) -> Draft | Cart:
    """The draft of a visitor who has just come to be: as them, or claimed where the client is somebody.

    Where it cannot be claimed yet it stays the visitor's: its link is used up, so nothing else leads to it.
    """
    claim = claim_of(client, visitor) if is_somebody(client.token or "") else None
    if claim is None:
        return opened(client._speaking(visitor), draft)
    return claimed(client, claim, draft)


def claim_of(client: "Client", visitor: str) -> Claim | None:
    """The claim of what a visitor has, None where it is refused just now."""
    try:
        return client.claim(visitor)
    except RetomaError:
        return None


def claimed(client: "Client", claim: Claim, draft: Mapping[str, Any]) -> Draft | Cart:
    """What a claim leads to: what the link did; what they had in its place already is parked."""
    taken: tuple[ClaimedForm | ClaimedCart, ...] = (*claim.forms, *claim.carts)
    one = next(iter(taken), None)
    if one is None:  # there was nothing in it
        open_own = client.cart if draft["kind"] == "cart" else client.draft
        return open_own(draft["process"], draft["key"])
    if one.fate == "guest-parked" and one.parked:
        return client.activate(one.parked)
    reply = client._transport.request("GET", f"/v1/drafts/{quote(going_on(one), '')}")
    return opened(client, reply.body, reply.epoch)


def is_somebody(token: str) -> bool:
    """Whether a token is a visitor's or a customer's, by Retoma or by the shop's own identity provider."""
    return token.startswith(("vt_", "ct_")) or "." in token


def going_on(claimed: ClaimedForm | ClaimedCart) -> str:
    """The id of what the customer goes on with."""
    return claimed.form if isinstance(claimed, ClaimedForm) else claimed.cart
