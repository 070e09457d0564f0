"""One-time codes: who opens a link that was sent must also read what is sent to the same address now."""

from dataclasses import dataclass, replace

MINUTE = 60_000
CODE_LIFE = 10 * MINUTE
TRIES = 5
AGAIN_AFTER = MINUTE
CODES_AN_HOUR = 3


@dataclass(frozen=True, slots=True)
class Proof:
    """The code that was sent last, as a hash, its wrong tries, and when codes were sent (milliseconds)."""

    code_hash: str
    sent_at: tuple[int, ...]
    tries: int = 0

    @property
    def until(self) -> int:
        """When the code is over."""
        return self.sent_at[-1] + CODE_LIFE

    @property
    def tries_left(self) -> int:
        """How many wrong tries are left."""
        return TRIES - self.tries

    def live(self, now: int) -> bool:
        """Whether the code can still be right."""
        return self.tries_left > 0 and now < self.until

    def wrong(self) -> "Proof":
        """After a wrong try."""
        return replace(self, tries=self.tries + 1)


def wants_code(proof: Proof | None, now: int) -> bool:
    """Whether a click sends a code: none was sent, it cannot be right any more, or it seems not to arrive."""
    return proof is None or not proof.live(now) or now >= proof.sent_at[-1] + AGAIN_AFTER


def wait_for_code(proof: Proof | None, now: int) -> int:
    """How long it is until another code may be sent (milliseconds); 0 for now."""
    sent = proof.sent_at[-CODES_AN_HOUR:] if proof else ()
    return max(0, sent[0] + 60 * MINUTE - now) if len(sent) == CODES_AN_HOUR else 0


def sent_again(proof: Proof | None, code_hash: str, now: int) -> Proof:
    """After another code was sent: the one before it is over."""
    return Proof(code_hash, (*(proof.sent_at if proof else ()), now)[-CODES_AN_HOUR:])
