"""Asking the shop whether the lines of a cart can still be had, and at what price.

Nothing is held meanwhile: the cart is read, the shop asked, and its answer noted in one commit that
expects what was read. A shop that is silent, slow, or says what cannot be is noted as such, and only
an order may have to wait for it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from retoma_server.adapters.codec import json_bytes
from retoma_server.adapters.sending import NotSent, Refused
from retoma_server.adapters.stores import Stale, StoreBusy
from retoma_server.adapters.strict_json import parse
from retoma_server.domain.access import Verb
from retoma_server.domain.drafts import Draft
from retoma_server.domain.errors import Invalid, Malformed, RetomaError
from retoma_server.domain.events import EventType
from retoma_server.domain.hooks import Hook
from retoma_server.domain.lines import Line
from retoma_server.domain.rendering import line_json, timestamp
from retoma_server.domain.validating import Revalued, Verdict, read_verdicts, validated

from .callers import Caller
from .deps import Deps
from .desk import Desk
from .fencing import check_held
from .hooks import VALIDATE, signed
from .jobs import look
from .tenants import Tenant

SECONDS = 2.0
"""All that asking may take."""
MOST = 65_536
"""No answer is longer, in bytes."""
TRIES = 2
"""How often a cart is asked about that changes while it is."""
ASKED = ("key", "sku", "attributes", "offer", "fulfilment", "parent", "split", "quantity", "price")
"""What the shop is told of a line: not what the customer noted."""


@dataclass(frozen=True, slots=True)
class Word:
    """The shop's word before an order: of which revision of the cart, and `changes` that nobody has seen.

    `validation` is None where it was not asked, and `revision` where no hook is registered.
    """

    revision: int | None = None
    validation: str | None = None
    changes: tuple[Revalued, ...] = ()


UNASKED = Word()
"""Nobody was asked."""


def validate_cart(deps: Deps, tenant: Tenant, draft: str, reason: str) -> bool:
    """Have the shop asked about an open cart, and its answer noted; whether anything to be seen changed.

    `reason` is `resume`, `merge` or `assist`. A cart that changes meanwhile is asked about once more,
    and then left as it is. Does nothing without a hook, and raises nothing: whoever is at the cart
    goes on with what there was.
    """
    hook = deps.tenants.hook(tenant.id, VALIDATE)
    for _ in range(TRIES if hook else 0):
        try:
            return hook is not None and _validate(deps, tenant, hook, draft, reason)
        except Stale:
            continue
        except RetomaError:
            break
    return False


def _validate(deps: Deps, tenant: Tenant, hook: Hook, draft: str, reason: str) -> bool:
    desk = Desk(deps, tenant, draft, ())
    if not is_askable(desk):
        return False
    before = desk.draft.revision
    note(desk, ask(deps, tenant, hook, desk.draft, reason))
    return desk.draft.revision != before


def validate_order(deps: Deps, caller: Caller, draft: str, seen: int) -> Word:
    """Have the shop asked about a cart that its caller is about to order as they saw it.

    What the answer changed is noted; that it changed nothing is left to be noted with the order. Raises
    RetomaError `validation-unavailable` where the tenant chose to order nothing unasked, StoreBusy where
    others were faster each time, and Locked `lease-lost`.
    """
    hook = deps.tenants.hook(caller.home.id, VALIDATE)
    for _ in range(TRIES if hook else 0):
        desk, principal = look(deps, draft, caller, Verb.COMPLETE_DRAFT)
        check_held(desk, caller, principal)
        if hook is None or not is_askable(desk) or desk.draft.revision != seen:
            return Word(desk.draft.revision)
        with suppress(Stale):
            return word_of(desk, hook)
    if hook:
        raise StoreBusy
    return UNASKED


def word_of(desk: Desk, hook: Hook) -> Word:
    """The shop's word about the cart on a desk, noted where it changes lines; raises Stale."""
    verdicts = ask(desk.deps, desk.tenant, hook, desk.draft, "completion")
    if verdicts is None and hook.blocks:
        raise RetomaError("validation-unavailable")
    _, changes = validated(desk.draft, verdicts, desk.now)
    if changes:
        note(desk, verdicts)
    return Word(desk.draft.revision, "stale" if verdicts is None else "ok", changes)


def is_askable(desk: Desk) -> bool:
    """Whether the draft on a desk is a cart that may still change, and has lines."""
    return desk.sealed is not None and not desk.over() and desk.draft.open and bool(desk.draft.lines)


def note(desk: Desk, verdicts: Mapping[str, Verdict] | None) -> tuple[Revalued, ...]:
    """Commit what the shop said, or that it said nothing; raises Stale when the cart is another by now."""
    before = desk.draft
    after, changes = validated(before, verdicts, desk.now)
    desk.save(after)
    if after.revision != before.revision:
        desk.tell(EventType.DRAFT_CHANGED, None, before.revision, len(changes))
    desk.commit()
    return changes


def ask(deps: Deps, tenant: Tenant, hook: Hook, draft: Draft, reason: str) -> Mapping[str, Verdict] | None:
    """The shop's answer about each line of a cart; None where it gave none that can be believed.

    A shop that is silent is not asked again at once, except about an order: it may hold up many carts.
    """
    if reason != "completion" and deps.sender.rests(hook.url):
        return None
    now = datetime.now(UTC)
    body = json_bytes(question(draft, reason, now))
    headers = signed(tenant, hook, deps.ids.nonce(), now, body)
    try:
        answer = deps.sender.post(hook.url, headers, body, seconds=SECONDS, most=MOST)
        return read_verdicts(parse(answer), draft.lines.keys())
    except (NotSent, Refused, Malformed, Invalid, ValueError):
        return None


def question(draft: Draft, reason: str, now: datetime) -> dict[str, Any]:
    """What the shop is asked."""
    return {
        "type": VALIDATE,
        "timestamp": timestamp(int(now.timestamp() * 1000)),
        "reason": reason,
        "draft": draft.id,
        "customer": draft.customer,
        "process": draft.process,
        "key": draft.key,
        "lines": [asked_of(line) for line in draft.lines.values()],
    }


def asked_of(line: Line) -> dict[str, Any]:
    """What the shop is told of a line."""
    shown = line_json(line)
    return {name: shown[name] for name in ASKED}
