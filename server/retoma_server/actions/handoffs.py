"""Handoffs: offer a draft to another device or to staff, look at a link, redeem it or decline it there."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from retoma_server.adapters.codec import read_handoff, read_passage
from retoma_server.adapters.ids import display_code, home, partition_of, secret_from
from retoma_server.adapters.stores import Commit, Stale, Write
from retoma_server.adapters.tokens import Credential, credential_text, hash_secret, same_secret
from retoma_server.domain.access import Kind, Principal, Verb, authorize
from retoma_server.domain.assists import Consent
from retoma_server.domain.devices import DeviceKind
from retoma_server.domain.drafts import check_open
from retoma_server.domain.errors import Forbidden, Gone, NotFound, Unauthenticated
from retoma_server.domain.events import EventType
from retoma_server.domain.handoffs import CODE_LIFE, LIVES, Handoff, Passage, redeemed
from retoma_server.domain.processes import Process

from . import records
from .callers import Caller, known_tenant, principal_of
from .deps import Deps
from .desk import Desk
from .device_ids import device_id
from .drafts import for_device, show
from .holding import held_again, is_nobodys, take_hold
from .identity import Minted
from .jobs import Job, look, work
from .letters import checked_address, require_code, send_link
from .matching import require_match
from .noting import note_at
from .passages import Access, handoff_write, passage_key, passage_write
from .retrying import retried
from .revoking import revoke, withdraw
from .tenants import Tenant
from .urls import check_url


@dataclass(frozen=True, slots=True)
class Offer:
    """A handoff just made, with the only sight of its secret: a link for a device, a code for staff."""

    handoff: Handoff
    link: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """To whom a draft is to be handed off: to a `device`, by `email` or `phone`, or to `staff`.

    `url` is the page to go on with, the process's own by default; `language` that of the letter. With
    `confirm` a device gets it once its two digits were picked; None: if the draft holds restricted values.
    `consent` is what the customer lets staff do.
    """

    to: str
    url: str | None = None
    address: str | None = field(default=None, repr=False)
    language: str = "en"
    confirm: bool | None = None
    consent: Consent = field(default_factory=Consent)


def create_handoff(deps: Deps, caller: Caller, draft: str, wish: Wish) -> Offer:
    """Offer a draft by a link (10 minutes, 24 hours where it is sent), to staff by a short code (5 minutes).

    An earlier offer of the same draft to the same side ends. A link that is sent is in the letter only.
    Raises Invalid `url-not-allowed`, or `validation-failed` for what is no address; Conflicting as
    `check_open` does; TooMany for one address, or one tenant; CannotSend where the letter was not taken.
    """
    return make_offer(deps, caller, draft, wish, Giving(Verb.HAND_OFF, refuse_renewal))


def refuse_renewal(_: Desk, principal: Principal, to: str) -> None:
    """Raise Forbidden for a grant that would make another: it could renew itself for ever."""
    if to != "staff" and principal.kind is Kind.GRANT:
        raise Forbidden("insufficient-scope")


@dataclass(frozen=True, slots=True)
class Giving:
    """By what right a draft is offered, and what else is decided in the same commit, for that side."""

    verb: Verb
    decide: Callable[[Desk, Principal, str], None]


def make_offer(deps: Deps, caller: Caller, draft: str, wish: Wish, giving: Giving) -> Offer:
    """Offer a draft; raises what `create_handoff` does, and what `giving` decides."""
    look(deps, draft, caller, giving.verb)
    tenant = caller.home
    check_url(deps, tenant, wish.url)
    wish = replace(wish, address=checked_address(deps, caller, wish.to, wish.address))
    handoff = deps.ids.new("ho", partition_of(draft))
    if wish.to == "staff":
        code = reserve_code(deps, tenant, handoff)
        made, _ = _offer(deps, caller, Offering(draft, handoff, code_hash(tenant, code), wish, giving))
        return Offer(made, code=display_code(code))
    secret = deps.ids.secret()
    made, process = _offer(deps, caller, Offering(draft, handoff, hash_secret(secret), wish, giving))
    token = credential_text("ho", tenant.id, subject=handoff, secret=secret)
    link = f"{deps.public_url}/r#{token}"
    if wish.address is None:
        return Offer(made, link=link)
    send_link(deps, tenant, made, process, wish.address, link)
    return Offer(made)


@dataclass(frozen=True, slots=True)
class Offering:
    """A handoff that is about to be made."""

    draft: str
    handoff: str
    secret_hash: str
    wish: Wish
    giving: Giving


def _offer(deps: Deps, caller: Caller, offering: Offering) -> tuple[Handoff, Process]:
    wish, handoff = offering.wish, offering.handoff

    def decide(desk: Desk, principal: Principal) -> tuple[Handoff, Process]:
        check_open(desk.draft)
        offering.giving.decide(desk, principal, wish.to)
        withdraw_earlier(desk, wish.to, handoff)
        made = Handoff(
            handoff,
            offering.draft,
            desk.customer,
            wish.to,
            offering.secret_hash,
            desk.now,
            desk.now + LIVES[wish.to],
            principal.channel,
            desk.sealed_text("url", handoff, wish.url or desk.process.url),
            address=desk.sealed_text("address", handoff, wish.address),
            language=wish.language,
            confirm=wish.confirm,
            consent=wish.consent,
        )
        desk.write(handoff_write(desk.tenant, made, desk.now))
        desk.tell(EventType.HANDOFF_CREATED, principal, desk.draft.revision, handoff=handoff)
        return made, desk.process

    made: tuple[Handoff, Process] = work(deps, offering.draft, Job(caller, offering.giving.verb, decide))
    return made


def withdraw_earlier(desk: Desk, to: str, successor: str) -> None:
    """Revoke the offer that is still open for the same side, and name the new one in its place.

    Of what is nobody's one offer is open, for whichever side: by a second one somebody else would be let
    into what the first has made somebody's.
    """
    for side in LIVES if is_nobodys(desk) else (to,):
        withdraw(desk, side)
    pointer = records.offer(desk.tenant.id, desk.draft_id, to)
    desk.write(Write(pointer, successor.encode(), due=desk.now + LIVES[to]))


def code_hash(tenant: Tenant, code: str) -> str:
    """How a short code is stored: keyed, because 34 bits could be guessed from a plain hash."""
    return tenant.keys.keyed_hash("code", code)


def reserve_code(deps: Deps, tenant: Tenant, handoff: str) -> str:
    """Find a code that nobody has now and point it to a handoff-to-be, in the code's own partition.

    Should the handoff never be made, the pointer leads nowhere until it is swept.
    """
    while True:
        code = deps.ids.short_code()
        hashed = code_hash(tenant, code)
        place, key = home(tenant.id, hashed), records.code(tenant.id, hashed)
        due = deps.store.now() + CODE_LIFE
        try:
            deps.store.commit(place, Commit({key: 0}, [Write(key, handoff.encode(), due=due)]))
        except Stale:
            continue
        return code


# -- redeeming ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What redeeming a link gave: a grant, the draft, and the page to go on with.

    Of a draft that was nobody's until now also the token of the `visitor` whose it is.
    """

    grant: str = field(repr=False)
    expires_at: int
    url: str | None
    draft: bytes
    epoch: str
    revision: int
    visitor: Minted | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link leads to, for whoever has it: whose process, begun when and where; the page to go on with.

    Times are in milliseconds.
    """

    tenant: Tenant
    process: Process
    started_at: int
    channel: str
    expires_at: int
    url: str | None


def preview_handoff(deps: Deps, token: Credential) -> Preview:
    """What a link leads to, without using it up; raises NotFound `handoff-invalid`."""
    tenant, known = known_handoff(deps, token)
    desk = Desk(deps, tenant, known.draft, (records.handoff(tenant.id, known.id),))
    handoff = on_offer(desk, known.id)
    if not handoff.pending(desk.now):
        raise NotFound("handoff-invalid")
    url = desk.opened_text("url", handoff.id, handoff.url)
    return Preview(tenant, desk.process, desk.draft.created_at, handoff.channel, handoff.expires_at, url)


def decline_link(deps: Deps, caller: Caller, token: Credential) -> None:
    """End a link that whoever has it did not ask for, and tell the owner; raises NotFound `handoff-invalid`.

    What it gave already stays: only its owner takes that back.
    """
    principal, tenant, known = _linked(deps, caller, token)

    def decline() -> None:
        desk = Desk(deps, tenant, known.draft, (records.handoff(tenant.id, known.id),))
        handoff = on_offer(desk, known.id)
        if not handoff.live(desk.now):
            raise NotFound("handoff-invalid")
        revoke(desk, principal, handoff)
        desk.commit()

    retried(deps, decline)


def on_offer(desk: Desk, handoff: str) -> Handoff:
    """A handoff on a desk whose draft can still be picked up; raises NotFound `handoff-invalid`."""
    record = desk.find(records.handoff(desk.tenant.id, handoff))
    try:
        if record is None or not desk.sealed or not desk.draft.open or desk.over():
            raise NotFound("handoff-invalid")
    except Gone:  # the customer was erased, which is nobody's business
        raise NotFound("handoff-invalid") from None
    return read_handoff(record.body)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to redeem a link: a random name for it, the device's label, the code that was sent."""

    nonce: str = field(repr=False)
    device: str | None = None
    code: str | None = field(default=None, repr=False)

    def secret(self, tenant: Tenant, kind: str, token: Credential) -> str:
        """The secret of what this attempt gets: the same again whenever it is repeated."""
        return secret_from(tenant.keys.mac(kind, f"{token.secret}.{self.nonce}".encode()))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an attempt may get: the secret of a grant, and that of a visitor for a draft that is nobody's."""

    grant: str = field(repr=False)
    holder: str = field(repr=False)


def redeem_link(deps: Deps, caller: Caller, token: Credential, attempt: Attempt) -> Redeemed:
    """Redeem a link once; the same nonce within 60 seconds gets the same grant again.

    A link that was sent asks for the code that is then sent: Forbidden `code-required` and `code-wrong`.
    Others may ask for the owner to pick two digits: `match-required`. Who opens a draft that is nobody's
    has it from then on. Raises NotFound `handoff-invalid` alike for unknown, used, revoked and expired ones,
    and for those of another tenant than the caller's.
    """
    principal, tenant, handoff = _linked(deps, caller, token)
    secrets = Secrets(*(attempt.secret(tenant, kind, token) for kind in ("grant", "holder")))
    return retried(deps, lambda: _redeem(deps, principal, tenant, handoff, attempt, secrets))


def _linked(deps: Deps, caller: Caller, token: Credential) -> tuple[Principal, Tenant, Handoff]:
    """Who holds a link, whose it is, and the handoff; raises NotFound `handoff-invalid`."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.REDEEM_LINK)
    tenant, handoff = known_handoff(deps, token)
    if caller.tenant is not None and caller.tenant.id != tenant.id:
        raise NotFound("handoff-invalid")
    return principal, tenant, handoff


def known_handoff(deps: Deps, token: Credential) -> tuple[Tenant, Handoff]:
    """The handoff of a link's token; raises NotFound `handoff-invalid`."""
    if token.kind != "ho":
        raise NotFound("handoff-invalid")
    try:
        tenant = known_tenant(deps, token.tenant)
    except Unauthenticated:
        raise NotFound("handoff-invalid") from None
    key = records.handoff(tenant.id, token.subject)
    record = deps.store.read(partition_of(token.subject), [key]).get(key)
    handoff = read_handoff(record.body) if record else None
    if handoff is None or not handoff.by_link or not same_secret(handoff.secret_hash, token.secret):
        raise NotFound("handoff-invalid")
    return tenant, handoff


def _redeem(
    deps: Deps, asking: Principal, tenant: Tenant, known: Handoff, attempt: Attempt, secrets: Secrets
) -> Redeemed:
    desk = Desk(deps, tenant, known.draft, (records.handoff(tenant.id, known.id),))
    handoff = on_offer(desk, known.id)
    hashed = hash_secret(attempt.nonce)
    if handoff.repeats(hashed, desk.now) and handoff.passage:
        passage = _live_passage(desk, handoff.passage)
        visitor = held_again(desk, secrets.holder) if handoff.gave_hold else None
    else:
        passage, visitor = _let_in(desk, asking, handoff, attempt, secrets)
        desk.commit()
    shown = for_device(show(desk, grant_principal(tenant, passage, asking.channel)), desk.process)
    grant = credential_text("gr", tenant.id, subject=passage.id, secret=secrets.grant)
    url = desk.opened_text("url", handoff.id, handoff.url)
    return Redeemed(grant, passage.expires_at, url, shown.json, shown.epoch, shown.revision, visitor)


def _let_in(
    desk: Desk, asking: Principal, handoff: Handoff, attempt: Attempt, secrets: Secrets
) -> tuple[Passage, Minted | None]:
    """Let a device have a draft that has shown what its link asks for; whoever is the first has it."""
    tenant, hashed = desk.tenant, hash_secret(attempt.nonce)
    if handoff.address is not None and handoff.pending(desk.now):
        require_code(desk, handoff, attempt.code)
    if not is_nobodys(desk):  # else there is nobody who could pick the digits
        require_match(desk, handoff, asking, hashed, attempt.device)
    name = desk.deps.ids.new("gr", desk.partition)
    about = (name, desk.draft_id, desk.customer, handoff.id, desk.now, desk.now, hash_secret(secrets.grant))
    passage = Passage(*about, device=desk.sealed_text("device", name, attempt.device))
    done = redeemed(handoff, passage_key(tenant.id, passage), hashed, desk.now)
    visitor = take_hold(desk, secrets.holder)
    admit(desk, replace(done, gave_hold=visitor is not None), passage)
    principal = _newcomer(desk, passage, visitor, asking.channel)
    note_at(desk, replace(principal, device=attempt.device))
    desk.tell(EventType.HANDOFF_REDEEMED, principal, desk.draft.revision, handoff=handoff.id)
    return passage, visitor


def _newcomer(desk: Desk, passage: Passage, visitor: Minted | None, channel: str) -> Principal:
    """Who has just come by a link: with a grant, or as the visitor whose draft it is."""
    tenant = desk.tenant
    if visitor is None:
        known_by = partial(device_id, tenant, DeviceKind.LINK, passage.id)
        return replace(grant_principal(tenant, passage, channel), known_by=known_by)
    known_by = partial(device_id, tenant, DeviceKind.VISITOR, desk.customer)
    about = (tenant.id, desk.customer, desk.customer)
    return Principal(Kind.VISITOR, *about, passage=passage, channel=channel, known_by=known_by)


def _live_passage(desk: Desk, key: str) -> Passage:
    record = desk.fetch(key)
    passage = read_passage(record.body) if record else None
    if passage is None or not passage.live(desk.now):
        raise NotFound("handoff-invalid")
    return passage


def admit(desk: Desk, handoff: Handoff, access: Access) -> None:
    """Write a handoff as redeemed together with the access that it gave."""
    desk.fetch(passage_key(desk.tenant.id, access))
    desk.write(handoff_write(desk.tenant, handoff, desk.now))
    desk.write(passage_write(desk.tenant.id, access, desk.now))


def grant_principal(tenant: Tenant, passage: Passage, channel: str) -> Principal:
    """Whoever came by a link, as the principal that they now are."""
    about = (tenant.id, passage.id, passage.customer, passage.draft, passage)
    return Principal(Kind.GRANT, *about, channel=channel)
