"""What a process says of its fields, and what holds where it says nothing."""

import pytest

from retoma_server.domain.drafts import Policy
from retoma_server.domain.processes import DAY, FieldClass, Process
from retoma_server.domain.rules import Rules

LOAN = Process(
    "loan",
    titles={"en": "Mortgage", "es": "Hipoteca"},
    fields={
        "": FieldClass.PUBLIC,
        "/you": FieldClass.PERSONAL,
        "/you/iban": FieldClass.RESTRICTED,
        "/pin": FieldClass.NEVER_STORE,
    },
    groups=("/home",),
    policies={"/notes": Policy.INCOMING},
    open_days=2,
    closed_days=1,
)


def test_an_unregistered_process_works_and_is_careful() -> None:
    """Every field is personal, nothing is grouped, the stored value stays, thirty days to come back."""
    unknown = Process("cart")
    assert unknown.field_class("/anything") is FieldClass.PERSONAL
    assert unknown.rules == Rules()
    assert unknown.rules.policy("/anything") is Policy.INCUMBENT
    assert unknown.title("en") == "cart"
    assert unknown.expires_at(0, 0) == 30 * DAY


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/plan", FieldClass.PUBLIC),
        ("/you/name", FieldClass.PERSONAL),
        ("/you/iban", FieldClass.RESTRICTED),
        ("/you/iban/country", FieldClass.RESTRICTED),
        ("/yours", FieldClass.PUBLIC),
    ],
)
def test_the_nearest_class_above_a_field_counts(path: str, kind: FieldClass) -> None:
    """Whole names are compared; the empty pointer stands for all."""
    assert LOAN.field_class(path) is kind


def test_merging_is_told_what_it_must_know() -> None:
    """Groups, policies, and what is never stored."""
    rules = LOAN.rules
    assert rules.unit("/home/street") == rules.unit("/home") == "/home"
    assert rules.unit("/homes") == "/homes"
    assert Rules(frozenset({"/a/b", "/a"})).unit("/a/b/c") == "/a"
    assert rules.policy("/notes/first") is Policy.INCOMING
    assert rules.policy("/note") is Policy.INCUMBENT
    assert not rules.storable("/pin")
    assert not rules.storable("/pin/digits")
    assert rules.storable("/pins")


def test_never_store_may_hold_for_everything() -> None:
    """The empty pointer is above every field."""
    assert not Process("secret", fields={"": FieldClass.NEVER_STORE}).rules.storable("/a")


def test_a_title_is_given_in_the_language_asked_for_or_in_any() -> None:
    """Better a foreign title than none."""
    assert LOAN.title("es") == "Hipoteca"
    assert LOAN.title("fr") == "Mortgage"


def test_retention_counts_in_days() -> None:
    """An open draft's from its last change, a closed one's from its closing."""
    assert LOAN.expires_at(5, 0) == 5 + 2 * DAY
    assert LOAN.purge_at(5) == 5 + DAY


def test_what_holds_several_fields_is_as_secret_as_the_most_secret_of_them() -> None:
    """A section, or an array that is shown or hidden whole."""
    assert LOAN.strictest("/you") is FieldClass.RESTRICTED
    assert LOAN.strictest("/you/name") is FieldClass.PERSONAL
    assert LOAN.strictest("") is FieldClass.NEVER_STORE
