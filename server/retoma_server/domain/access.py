"""Who is calling, and the one decision of what they may do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from .assists import Assist, Scope
from .authors import Author
from .errors import Forbidden, NotFound, Unauthenticated
from .handoffs import Passage
from .staff import ASSISTING, Account, Role

CHANNELS = frozenset(
    (
        "web",
        "mobile_web",
        "ios",
        "android",
        "store",
        "kiosk",
        "contact_center",
        "chat",
        "email",
        "social",
        "api",
    )
)
STAFFED_CHANNELS = frozenset(("store", "contact_center"))


class Kind(StrEnum):
    """What kind of principal calls."""

    SERVICE = "service"
    PUBLISHABLE = "publishable"
    VISITOR = "visitor"
    CUSTOMER = "customer"
    GRANT = "grant"
    STAFF = "staff"
    NOBODY = "nobody"


class Verb(StrEnum):
    """Everything that can be asked."""

    OPEN_VISITOR = "open-visitor"
    MINT_TOKEN = "mint-token"  # noqa: S105 a verb, no secret
    REGISTER_PROCESS = "register-process"
    READ_PROCESS = "read-process"
    OPEN_DRAFT = "open-draft"
    LIST_DRAFTS = "list-drafts"
    READ_DRAFT = "read-draft"
    CHANGE_DRAFT = "change-draft"
    COMPLETE_DRAFT = "complete-draft"
    SETTLE_COMPLETION = "settle-completion"
    DISCARD_DRAFT = "discard-draft"
    READ_HISTORY = "read-history"
    HAND_OFF = "hand-off"
    READ_HANDOFFS = "read-handoffs"
    CONFIRM_HANDOFF = "confirm-handoff"
    REVOKE_HANDOFF = "revoke-handoff"
    REDEEM_LINK = "redeem-link"
    REDEEM_CODE = "redeem-code"
    BEGIN_FOR_NOBODY = "begin-for-nobody"
    LOOK_UP = "look-up"
    OVERRIDE_CONSENT = "override-consent"
    ANSWER_REQUEST = "answer-request"
    LIST_ASSISTS = "list-assists"
    CHANGE_ASSIST = "change-assist"
    READ_ASSIST = "read-assist"
    END_ASSIST = "end-assist"
    HAND_BACK = "hand-back"
    REVEAL_FIELD = "reveal-field"
    HOLD_LEASE = "hold-lease"
    TAKE_OVER_LEASE = "take-over-lease"
    READ_EVENTS = "read-events"
    MANAGE_CUSTOMERS = "manage-customers"
    MERGE_CUSTOMERS = "merge-customers"
    END_TOKENS = "end-tokens"
    READ_OWN_DATA = "read-own-data"
    MANAGE_DEVICES = "manage-devices"
    ERASE_CUSTOMER = "erase-customer"
    DECIDE_CONSENT = "decide-consent"
    CLAIM = "claim"
    READ_CLAIM = "read-claim"
    UNDO_CLAIM = "undo-claim"
    ACTIVATE_DRAFT = "activate-draft"
    MANAGE_HOOKS = "manage-hooks"
    MANAGE_PROVIDER = "manage-provider"
    IMPORT_CARTS = "import-carts"
    EXPORT_CARTS = "export-carts"
    SIGN_IN_STAFF = "sign-in-staff"
    OWN_SESSION = "own-session"
    MANAGE_STORE_DEVICES = "manage-store-devices"
    MANAGE_STAFF = "manage-staff"
    MANAGE_STORES = "manage-stores"
    READ_AUDIT = "read-audit"
    READ_JOURNEY = "read-journey"
    ADD_TOUCHPOINT = "add-touchpoint"


_OWNER = frozenset(
    (
        Verb.READ_PROCESS,
        Verb.OPEN_DRAFT,
        Verb.LIST_DRAFTS,
        Verb.READ_DRAFT,
        Verb.CHANGE_DRAFT,
        Verb.COMPLETE_DRAFT,
        Verb.DISCARD_DRAFT,
        Verb.READ_HISTORY,
        Verb.HAND_OFF,
        Verb.READ_HANDOFFS,
        Verb.CONFIRM_HANDOFF,
        Verb.REVOKE_HANDOFF,
        Verb.ANSWER_REQUEST,
        Verb.LIST_ASSISTS,
        Verb.CHANGE_ASSIST,
        Verb.REDEEM_LINK,
        Verb.READ_EVENTS,
        Verb.ACTIVATE_DRAFT,
        Verb.READ_OWN_DATA,
        Verb.MANAGE_DEVICES,
        Verb.ERASE_CUSTOMER,
        Verb.DECIDE_CONSENT,
    )
)

_ASSISTING = frozenset(
    (Verb.READ_ASSIST, Verb.END_ASSIST, Verb.HAND_BACK, Verb.READ_JOURNEY, Verb.HOLD_LEASE)
)

_SUPERVISING = frozenset(
    (
        Verb.REVEAL_FIELD,
        Verb.TAKE_OVER_LEASE,
        Verb.OVERRIDE_CONSENT,
        Verb.MANAGE_STORE_DEVICES,
        Verb.MANAGE_STAFF,
        Verb.READ_AUDIT,
    )
)

_NOT_SERVICE = _SUPERVISING | {
    Verb.REDEEM_CODE,
    Verb.BEGIN_FOR_NOBODY,
    Verb.LOOK_UP,
    Verb.ANSWER_REQUEST,
    Verb.OPEN_VISITOR,
    Verb.CLAIM,
    Verb.SIGN_IN_STAFF,
    Verb.OWN_SESSION,
    Verb.MANAGE_STORES,
}

MAY: dict[Kind, frozenset[Verb]] = {
    Kind.SERVICE: frozenset(Verb) - _ASSISTING - _NOT_SERVICE,
    Kind.PUBLISHABLE: frozenset((Verb.OPEN_VISITOR, Verb.READ_PROCESS, Verb.REDEEM_LINK, Verb.SIGN_IN_STAFF)),
    Kind.VISITOR: _OWNER | {Verb.CLAIM},
    Kind.CUSTOMER: _OWNER | {Verb.END_TOKENS, Verb.REDEEM_CODE, Verb.CLAIM, Verb.READ_CLAIM, Verb.UNDO_CLAIM},
    Kind.GRANT: frozenset(
        (Verb.READ_PROCESS, Verb.READ_DRAFT, Verb.CHANGE_DRAFT, Verb.COMPLETE_DRAFT, Verb.READ_HISTORY)
    )
    | {Verb.READ_EVENTS, Verb.REDEEM_LINK, Verb.HAND_OFF, Verb.LIST_ASSISTS, Verb.CHANGE_ASSIST},
    Kind.STAFF: frozenset((Verb.OWN_SESSION,)),
    Kind.NOBODY: frozenset((Verb.REDEEM_LINK,)),
}
"""What each kind of principal may do; staff by their roles besides."""

_AT_WORK = (
    frozenset((Verb.READ_PROCESS, Verb.READ_DRAFT, Verb.CHANGE_DRAFT, Verb.COMPLETE_DRAFT, Verb.READ_HISTORY))
    | _ASSISTING
    | {Verb.REDEEM_CODE, Verb.BEGIN_FOR_NOBODY, Verb.LOOK_UP, Verb.READ_EVENTS}
)

ROLE_MAY: dict[Role, frozenset[Verb]] = {
    Role.ASSIST: _AT_WORK,
    Role.SUPERVISOR: _AT_WORK | _SUPERVISING,
    Role.AUDITOR: frozenset((Verb.READ_AUDIT,)),
    Role.ADMIN: frozenset(
        (Verb.READ_PROCESS, Verb.MANAGE_STORE_DEVICES, Verb.MANAGE_STAFF, Verb.MANAGE_STORES)
    ),
}
"""What each role lets staff do; of several, each lets them do its own."""

SCOPES: dict[Verb, Scope] = {
    Verb.HOLD_LEASE: Scope.EDIT,
    Verb.TAKE_OVER_LEASE: Scope.EDIT,
    Verb.CHANGE_DRAFT: Scope.EDIT,
    Verb.COMPLETE_DRAFT: Scope.COMPLETE,
}
"""How far the customer must have let staff go for what changes their draft."""


def nothing() -> None:
    """What tells a device apart that nothing does."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, after their credential was checked.

    `customer` is set for visitors and customers, and for grants (whose draft it is); `draft` and
    `passage` for those who came by a handoff. `spent_by` is set for a visitor token that a claim
    replaced, or whose visitor was merged into another customer: the one who has it all. `device` is a label,
    `known_by` says what tells the device apart, where anything does: only who writes it down asks. `roles`
    and `store`, its id, are a member of staff's.
    """

    kind: Kind
    tenant: str
    id: str
    customer: str | None = None
    draft: str | None = None
    passage: Passage | Assist | None = None
    name: str | None = None
    channel: str = "api"
    device: str | None = None
    spent_by: str | None = None
    known_by: Callable[[], str | None] = field(default=nothing, compare=False)
    roles: frozenset[Role] = frozenset()
    store: str | None = None

    def may(self, verb: Verb) -> bool:
        """Whether this principal may ask for something, of whatever is within reach."""
        return verb in MAY[self.kind] or any(verb in ROLE_MAY[role] for role in self.roles)

    @property
    def label(self) -> str:
        """What a writer is bound to: the person, however often their credential is renewed."""
        return (
            f"customer:{self.customer}"
            if self.kind in (Kind.VISITOR, Kind.CUSTOMER)
            else f"{self.kind}:{self.id}"
        )

    @property
    def assist(self) -> Assist | None:
        """The assist by which a member of staff is in a draft."""
        return self.passage if isinstance(self.passage, Assist) else None

    @property
    def masked(self) -> bool:
        """Whether this principal sees masked values only."""
        return self.kind is Kind.STAFF

    def author(self, writer: str | None = None, installation: str | None = None) -> Author:
        """This principal as the author of a change."""
        about = (self.device, self.name, self.known_by())
        return Author(str(self.kind), self.channel, writer, installation, *about)


@dataclass(frozen=True, slots=True)
class Target:
    """The draft or claim that something is asked of: which one, and whose.

    `claimant` is the customer into whose cart it was merged, where it was: a tombstone is theirs too. So is
    all that is left of somebody who was merged into them.
    """

    draft: str
    customer: str
    claimant: str | None = None


def authorize(principal: Principal, verb: Verb, target: Target | None = None, *, now: int = 0) -> None:
    """Decide whether a principal may do something, to a draft where it concerns one.

    Raises NotFound for a draft that is not theirs, exactly as if it did not exist; Unauthenticated
    when nobody is signed in; Forbidden when the kind of credential, or none of the roles, may ever do
    this, `not-allowed-in-assist` where it is for the owner alone or further than they agreed to. A
    visitor token that a claim replaced, or whose visitor was merged into a customer, is `token-revoked`
    for all but late changes of what was merged.
    """
    if not principal.may(verb):
        if principal.kind is Kind.NOBODY:
            raise Unauthenticated("authentication-required")
        helps = verb in _OWNER and target is not None and reaches(principal, target, now)
        raise Forbidden("not-allowed-in-assist" if helps and principal.assist else "insufficient-scope")
    if target is not None and not reaches(principal, target, now):
        raise NotFound
    if principal.assist is not None and verb in SCOPES:
        check_scope(principal.assist, SCOPES[verb])
    late = verb is Verb.CHANGE_DRAFT and target is not None and target.claimant is not None
    if principal.spent_by is not None and not late:
        raise Unauthenticated("token-revoked")


def check_scope(assist: Assist, wanted: Scope) -> None:
    """Raise Forbidden `not-allowed-in-assist` where the customer did not agree to go so far."""
    if not assist.consent.scope.allows(wanted):
        raise Forbidden("not-allowed-in-assist")


def looks_after(principal: Principal, account: Account) -> bool:
    """Whether somebody sees to an account: an admin to all, a supervisor to assistants of their own store.

    Nobody sees to their own, so that a session left open makes nobody an admin.
    """
    if principal.id == account.id:
        return False
    theirs = account.roles <= ASSISTING and works_in(principal, account.store)
    return Role.ADMIN in principal.roles or (Role.SUPERVISOR in principal.roles and theirs)


def works_in(principal: Principal, store: str | None) -> bool:
    """Whether a store is that in which a member of staff works."""
    return store is not None and store == principal.store


def reaches(principal: Principal, target: Target, now: int) -> bool:
    """Whether a draft of the same tenant is within a principal's reach."""
    match principal.kind:
        case Kind.SERVICE:
            return True
        case Kind.VISITOR | Kind.CUSTOMER:
            return principal.customer in (target.customer, target.claimant)
        case Kind.GRANT | Kind.STAFF:
            passage = principal.passage
            return passage is not None and passage.draft == target.draft and passage.live(now)
        case _:
            return False
