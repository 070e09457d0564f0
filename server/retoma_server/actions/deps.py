"""The collaborators that every action is handed; made once, in `app.py`, or by a test."""

from collections.abc import Callable
from dataclasses import dataclass

from retoma_server.adapters.bus import Bus
from retoma_server.adapters.checkpoints import Checkpoints
from retoma_server.adapters.ids import Ids
from retoma_server.adapters.limiting import Limits
from retoma_server.adapters.mailing import Mailer
from retoma_server.adapters.openid import OpenId
from retoma_server.adapters.passwords import Passwords
from retoma_server.adapters.provider_tokens import ProviderTokens
from retoma_server.adapters.sending import Sender
from retoma_server.adapters.stores import Store
from retoma_server.adapters.tokens import Cursors, CustomerTokens, Previews, Trips
from retoma_server.adapters.vault import Vault

from .sightings import Sightings
from .sign_ins import SignIns
from .tenants import Tenants
from .turns import Turns


@dataclass(frozen=True, slots=True)
class Deps:
    """What the actions work with. `sleep` waits between tries (seconds); `public_url` ends without `/`.

    `frame_ancestor` is the origin whose page may show the console in a frame, for development.
    """

    store: Store
    bus: Bus
    vault: Vault
    tokens: CustomerTokens
    provider_tokens: ProviderTokens
    sign_ins: SignIns
    sightings: Sightings
    cursors: Cursors
    previews: Previews
    openid: OpenId
    trips: Trips
    ids: Ids
    passwords: Passwords
    tenants: Tenants
    turns: Turns
    limits: Limits
    sender: Sender
    mailer: Mailer
    checkpoints: Checkpoints
    public_url: str
    frame_ancestor: str | None
    sleep: Callable[[float], None]
