"""The guest of a claim: proved by the visitor token in the body, who gets a new one in the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from retoma_server.adapters.codec import json_bytes
from retoma_server.adapters.ids import partition_of, secret_from
from retoma_server.adapters.stores import Commit, Write
from retoma_server.adapters.tokens import credential_text, hash_secret, parse_credential, same_secret
from retoma_server.domain.access import Kind, Principal
from retoma_server.domain.errors import Gone, NotFound, Unauthenticated

from . import records
from .callers import caller_of, principal_of
from .customers import read_customer
from .deps import Deps
from .identity import Minted
from .tenants import Tenant

SPENT_KEPT = 8
"""How many replaced tokens of a visitor are still told of late changes, and may repeat their claim."""


@contextmanager
def erased_is_absent() -> Iterator[None]:
    """Raise NotFound for a guest who was erased meanwhile; the customer who claims was not."""
    try:
        yield
    except Gone:
        raise NotFound from None


@dataclass(frozen=True, slots=True)
class Guest:
    """Whose token came in the body of a claim; a spent one may only repeat it."""

    principal: Principal
    secret: str = field(repr=False)

    @property
    def customer(self) -> str:
        """The visitor."""
        return self.principal.customer or ""

    @property
    def spent(self) -> bool:
        """Whether the token was replaced by an earlier claim."""
        return self.principal.spent_by is not None


def proved_guest(deps: Deps, tenant: Tenant, token: str, customer: str) -> Guest:
    """The visitor behind a token.

    Raises NotFound alike for what is no visitor token, for a wrong one, one that is over, one of
    another tenant, and one that was spent by anybody but `customer`.
    """
    try:
        credential = parse_credential(token)
        principal = principal_of(deps, caller_of(deps, credential))
    except (Unauthenticated, Gone):
        raise NotFound from None
    if principal.kind is not Kind.VISITOR or principal.tenant != tenant.id:
        raise NotFound
    if principal.spent_by not in (None, customer):
        raise NotFound
    return Guest(principal, credential.secret)


def replace_token(deps: Deps, tenant: Tenant, guest: Guest, customer: str) -> Minted | None:
    """The visitor token that takes the place of the one that claimed: the same again for a repetition.

    None when that one was replaced too, by a later claim, or the visitor was erased meanwhile or merged
    into somebody else.
    """
    key, place = records.customer(tenant.id, guest.customer), partition_of(guest.customer)
    record = deps.store.read(place, [key]).get(key)
    fields = read_customer(record)
    if record is None or fields.get("erased") or fields.get("merged_into"):
        return None
    secret = secret_from(tenant.keys.mac("visitor", f"{guest.secret}.{customer}".encode()))
    current = fields.get("visitor") or ""
    if same_secret(current, guest.secret):
        spent = [[current, customer], *fields.get("spent", ())][:SPENT_KEPT]
        body = json_bytes({**fields, "visitor": hash_secret(secret), "spent": spent})
        write = Write(key, body, due=fields["visitor_until"] or None)
        deps.store.commit(place, Commit({key: record.revision}, [write]))
    elif not same_secret(current, secret):
        return None
    token = credential_text("vt", tenant.id, subject=guest.customer, secret=secret)
    return Minted(token, guest.customer, fields["visitor_until"])
