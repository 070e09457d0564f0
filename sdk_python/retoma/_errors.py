"""Every way in which the SDK fails, as one tree; on the right, what a caller does about it.

RetomaError
 ├─ NetworkError            no usable answer came; it may or may not be done   save again: done once
 ├─ ServerError             the server could not do it now (408, 5xx)          save again later
 ├─ RateLimitedError        asked too often (429)                              wait `.retry_after` seconds
 ├─ AuthenticationError     credential missing, wrong or over (401)            get a new one
 ├─ PermissionDeniedError   known, but not allowed (403)                       ask somebody who may
 ├─ NotFoundError           absent, or somebody else's (404)                   do without it
 ├─ InvalidRequestError     can never be right (400, 413, 422 …)               mend the call
 ├─ ConflictError           the draft is not as the caller saw it (409, 412)   refresh, look, decide
 │   ├─ PriceChangedError       the cart comes to something else               show `.changes`, ask again
 │   ├─ QuantityUnavailableError  the cart holds more than there is            lower them, ask again
 │   ├─ MergedError             a guest's cart is in the customer's by now     go on in `.merged_into`
 │   ├─ CompletingError         somebody is ordering the cart                  save again later
 │   ├─ CompletionUnknownError  nobody knows whether it was ordered            the shop commits or aborts
 │   ├─ AlreadyCommittedError   it was ordered, as `.order_ref`                do not order it again
 │   └─ LeaseLostError          a colleague, `.name`, is at work in it         save again later, or ask them
 ├─ ClosedError             completed, discarded, expired (409, 410)           open another draft
 ├─ RejectedError           changes were refused for good                      look at `.rejected`
 └─ LostUpdateError         the server forgot what it had acknowledged         tell its operator

Whatever is raised while saving, no change is dropped: what has not been acknowledged is still in the
draft, and the next `save()` sends the same changes under the same numbers.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ._lines import Revalued, Totals
from ._models import Conflict, Rejection, moment


class RetomaError(Exception):
    """The root of everything that the SDK raises about Retoma."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        request_id: str | None = None,
        detail: str | None = None,
        help: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Name the failure by its `code` and whatever is known of it."""
        super().__init__(code)
        #: Stable, kebab-case; documented by the server at `/problems/<code>`.
        self.code = code
        #: The HTTP status, or None where no answer came.
        self.status = status
        #: Whether the same request may succeed later.
        self.retryable = retryable
        #: Seconds that the server asks to wait, or None.
        self.retry_after = retry_after
        #: What to quote to the server's operator.
        self.request_id = request_id
        #: One sentence for people, or None.
        self.detail = detail
        #: The address of the page that says what to do, or None.
        self.help = help
        #: The other members of the problem document (RFC 9457 §3.2).
        self.facts: Mapping[str, Any] = facts or {}

    def __str__(self) -> str:
        """The code, with status, detail, request id and where help is, as far as known."""
        status = f" ({self.status})" if self.status else ""
        detail = f": {self.detail}" if self.detail else ""
        request = f" [{self.request_id}]" if self.request_id else ""
        page = f" — see {self.help}" if self.help else ""
        return f"{self.code}{status}{detail}{request}{page}"


class NetworkError(RetomaError):
    """Raised when no answer of Retoma arrived: no connection, a cut, a page that is not Retoma's."""


class ServerError(RetomaError):
    """Raised when the server, or a proxy before it, answers 408 or 5xx."""


class RateLimitedError(RetomaError):
    """Raised when something was asked for too often (429)."""


class AuthenticationError(RetomaError):
    """Raised when the credential is missing, wrong or over, and could not be renewed (401)."""


class PermissionDeniedError(RetomaError):
    """Raised when the credential is good but not for this (403)."""


class NotFoundError(RetomaError):
    """Raised for what is absent and, identically, for what belongs to somebody else (404)."""


class InvalidRequestError(RetomaError):
    """Raised when the request can never be right as it is (400, 405, 406, 413, 415, 422, 428)."""


class ConflictError(RetomaError):
    """Raised when the draft is not as the caller saw it (409, 412)."""

    @property
    def expected(self) -> int | None:
        """The number that the server expects next (`sequence-gap`), or None."""
        return self.facts.get("expected")

    @property
    def delta(self) -> Mapping[str, Any] | None:
        """What changed since the caller looked (`revision-conflict`), or None."""
        return self.facts.get("delta")

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The conflicts that stand against it (`conflicts-open`), or none."""
        return tuple(Conflict.read(each) for each in self.facts.get("conflicts") or ())


class PriceChangedError(ConflictError):
    """Raised by a cart's `complete()` when its lines or prices are not what the customer accepted."""

    @property
    def totals(self) -> Totals:
        """What the cart comes to now."""
        return Totals.read(self.facts["totals"])

    @property
    def changes(self) -> tuple[Revalued, ...]:
        """The lines of which the shop said something new; none where only the accepted price was another."""
        return tuple(map(Revalued.read, self.facts.get("changes") or ()))


class QuantityUnavailableError(ConflictError):
    """Raised by a cart's `complete()` when it holds more pieces of a line than the shop has."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The keys of these lines; their `max_quantity` is in the cart, after a `refresh()`."""
        return tuple(self.facts.get("lines") or ())


class MergedError(ConflictError):
    """Raised when a guest's cart was merged into the customer's, which this credential may not reach."""

    @property
    def merged_into(self) -> str | None:
        """The id of the customer's cart."""
        return self.facts.get("merged_into")

    @property
    def not_applied(self) -> tuple[Rejection, ...]:
        """The changes that are in neither cart, with all that is in them: they are still to be saved."""
        return tuple(self.facts.get("not_applied") or ())


class CompletingError(ConflictError):
    """Raised while an order of the cart is under way: what was to be saved is kept, for later."""

    @property
    def completion(self) -> str | None:
        """The id of the order that is under way."""
        return self.facts.get("completion")


class CompletionUnknownError(ConflictError):
    """Raised when an order of the cart was begun and nobody has said in time what became of it."""

    @property
    def completion(self) -> str | None:
        """The id of that order: the shop looks it up, and commits or aborts."""
        return self.facts.get("completion")


class AlreadyCommittedError(ConflictError):
    """Raised when the cart was ordered already, and the shop says otherwise."""

    @property
    def order_ref(self) -> str | None:
        """The order there is."""
        return self.facts.get("order_ref")


class LeaseLostError(ConflictError):
    """Raised to staff who may not write just now: what was to be saved is kept, for later (423).

    A colleague is at work in the draft (`lease-held`), or the right to write was lost and could not be had
    again (`lease-lost`).
    """

    @property
    def name(self) -> str | None:
        """The colleague who is at work in it, where one is."""
        return self.facts.get("name")

    @property
    def store(self) -> str | None:
        """The store that they work in, where they work in one."""
        return self.facts.get("store")

    @property
    def since(self) -> datetime | None:
        """Since when."""
        return moment(self.facts.get("since"))


class ClosedError(RetomaError):
    """Raised when the draft is completed, discarded or expired (409 `draft-closed`, 410)."""

    @property
    def order_ref(self) -> str | None:
        """The order that was made of it, where it was a cart and the server says so."""
        return self.facts.get("order_ref")

    @property
    def successor(self) -> str | None:
        """The id of the cart that goes on in its place, or None."""
        return self.facts.get("successor")


class RejectedError(RetomaError):
    """Raised by `complete()` when changes that it had to save first were refused for good."""

    @property
    def rejected(self) -> tuple[Rejection, ...]:
        """The refused changes, with everything that was in them."""
        return tuple(self.facts.get("rejected") or ())


class LostUpdateError(RetomaError):
    """Raised when the server answers an older revision than one it had acknowledged.

    It has lost accepted changes without saying so (a restore always changes the epoch). What this
    draft holds is kept as it is: compare it with the server's by opening the draft anew.
    """

    @property
    def acknowledged(self) -> int | None:
        """The revision that the server had acknowledged."""
        return self.facts.get("acknowledged")

    @property
    def answered(self) -> int | None:
        """The older revision that it answers now."""
        return self.facts.get("answered")
