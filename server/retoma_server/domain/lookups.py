"""Lookups: staff who were told an identifier ask whomever it leads to, if anybody, to be let in."""

from dataclasses import dataclass, replace
from enum import StrEnum

from .assists import MINUTE
from .proofs import TRIES, Proof, sent_again, wait_for_code, wants_code

LIFE = 5 * MINUTE


class Answer(StrEnum):
    """What a customer said to a request."""

    NONE = "none"
    APPROVED = "approved"
    DECLINED = "declined"


class Standing(StrEnum):
    """How far a lookup is, as staff may know it: a refusal and nobody there both just run out."""

    WAITING = "waiting"
    APPROVED = "approved"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup as its member of staff holds it; times in milliseconds.

    `asked` is the customer that a request went to. Where nobody was asked it is an id that nobody has, so
    that all that follows is the same.
    """

    id: str
    staff: str
    kind: str
    asked: str
    began_at: int

    @property
    def expires_at(self) -> int:
        """When it is over unless it was approved."""
        return self.began_at + LIFE


@dataclass(frozen=True, slots=True)
class Request:
    """A lookup as the one who is asked has it: by whom, why, and what they said.

    `name` and `store_name` are what they read; `reason` and `address`, by which they were looked up, are
    sealed by their key. `draft` is the newest that it may be about, from its approval on the one that it
    opened, by the `assist`. `code` is what was sent to be read out, `code_wanted` that one is to be.
    """

    id: str
    customer: str
    staff: str
    name: str
    began_at: int
    store: str | None = None
    store_name: str | None = None
    process: str | None = None
    draft: str | None = None
    reason: str | None = None
    address: str | None = None
    to: str | None = None
    language: str = "en"
    answer: Answer = Answer.NONE
    assist: str | None = None
    code: Proof | None = None
    code_wanted: bool = False
    tries: int = 0

    @property
    def expires_at(self) -> int:
        """When nobody can be let in by it any more."""
        return self.began_at + LIFE

    @property
    def tries_left(self) -> int:
        """How many wrong codes are left."""
        return max(0, TRIES - self.tries)

    def waits(self, now: int) -> bool:
        """Whether it can still be approved."""
        return self.answer is Answer.NONE and now < self.expires_at

    def takes_code(self, now: int) -> bool:
        """Whether a code that is read out can be right."""
        return self.waits(now) and self.tries_left > 0 and self.code is not None and self.code.live(now)

    def wants_code(self, now: int) -> bool:
        """Whether another code may be sent."""
        spared = now < self.expires_at and not wait_for_code(self.code, now)
        return spared and wants_code(self.code, now)

    def sent(self, code_hash: str, now: int) -> "Request":
        """After a code was sent."""
        return replace(self, code=sent_again(self.code, code_hash, now), code_wanted=False)

    def wrong(self) -> "Request":
        """After a wrong code."""
        return replace(self, tries=self.tries + 1)
