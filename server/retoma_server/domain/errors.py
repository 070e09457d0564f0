"""Every way in which Retoma refuses, as one tree.

RetomaError
 ├─ Unauthenticated   who calls is not known            (HTTP 401)
 ├─ Forbidden         known, but not allowed            (403)
 ├─ NotFound          absent, or somebody else's        (404)
 ├─ Malformed         cannot be read                    (400)
 ├─ Invalid           can be read, but is not allowed   (422)
 ├─ Conflicting       the state stands against it       (409)
 ├─ Gone              was here, is no more              (410)
 ├─ Outdated          made against an older revision    (412)
 ├─ Locked            somebody else's to write          (423)
 └─ TooMany           asked too often                   (429)

An error has a stable kebab-case `code` and `facts`: what a caller needs to go on (a revision, an
expected number). It never carries what the caller sent.
"""

from collections.abc import Mapping
from typing import Any


class RetomaError(Exception):
    """The root of everything that Retoma raises on purpose."""

    code = "internal-error"

    def __init__(self, code: str | None = None, **facts: Any) -> None:
        """Name the error by its `code` (default: the class's own) and the facts that help."""
        self.code = code or self.code
        self.facts: Mapping[str, Any] = facts
        super().__init__(self.code)


class Unauthenticated(RetomaError):
    """Raised when no credential was sent, or one that is unknown, malformed, expired or revoked."""

    code = "invalid-token"


class Forbidden(RetomaError):
    """Raised when the principal is known but may not do this, and may know that it exists."""

    code = "insufficient-scope"


class NotFound(RetomaError):
    """Raised for what is absent and, identically, for what belongs to somebody else."""

    code = "not-found"


class Malformed(RetomaError):
    """Raised when a request cannot be read at all."""

    code = "bad-request"


class Invalid(RetomaError):
    """Raised when a request can be read but asks for something that is not allowed."""

    code = "validation-failed"


class Conflicting(RetomaError):
    """Raised when the present state stands against the request."""

    code = "draft-closed"


class Gone(RetomaError):
    """Raised for what its owner once had and can have no more."""

    code = "draft-expired"


class Outdated(RetomaError):
    """Raised when a strict request was made against an older revision than the present one."""

    code = "revision-conflict"


class Locked(RetomaError):
    """Raised when staff write in a draft without the lease, or want one that a colleague has."""

    code = "lease-lost"


class TooMany(RetomaError):
    """Raised when something was asked for too often; `retry_after` is in seconds."""

    code = "rate-limited"
