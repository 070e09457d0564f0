"""Identifiers of a customer: one of each kind, known by the hashes of every index key that has seen it."""

from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain.identifiers import displaced, is_linked, with_identifier

kinds = st.sampled_from(["external_id", "email", "phone"])
hashes = st.lists(st.sampled_from("abcdef"), max_size=3, unique=True).map(tuple)
records = st.dictionaries(kinds, hashes.filter(bool))


@given(records, kinds, hashes.filter(bool))
def test_an_identifier_takes_the_place_of_the_one_of_its_kind(
    record: dict[str, tuple[str, ...]], kind: str, arriving: tuple[str, ...]
) -> None:
    """It is linked by all its hashes; what the one before had goes, unless it is the very same."""
    after = with_identifier(record, kind, arriving)
    former = record.get(kind, ())
    assert set(arriving) <= set(after[kind])
    assert set(after[kind]) - set(arriving) <= set(former)
    assert set(former) == set(displaced(record, kind, arriving)) | (set(after[kind]) & set(former))
    if set(former) & set(arriving):
        assert displaced(record, kind, arriving) == ()
    assert {name: after[name] for name in after if name != kind} == {
        name: record[name] for name in record if name != kind
    }


@given(records, kinds)
def test_what_is_unlinked_is_gone_by_every_hash(record: dict[str, tuple[str, ...]], kind: str) -> None:
    """Nothing else of the customer changes."""
    after = with_identifier(record, kind, ())
    assert after == {name: known for name, known in record.items() if name != kind}
    assert displaced(record, kind, ()) == record.get(kind, ())


@given(records, kinds, hashes)
def test_linking_again_changes_nothing(
    record: dict[str, tuple[str, ...]], kind: str, arriving: tuple[str, ...]
) -> None:
    """Not even the order, and also by somebody who knows fewer keys."""
    once = with_identifier(record, kind, arriving)
    assert with_identifier(once, kind, arriving) == once
    assert all(with_identifier(once, kind, (each,)) == once for each in arriving)
    assert all(is_linked(once, each) for each in arriving)
