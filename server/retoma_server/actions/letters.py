"""Letters to customers: a link that is sent, and the code that shows that whoever opens it reads them too."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hmac import compare_digest

from retoma_server.adapters.codec import json_bytes
from retoma_server.adapters.identifying import normalised
from retoma_server.adapters.letters import Letter, letter
from retoma_server.adapters.mailing import Mailer, NoMailer
from retoma_server.adapters.texting import HookMailer
from retoma_server.domain.errors import Forbidden, Invalid, TooMany
from retoma_server.domain.handoffs import Handoff
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.processes import Process
from retoma_server.domain.proofs import Proof, sent_again, wait_for_code, wants_code
from retoma_server.domain.rendering import timestamp

from .callers import Caller
from .deps import Deps
from .desk import Desk
from .hooks import TEXT, signed
from .passages import handoff_write
from .tenants import Tenant

SENT = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}
"""To whom a link is sent, and what their address is."""
LIMITS = {"email": "emails", "phone": "texts"}
"""By which limit of its tenant a letter is counted."""


def checked_address(deps: Deps, caller: Caller, to: str, address: str | None) -> str | None:
    """The address that a link is sent to, None where none is sent.

    Raises Invalid for one that is none, or not asked for; TooMany for one that got many letters lately, and
    where the tenant's customers had many sent. What its own server has sent is the tenant's own choice.
    """
    tenant = caller.home
    if (to in SENT) != (address is not None):
        code = "required" if address is None else "unknown-field"
        raise Invalid(errors=[{"pointer": "/address", "code": code}])
    if address is None:
        return None
    try:
        checked = normalised(SENT[to], address, tenant.region)
    except Invalid:
        raise Invalid(errors=[{"pointer": "/address", "code": "invalid"}]) from None
    if caller.kind != "sk":
        deps.limits.hit_sending(LIMITS[to], tenant.id)
    deps.limits.hit("letters", tenant.id, tenant.keys.keyed_hash("letters", checked))
    return checked


def send_link(
    deps: Deps, tenant: Tenant, handoff: Handoff, process: Process, address: str, link: str
) -> None:
    """Send the link of a handoff; raises CannotSend."""
    title = process.title(handoff.language)
    until = datetime.fromtimestamp(handoff.expires_at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    words = letter(worded("link", handoff.to), handoff.language, title=title, link=link, until=until)
    mailer_of(deps, tenant, handoff.to).send(address, words)


def worded(name: str, to: str) -> str:
    """The letter of that name for whom it is: a text message has words of its own."""
    return f"{name}-phone" if to == "phone" else name


def mailer_of(deps: Deps, tenant: Tenant, to: str) -> Mailer:
    """Whoever delivers what is sent to this side: the operator's mail server, or the tenant's hook."""
    if to == "email":
        return deps.mailer
    hook = deps.tenants.hook(tenant.id, TEXT)
    if hook is None:
        return NoMailer()

    def seal(number: str, words: Letter) -> tuple[bytes, Mapping[str, str]]:
        now = datetime.now(UTC)
        told = {"type": TEXT, "timestamp": timestamp(int(now.timestamp() * 1000))}
        body = json_bytes({**told, "to": number, "text": words.text, "language": words.language})
        return body, signed(tenant, hook, deps.ids.nonce(), now, body)

    return HookMailer(deps.sender, hook.url, seal)


def require_code(desk: Desk, handoff: Handoff, code: str | None) -> None:
    """Raise Forbidden unless this is the code that was sent last.

    Without a code one is sent, unless one is under way (`code-required`); a wrong one is counted
    (`code-wrong`, with `tries_left`). Raises TooMany for a fourth code within an hour, and where the
    tenant's customers had many sent; CannotSend.
    """
    if code is None:
        proof = new_code(desk, handoff) if wants_code(handoff.proof, desk.now) else handoff.proof
        assert proof is not None, "a code was sent"
        raise Forbidden("code-required", until=timestamp(proof.until))
    proof = handoff.proof
    if proof is None or not proof.live(desk.now):
        raise Forbidden("code-wrong", tries_left=0)
    if not compare_digest(proof.code_hash, code_hash(desk, handoff, code)):
        keep(desk, handoff, proof.wrong())
        raise Forbidden("code-wrong", tries_left=proof.wrong().tries_left)


def new_code(desk: Desk, handoff: Handoff) -> Proof:
    """Send another code, noted before it is sent; the one before it is over."""
    wait = wait_for_code(handoff.proof, desk.now)
    if wait:
        raise TooMany("too-many-attempts", retry_after=-(-wait // 1000), policy="letters")
    desk.deps.limits.hit_sending(LIMITS[handoff.to], desk.tenant.id)
    code = desk.deps.ids.digits()
    proof = sent_again(handoff.proof, code_hash(desk, handoff, code), desk.now)
    title = desk.process.title(handoff.language)
    address = desk.opened_text("address", handoff.id, handoff.address) or ""
    keep(desk, handoff, proof)
    words = letter(worded("code", handoff.to), handoff.language, title=title, code=code)
    mailer_of(desk.deps, desk.tenant, handoff.to).send(address, words)
    return proof


def keep(desk: Desk, handoff: Handoff, proof: Proof) -> None:
    """Note what became of the codes of a handoff; raises Stale when somebody else was faster."""
    desk.write(handoff_write(desk.tenant, replace(handoff, proof=proof), desk.now))
    desk.commit()


def code_hash(desk: Desk, handoff: Handoff, code: str) -> str:
    """How a code is stored: keyed, because a million could be guessed from a plain hash."""
    return desk.tenant.keys.keyed_hash("letter-code", handoff.id, "".join(code.split()))
