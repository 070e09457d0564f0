"""What people paste: a handoff's token, or the link that carries it in its fragment."""

import uuid
from urllib.parse import parse_qs, urlsplit


def token_and_nonce(text: str) -> tuple[str, str]:
    """The handoff token in a token or link, and the nonce under which to redeem it.

    A page that the landing page led to has a fragment `retoma=<token>~<nonce>` and repeats that
    nonce; a link as it was handed over is just the token in its fragment, and gets a fresh one.
    """
    fragment = urlsplit(text).fragment or text
    carried = parse_qs(fragment).get("retoma", [fragment])[0]
    token, _, nonce = carried.partition("~")
    return token, nonce or uuid.uuid4().hex
