"""Promises of what staff enter for a customer: what the customer confirms, and what is theirs alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain import merging
from retoma_server.domain.authors import Author
from retoma_server.domain.changes import Change, Confirm, Rejected, Resolve, Seen, Set, Unset
from retoma_server.domain.confirming import check_staff_change, entered_by_staff, unconfirmed
from retoma_server.domain.drafts import Draft
from retoma_server.domain.processes import Process

CUSTOMER = Author("visitor", writer="w_1")
CLERK = Author("staff", "store", writer="w_2", name="Marta")
LOAN = Process("loan", confirm=("/income",), customer_only=("/terms", "/signature"))


def new_draft() -> Draft:
    """A draft without a value."""
    return Draft("dr_1", "loan", "form", "default", "cu_1", 0, 0, 0)


def merge(draft: Draft, change: Change, who: Author) -> tuple[Draft, merging.Outcome]:
    """The draft after somebody's change, and what became of it."""
    return merging.merge(draft, change, who, LOAN.rules)


def put(draft: Draft, who: Author, **values: object) -> Draft:
    """The draft after somebody entered values, having seen it."""
    seen = Seen(draft.revision)
    ops = tuple(Set(f"/{name.replace('__', '/')}", value, seen) for name, value in values.items())
    return merge(draft, Change(ops), who)[0]


def confirmed(draft: Draft, path: str, seen: int | None = None) -> Draft:
    """The draft after its customer confirmed what is at and below a path."""
    on_screen = Seen(draft.revision if seen is None else seen)
    return merge(draft, Change((Confirm(path, on_screen),)), CUSTOMER)[0]


def test_what_staff_enter_waits_for_the_customer_where_the_process_says_so() -> None:
    """Nothing else does, whoever entered it."""
    draft = put(new_draft(), CUSTOMER, name="Ana", income__other=1)
    draft = put(draft, CLERK, income__net=1200, city="Leeds")
    assert unconfirmed(LOAN, draft) == ["/income/net"]
    assert sorted(entered_by_staff(draft)) == ["/city", "/income/net"]


def test_a_confirmed_value_is_the_customers_own() -> None:
    """It stays what it is, at a new revision, and waits no more."""
    before = put(new_draft(), CLERK, income__net=1200, income__other=3)
    after = confirmed(before, "/income")
    assert (after.data, after.revision) == (before.data, before.revision + 1)
    assert unconfirmed(LOAN, after) == []
    assert after.cells["/income/net"].by == CUSTOMER


def test_only_what_was_on_screen_is_confirmed() -> None:
    """What staff changed since waits for another look."""
    seen = put(new_draft(), CLERK, income__net=1200)
    draft = put(seen, CLERK, income__net=1300, income__other=3)
    assert confirmed(draft, "/income", seen.revision) == draft


def test_the_customers_own_value_is_as_good_as_a_confirmation() -> None:
    """They need not say it twice; and there is nothing to confirm in what they entered."""
    draft = put(put(new_draft(), CLERK, income__net=1200), CUSTOMER, income__net=1250)
    assert unconfirmed(LOAN, draft) == []
    assert confirmed(draft, "") == draft


def test_a_value_in_a_conflict_is_chosen_first() -> None:
    """Nobody confirms one of two values by not looking at the other."""
    draft = put(new_draft(), CLERK, income__net=1200)
    met, outcome = merge(draft, Change((Set("/income/net", 900, Seen(0)),)), CUSTOMER)
    assert outcome.status == "conflict"
    assert confirmed(met, "/income") == met


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["/a", "/b/c", "/b/d"]), st.integers(0, 2)), max_size=8)
)
def test_confirming_changes_no_value(steps: list[tuple[bool, str, int]]) -> None:
    """Whoever entered what before: the data stay, and nothing of staff's is left that was on screen."""
    draft = new_draft()
    for by_staff, path, value in steps:
        draft, _ = merge(
            draft, Change((Set(path, value, Seen(draft.revision)),)), CLERK if by_staff else CUSTOMER
        )
    after = confirmed(draft, "")
    assert after.data == draft.data
    assert not entered_by_staff(after)


SEEN = Seen(0)


@pytest.mark.parametrize(
    "op",
    [
        Set("/terms", True, SEEN),
        Set("/terms/accepted", True, SEEN),
        Unset("/signature", SEEN),
        Unset("", SEEN),
        Confirm("/income", SEEN),
    ],
)
def test_staff_never_do_what_is_the_customers_alone(op: Set | Unset | Confirm) -> None:
    """They sign nothing, accept nothing, confirm nothing, nor take it away."""
    with pytest.raises(Rejected, match="not-allowed-in-assist"):
        check_staff_change(LOAN, new_draft(), Change((op,)))


def test_staff_do_not_choose_in_a_conflict_over_what_is_the_customers_alone() -> None:
    """A choice is as good as entering it."""
    process = Process("loan", customer_only=("/terms",))
    draft = put(new_draft(), CUSTOMER, terms="yes")
    draft, _ = merge(draft, Change((Set("/terms", "no", SEEN),)), Author("visitor", writer="w_3"))
    (conflict,) = draft.conflicts
    with pytest.raises(Rejected):
        check_staff_change(
            process, draft, Change((Resolve(conflict, "arriving", None, Seen(draft.revision)),))
        )


def test_staff_enter_everything_else() -> None:
    """Next to what is the customer's alone, too."""
    check_staff_change(
        LOAN, new_draft(), Change((Set("/terms_of_payment", 12, SEEN), Set("/income/net", 1, SEEN)))
    )
