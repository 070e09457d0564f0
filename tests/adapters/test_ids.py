"""Ids carry their partition, secrets are long enough, short codes survive being read aloud."""

import random
import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retoma_server.adapters.ids import (
    BASE62,
    CODE_ALPHABET,
    Ids,
    display_code,
    home,
    id_from,
    is_id,
    normalise_code,
    partition_of,
)
from retoma_server.domain.errors import Malformed

any_text = st.text(st.characters(exclude_categories=()))
partitions = st.integers(0, 255)
prefixes = st.sampled_from(["te", "cu", "dr", "ho", "as", "st", "gr"])


@given(prefixes, partitions)
def test_an_id_tells_its_kind_and_partition(prefix: str, partition: int) -> None:
    """What was put into a new id is read back from it, and no other kind accepts it."""
    name = Ids().new(prefix, partition)

    assert is_id(name, prefix)
    assert partition_of(name) == partition
    assert not any(is_id(name, other) for other in ("te", "cu", "dr") if other != prefix)


def test_an_id_has_the_published_form() -> None:
    """A tenant's id has 10 random characters, every other one 20."""
    assert re.fullmatch(r"te_3f[0-9A-Za-z]{10}", Ids().new("te", 0x3F))
    assert re.fullmatch(r"dr_0a[0-9A-Za-z]{20}", Ids().new("dr", 0x0A))


@pytest.mark.parametrize("partition", [-1, 256])
def test_a_partition_that_does_not_exist_is_refused(partition: int) -> None:
    """No id can be made for a partition that no store has."""
    with pytest.raises(ValueError, match="256"):
        Ids().new("dr", partition)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dr_",
        "dr_3fabcdefghijklmnopqrs",
        "dr_3fabcdefghijklmnopqrstu",
        "dr_3Fabcdefghijklmnopqrst",
        "DR_3fabcdefghijklmnopqrst",
        "dr_3fabcdefghijklmnopqrst\n",
        " dr_3fabcdefghijklmnopqrst",
        "dr_3fabcdefghijklmnopqr*t",
        "dr_3fabcdefghijklmnopqr{t",
        "dr_3fabcdefghijklmnopqrsñ",
        "dr_٣fabcdefghijklmnopqrst",
        "dr_3fabcdefghijklmnopqrs\ud800",
        "cu_3fabcdefghijklmnopqrst",
    ],
)
def test_what_only_resembles_an_id_is_none(text: str) -> None:
    """Length, case, alphabet and kind must all be exact: an id goes into store keys as it stands."""
    assert not is_id(text, "dr")


@given(any_text)
@example("dr_3g1")
@example("dr_+1a")
def test_a_partition_is_never_guessed(text: str) -> None:
    """Any text gives a partition that exists, or Malformed, and nothing else."""
    with suppress(Malformed):
        assert partition_of(text) in range(256)


@pytest.mark.parametrize("text", ["", "dr_", "dr_3g1", "dr_+1a", "dr_3f", "dr_3f1\n", "3f1"])
def test_what_carries_no_partition_is_an_invalid_id(text: str) -> None:
    """The refusal has the published code."""
    with pytest.raises(Malformed) as refusal:
        partition_of(text)
    assert refusal.value.code == "invalid-id"


def test_secrets_hold_256_bits() -> None:
    """43 characters of 62 kinds are at least 2**256, a nonce at least 2**128."""
    assert re.fullmatch(r"[0-9A-Za-z]{43}", Ids().secret())
    assert len(set(BASE62)) ** 43 >= 2**256
    assert len(set(BASE62)) ** len(Ids().nonce()) >= 2**128


def test_names_follow_their_source_of_randomness() -> None:
    """The same source gives the same names, another source others; the default never repeats itself."""

    def drawn(ids: Ids) -> list[str]:
        return [ids.new("dr", 1), ids.secret(), ids.short_code(), ids.nonce()]

    assert drawn(Ids(random.Random(1))) == drawn(Ids(random.Random(1)))
    assert drawn(Ids(random.Random(1))) != drawn(Ids(random.Random(2)))
    assert len({name for _ in range(50) for name in drawn(Ids())}) == 200


@given(any_text, any_text)
def test_a_home_exists_and_stays(tenant: str, name: str) -> None:
    """Every name has one partition, the same each time it is asked for."""
    assert home(tenant, name) in range(256)
    assert home(tenant, name) == home(tenant, name)


def test_homes_are_the_same_for_ever() -> None:
    """These were the homes when the first customers moved in; another answer would lose them."""
    assert [home("te_001", "u-17"), home("te_002", "u-17"), home("te_001", "u-18")] == [237, 219, 85]


def test_homes_are_spread_and_depend_on_the_tenant() -> None:
    """10,000 names fill all 256 partitions, and two tenants' equal names lie apart."""
    here = [home("te_001", f"u-{number}") for number in range(10_000)]
    there = [home("te_002", f"u-{number}") for number in range(10_000)]

    assert set(here) == set(range(256))
    assert here != there


def test_a_short_code_is_read_back_as_it_was_shown() -> None:
    """A code shown in two groups, in any case, with spaces or dashes of any kind, is the same code."""
    code = Ids().short_code()
    shown = display_code(code)

    assert set(code) <= set(CODE_ALPHABET)
    assert re.fullmatch(r"\w{4}-\w{4}", shown)
    for typed in (shown, shown.lower(), shown.replace("-", " \u2013 "), f"  {' '.join(code)}\n", code):
        assert normalise_code(typed) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "BCDF",
        "BCDFGHJKL",
        "BCDFGHJA",
        "BCDFGHJ1",
        "BCDFGHJß",
        "BCDFGHJ\u017f",
        "\uff22CDFGHJK",
        "BCDF/GHJK",
    ],
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    """A wrong length or a letter outside the alphabet, even one that upper-cases into it, is no code."""
    assert normalise_code(typed) is None


@given(any_text)
def test_any_text_is_a_code_or_none(typed: str) -> None:
    """Whatever is typed, the answer is a code of the alphabet or None."""
    code = normalise_code(typed)
    assert code is None or (len(code) == 8 and set(code) <= set(CODE_ALPHABET))


def test_an_id_that_is_derived_is_an_id_like_any_other() -> None:
    """The same again for the same MAC, with its partition; another for another."""
    derived = id_from("cl", 10, bytes(range(32)))
    assert derived == id_from("cl", 10, bytes(range(32)))
    assert (is_id(derived, "cl"), partition_of(derived)) == (True, 10)
    assert derived != id_from("cl", 10, bytes(32))
