"""Importing carts from another system: each once, under the name that the other system has for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.stores import Write
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.cart_ops import CartChange, CartOp, read_op
from retoma_server.domain.carts import merge_cart
from retoma_server.domain.changes import Rejected
from retoma_server.domain.drafts import Draft
from retoma_server.domain.errors import Conflicting, Invalid
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.processes import DAY

from . import records
from .callers import Caller, principal_of
from .current import current_desk, current_key
from .customers import living
from .deps import Deps
from .desk import Desk
from .drafts import Wish, begin, kind_of_draft, new_draft
from .identifiers import identified
from .once import fingerprint
from .retrying import retried
from .tenants import Tenant

KNOWN_FOR = 90 * DAY
"""How long a cart's name in the other system is remembered, so that it is not imported again."""
MEMBERS = frozenset(
    ("sku", "attributes", "offer", "fulfilment", "parent", "split", "quantity", "info", "price")
)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A cart of another system: its `name` there, whose it is (one of the two), its lines as they came."""

    name: str
    process: str
    key: str
    lines: Sequence[Mapping[str, Any]]
    customer: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """The cart that an imported one is here; `fresh` where it was made just now."""

    draft: str
    fresh: bool


def may_import(deps: Deps, caller: Caller) -> Principal:
    """The service, which alone may import; raises Forbidden."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.IMPORT_CARTS)
    return principal


def import_cart(deps: Deps, caller: Caller, foreign: Foreign) -> Imported:
    """Make a cart of one of another system, once for each customer and name.

    Raises Conflicting `cart-exists` where the customer has one already, Invalid `idempotency-key-reused`
    for another cart under a known name, and for a line that is none the code that an `add` of it
    would get; NotFound and Gone for a customer that is not there.
    """
    principal, tenant = may_import(deps, caller), caller.home
    kind_of_draft(deps, tenant, foreign.process, "cart")
    ops = read_lines(foreign.lines)
    if foreign.customer is not None:
        owner = living(deps, tenant, foreign.customer)
    else:
        owner = identified(deps, tenant, IdentifierKind.EXTERNAL_ID, foreign.external_id or "")
    return retried(deps, lambda: _import(deps, principal, tenant, owner, foreign, ops))


def read_lines(lines: Sequence[Mapping[str, Any]]) -> tuple[CartOp, ...]:
    """Each line as the add that makes it."""
    return tuple(read_line(number, raw) for number, raw in enumerate(lines))


def read_line(number: int, raw: Mapping[str, Any]) -> CartOp:
    """One line; raises Invalid, with its place."""
    pointer = f"/lines/{number}"
    if not raw.keys() <= MEMBERS:
        raise Invalid("unknown-field", errors=[{"pointer": pointer, "code": "unknown-field"}])
    try:
        return read_op({"op": "add", **raw}, 0, 0)
    except Rejected as refusal:
        raise Invalid(refusal.code, errors=[{"pointer": pointer, "code": refusal.code}]) from None


def _import(
    deps: Deps, principal: Principal, tenant: Tenant, owner: str, foreign: Foreign, ops: tuple[CartOp, ...]
) -> Imported:
    """Make the cart in one commit, or find the one that it became before."""
    name = records.imported(tenant.id, owner, tenant.keys.keyed_hash("import", foreign.name))
    pointer = current_key(tenant, owner, foreign.process, foreign.key)
    desk = current_desk(deps, tenant, owner, pointer, name)
    mark = fingerprint(tenant, [foreign.process, foreign.key, list(foreign.lines)], "import")
    known = desk.find(name)
    if known is not None:
        return imported_before(read_json(known.body), mark)
    if desk.sealed:
        raise Conflicting("cart-exists", draft=desk.draft_id)
    begin(desk, principal, pointer, filled(desk, principal, foreign, ops))
    remember_name(desk, name, mark)
    desk.commit()
    return Imported(desk.draft_id, fresh=True)


def remember_name(desk: Desk, name: str, mark: str) -> None:
    """Note what the cart on a desk was called elsewhere; the note goes when the customer is erased."""
    body = json_bytes({"draft": desk.draft_id, "mark": mark})
    terms = (records.pointers_term(desk.tenant.id, desk.customer),)
    desk.write(Write(name, body, terms, desk.now, desk.now + KNOWN_FOR))


def imported_before(known: Mapping[str, str], mark: str) -> Imported:
    """The cart that was imported under a name before."""
    if known["mark"] != mark:
        raise Invalid("idempotency-key-reused")
    return Imported(known["draft"], fresh=False)


def filled(desk: Desk, principal: Principal, foreign: Foreign, ops: tuple[CartOp, ...]) -> Draft:
    """A new cart with these lines; nobody is told that it was abandoned before it came here."""
    wish = Wish(foreign.process, foreign.key, "cart")
    empty = new_draft(desk, wish)
    most = desk.process_of(empty).line_quantity
    try:
        draft, _ = merge_cart(empty, CartChange(ops), principal.author(), desk.now, most)
    except Rejected as refusal:
        raise Invalid(refusal.code) from None
    return draft._replace(upkeep=draft.upkeep._replace(abandoned=True))
