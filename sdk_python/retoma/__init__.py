"""Retoma: begin a process on one device, go on with it on another, or with the person in the store."""

from ._asking import AssistRequest
from ._assist import Assisting
from ._cart import Cart
from ._claims import Claim, ClaimedCart, ClaimedForm, Decision, Overflow, Touched
from ._client import Client
from ._devices import Device
from ._draft import Draft
from ._errors import (
    AlreadyCommittedError,
    AuthenticationError,
    ClosedError,
    CompletingError,
    CompletionUnknownError,
    ConflictError,
    InvalidRequestError,
    LeaseLostError,
    LostUpdateError,
    MergedError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    PriceChangedError,
    QuantityUnavailableError,
    RateLimitedError,
    RejectedError,
    RetomaError,
    ServerError,
)
from ._events import EventStream
from ._filling import CartTransaction
from ._help import Assist, Helper, StaffAnswer
from ._lines import Line, Price, Revalued, Totals, Valued
from ._lookups import Lookup
from ._models import (
    By,
    ClaimedFrom,
    Conflict,
    Entry,
    Event,
    Handoff,
    OfferedHandoff,
    Position,
    Preview,
    Process,
    Rejection,
    Result,
    SaveResult,
    Side,
    Warned,
)
from ._ops import JSON, Transaction
from ._order import Order
from ._processes import Processes
from ._touchpoints import Touchpoint

__all__ = [
    "JSON",
    "AlreadyCommittedError",
    "Assist",
    "AssistRequest",
    "Assisting",
    "AuthenticationError",
    "By",
    "Cart",
    "CartTransaction",
    "Claim",
    "ClaimedCart",
    "ClaimedForm",
    "ClaimedFrom",
    "Client",
    "ClosedError",
    "CompletingError",
    "CompletionUnknownError",
    "Conflict",
    "ConflictError",
    "Decision",
    "Device",
    "Draft",
    "Entry",
    "Event",
    "EventStream",
    "Handoff",
    "Helper",
    "InvalidRequestError",
    "LeaseLostError",
    "Line",
    "Lookup",
    "LostUpdateError",
    "MergedError",
    "NetworkError",
    "NotFoundError",
    "OfferedHandoff",
    "Order",
    "Overflow",
    "PermissionDeniedError",
    "Position",
    "Preview",
    "Price",
    "PriceChangedError",
    "Process",
    "Processes",
    "QuantityUnavailableError",
    "RateLimitedError",
    "RejectedError",
    "Rejection",
    "Result",
    "RetomaError",
    "Revalued",
    "SaveResult",
    "ServerError",
    "Side",
    "StaffAnswer",
    "Totals",
    "Touched",
    "Touchpoint",
    "Transaction",
    "Valued",
    "Warned",
]

# Tracebacks and documentation show `retoma.ConflictError`: where it lives is nobody's business.
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = "retoma"
del _name
