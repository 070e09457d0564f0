"""Who may do what: one table, every kind of principal against everything that can be asked."""

from dataclasses import replace
from itertools import product

import pytest

from retoma_server.domain.access import CHANNELS, STAFFED_CHANNELS, Kind, Principal, Target, Verb, authorize
from retoma_server.domain.assists import Assist, Consent, Scope
from retoma_server.domain.errors import Forbidden, NotFound, RetomaError, Unauthenticated
from retoma_server.domain.handoffs import IDLE_LIFE, Passage
from retoma_server.domain.staff import Role

# One column for each kind, of staff for each role; x: may, the rest may not.
TABLE = """
                   service publishable visitor customer grant assist supervisor auditor admin nobody
open-visitor       .       x           .       .        .     .      .          .       .     .
mint-token         x       .           .       .        .     .      .          .       .     .
register-process   x       .           .       .        .     .      .          .       .     .
read-process       x       x           x       x        x     x      x          .       x     .
open-draft         x       .           x       x        .     .      .          .       .     .
list-drafts        x       .           x       x        .     .      .          .       .     .
read-draft         x       .           x       x        x     x      x          .       .     .
change-draft       x       .           x       x        x     x      x          .       .     .
complete-draft     x       .           x       x        x     x      x          .       .     .
discard-draft      x       .           x       x        .     .      .          .       .     .
read-history       x       .           x       x        x     x      x          .       .     .
hand-off           x       .           x       x        x     .      .          .       .     .
read-handoffs      x       .           x       x        .     .      .          .       .     .
confirm-handoff    x       .           x       x        .     .      .          .       .     .
revoke-handoff     x       .           x       x        .     .      .          .       .     .
redeem-link        x       x           x       x        x     .      .          .       .     x
list-assists       x       .           x       x        x     .      .          .       .     .
change-assist      x       .           x       x        x     .      .          .       .     .
redeem-code        .       .           .       x        .     x      x          .       .     .
begin-for-nobody   .       .           .       .        .     x      x          .       .     .
look-up            .       .           .       .        .     x      x          .       .     .
override-consent   .       .           .       .        .     .      x          .       .     .
answer-request     .       .           x       x        .     .      .          .       .     .
read-assist        .       .           .       .        .     x      x          .       .     .
end-assist         .       .           .       .        .     x      x          .       .     .
hand-back          .       .           .       .        .     x      x          .       .     .
reveal-field       .       .           .       .        .     .      x          .       .     .
hold-lease         .       .           .       .        .     x      x          .       .     .
take-over-lease    .       .           .       .        .     .      x          .       .     .
read-events        x       .           x       x        x     x      x          .       .     .
erase-customer     x       .           x       x        .     .      .          .       .     .
read-own-data      x       .           x       x        .     .      .          .       .     .
decide-consent     x       .           x       x        .     .      .          .       .     .
manage-devices     x       .           x       x        .     .      .          .       .     .
end-tokens         x       .           .       x        .     .      .          .       .     .
manage-customers   x       .           .       .        .     .      .          .       .     .
merge-customers    x       .           .       .        .     .      .          .       .     .
manage-provider    x       .           .       .        .     .      .          .       .     .
settle-completion  x       .           .       .        .     .      .          .       .     .
claim              .       .           x       x        .     .      .          .       .     .
read-claim         x       .           .       x        .     .      .          .       .     .
undo-claim         x       .           .       x        .     .      .          .       .     .
activate-draft     x       .           x       x        .     .      .          .       .     .
manage-hooks       x       .           .       .        .     .      .          .       .     .
import-carts       x       .           .       .        .     .      .          .       .     .
export-carts       x       .           .       .        .     .      .          .       .     .
sign-in-staff      .       x           .       .        .     .      .          .       .     .
read-audit         .       .           .       .        .     .      x          x       .     .
read-journey       .       .           .       .        .     x      x          .       .     .
add-touchpoint     x       .           .       .        .     .      .          .       .     .
own-session        .       .           .       .        .     x      x          x       x     .
manage-store-devices .     .           .       .        .     .      x          .       x     .
manage-staff       .       .           .       .        .     .      x          .       x     .
manage-stores      .       .           .       .        .     .      .          .       x     .
"""

MINE = Target("dr_1", "cu_1")
PASSAGE = Passage("gr_1", "dr_1", "cu_1", "ho_1", created_at=0, used_at=0)
ASSIST = Assist("as_1", "dr_1", "cu_1", "st_1", "Marta", 0, 0, consent=Consent(Scope.COMPLETE))
ACCESS = {Kind.GRANT: PASSAGE, Kind.STAFF: ASSIST}
OTHERS = (Target("dr_2", "cu_2"), Target("dr_1x", "cu_1x"))


COLUMNS = [kind for kind in Kind if kind is not Kind.STAFF] + list(Role)


def rows() -> list[tuple[Kind | Role, Verb, bool]]:
    """The table, cell by cell."""
    head, *lines = TABLE.strip().splitlines()
    names = {str(each): each for each in COLUMNS}
    cells = []
    for line in lines:
        verb, *marks = line.split()
        cells += [
            (names[name], Verb(verb), mark == "x") for name, mark in zip(head.split(), marks, strict=True)
        ]
    return cells


def principal(who: Kind | Role) -> Principal:
    """A principal of a kind, staff of a role, who has come to the draft in the usual way."""
    kind, roles = (Kind.STAFF, frozenset((who,))) if isinstance(who, Role) else (who, frozenset())
    owner = kind in (Kind.VISITOR, Kind.CUSTOMER, Kind.GRANT)
    passage = ACCESS.get(kind)
    return Principal(kind, "te_1", f"{kind}_1", "cu_1" if owner else None, passage=passage, roles=roles)


def verdict(
    who: Principal, verb: Verb, target: Target | None = None, now: int = 1
) -> type[RetomaError] | None:
    """How `authorize` refuses, or None when it does not."""
    try:
        authorize(who, verb, target, now=now)
    except RetomaError as refusal:
        return type(refusal)
    return None


def test_the_table_is_whole() -> None:
    """Every kind, every role and every verb has its cell: nothing is allowed by having been forgotten."""
    assert {(kind, verb) for kind, verb, _ in rows()} == set(product(COLUMNS, Verb))


@pytest.mark.parametrize(("kind", "verb", "may"), rows())
def test_everybody_may_do_what_the_table_says_and_no_more(kind: Kind | Role, verb: Verb, may: bool) -> None:
    """Who is known is told that it is not allowed; who is not, that they must say who they are."""
    refusal = Unauthenticated if kind is Kind.NOBODY else Forbidden
    assert verdict(principal(kind), verb) is (None if may else refusal)


@pytest.mark.parametrize(
    ("kind", "verb"), [(kind, verb) for kind, verb, may in rows() if may and kind is not Kind.SERVICE]
)
def test_a_foreign_draft_is_one_that_does_not_exist(kind: Kind | Role, verb: Verb) -> None:
    """Whatever may be done elsewhere, to somebody else's draft the answer is that of an absent one."""
    assert [verdict(principal(kind), verb, other) for other in OTHERS] == [NotFound, NotFound]


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.VISITOR, Kind.CUSTOMER, Kind.GRANT, Role.ASSIST])
def test_ones_own_draft_is_within_reach(kind: Kind | Role) -> None:
    """For the owner, for the tenant, and for those who came by a handoff."""
    assert verdict(principal(kind), Verb.READ_DRAFT, MINE) is None


@pytest.mark.parametrize("kind", [Kind.GRANT, Role.ASSIST, Role.SUPERVISOR])
def test_a_handoff_opens_one_draft_and_not_for_ever(kind: Kind | Role) -> None:
    """Another draft of the same customer stays closed; so does this one, once the access has ended."""
    who = principal(kind)
    assert verdict(who, Verb.READ_DRAFT, Target("dr_2", "cu_1")) is NotFound
    assert verdict(who, Verb.READ_DRAFT, MINE, now=IDLE_LIFE) is NotFound
    assert verdict(replace(who, passage=replace(who.passage, ended=True)), Verb.READ_DRAFT, MINE) is NotFound
    assert verdict(replace(who, passage=None), Verb.READ_DRAFT, MINE) is NotFound


def test_a_tombstone_is_within_reach_of_whoever_claimed_it() -> None:
    """The customer into whose cart it was merged, and no other customer."""
    merged = Target("dr_9", "cu_guest", claimant="cu_1")
    assert verdict(principal(Kind.CUSTOMER), Verb.CHANGE_DRAFT, merged) is None
    assert verdict(replace(principal(Kind.CUSTOMER), customer="cu_2"), Verb.CHANGE_DRAFT, merged) is NotFound
    assert verdict(principal(Kind.GRANT), Verb.CHANGE_DRAFT, merged) is NotFound


def test_a_visitor_token_that_a_claim_replaced_is_told_of_late_changes_only() -> None:
    """Nothing is opened, read or listed with it; what is somebody else's still does not exist."""
    spent = replace(principal(Kind.VISITOR), spent_by="cu_7")
    merged = replace(MINE, claimant="cu_7")
    assert verdict(spent, Verb.CHANGE_DRAFT, merged) is None
    assert verdict(spent, Verb.READ_DRAFT, merged) is Unauthenticated
    assert verdict(spent, Verb.CHANGE_DRAFT, MINE) is Unauthenticated
    assert verdict(spent, Verb.LIST_DRAFTS) is Unauthenticated
    assert [verdict(spent, Verb.CHANGE_DRAFT, other) for other in OTHERS] == [NotFound, NotFound]


def test_what_may_not_be_asked_is_refused_before_anything_is_looked_at() -> None:
    """So the refusal says nothing about the draft."""
    assert verdict(principal(Role.ASSIST), Verb.DISCARD_DRAFT, OTHERS[0]) is Forbidden


@pytest.mark.parametrize("scope", Scope)
def test_staff_go_as_far_as_the_customer_lets_them(scope: Scope) -> None:
    """Who may only look changes nothing; who may change completes nothing; reading is in all."""
    who = replace(principal(Role.ASSIST), passage=replace(ASSIST, consent=Consent(scope)))
    refused = [
        verb
        for verb in (Verb.READ_DRAFT, Verb.CHANGE_DRAFT, Verb.COMPLETE_DRAFT)
        if verdict(who, verb, MINE) is Forbidden
    ]
    assert refused == [Verb.CHANGE_DRAFT, Verb.COMPLETE_DRAFT][list(Scope).index(scope) :]


def test_what_is_the_owners_alone_says_so_to_staff_who_are_in_the_draft() -> None:
    """Of any other draft it says what it always says."""
    codes = []
    for target in (MINE, OTHERS[0]):
        with pytest.raises(Forbidden) as refusal:
            authorize(principal(Role.ASSIST), Verb.DISCARD_DRAFT, target, now=1)
        codes.append(refusal.value.code)
    assert codes == ["not-allowed-in-assist", "insufficient-scope"]


def test_staff_of_several_roles_may_what_each_of_them_lets_them() -> None:
    """And without a role nothing but to see who they are."""
    both = replace(principal(Role.AUDITOR), roles=frozenset((Role.AUDITOR, Role.ASSIST)))
    assert verdict(both, Verb.REDEEM_CODE) is None
    nothing = replace(both, roles=frozenset())
    assert [verb for verb in Verb if nothing.may(verb)] == [Verb.OWN_SESSION]


def test_a_writer_is_bound_to_a_person_not_to_a_token() -> None:
    """A visitor and the customer that they become are one; two customers never are."""
    visitor, customer = principal(Kind.VISITOR), principal(Kind.CUSTOMER)
    assert visitor.label == customer.label == "customer:cu_1"
    assert replace(customer, customer="cu_2").label != customer.label
    assert principal(Kind.STAFF).label == "staff:staff_1"
    assert principal(Kind.GRANT).label != customer.label


def test_only_staff_see_masked_values() -> None:
    """And every kind of them does."""
    assert [kind for kind in Kind if principal(kind).masked] == [Kind.STAFF]


def test_an_author_says_who_and_from_where() -> None:
    """What a conflict shows later."""
    who = replace(principal(Kind.STAFF), name="Marta", channel="store")
    author = who.author("w_1", "in_1")
    assert (author.kind, author.name, author.channel) == ("staff", "Marta", "store")
    assert (author.writer, author.origin) == ("w_1", "staff:in_1")
    assert who.author("w_1").origin == "staff:w_1"


def test_staffed_channels_are_channels() -> None:
    """The list that not everybody may claim is part of the whole one."""
    assert STAFFED_CHANNELS < CHANNELS
