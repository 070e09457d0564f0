"""The root keyring: readable by its owner only, rotated without a pause, never shown."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.adapters.keyring import Keyring, KeyringError, RootKey

SECRET = base64.urlsafe_b64encode(bytes(range(200, 232))).decode()


def entry(**changes: Any) -> dict[str, Any]:
    """A good entry of a keyring file, with some of it changed."""
    return {"kid": "k1", "key": SECRET, "state": "primary"} | changes


def test_a_new_keyring_has_one_primary_key_of_32_bytes() -> None:
    """`create` gives a keyring that can be used at once, and a different one each time."""
    keyring = Keyring.create()

    assert [key.state for key in keyring.keys] == ["primary"]
    assert len(keyring.primary.secret) == 32
    assert Keyring.create() != keyring


@given(st.integers(0, 5))
def test_a_keyring_survives_being_written_as_text(added: int) -> None:
    """`parse` reads what `dump` wrote, in the same order."""
    keyring = Keyring.create()
    for _ in range(added):
        keyring = keyring.add()

    assert Keyring.parse(keyring.dump()) == keyring


def test_base64_padding_may_be_left_out() -> None:
    """A key made by a tool that drops the padding is read all the same."""
    bare = Keyring.parse(json.dumps({"keys": [entry(key=SECRET.rstrip("="))]}))
    assert bare.primary.secret == bytes(range(200, 232))


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        {"keys": []},
        {"keys": {}},
        {"keys": ["k1"]},
        {"keys": [entry(kid=7)]},
        {"keys": [entry(kid="")]},
        {"keys": [entry(kid="k 1")]},
        {"keys": [entry(kid="k" * 33)]},
        {"keys": [entry(key=None)]},
        {"keys": [entry(key=SECRET[:40])]},
        {"keys": [entry(key="*" + SECRET)]},
        {"keys": [entry(key="ñ" + SECRET)]},
        {"keys": [entry(state="retired")]},
        {"keys": [entry(state="decrypt")]},
        {"keys": [entry(), entry(kid="k2")]},
        {"keys": [entry(), entry(state="decrypt")]},
    ],
)
def test_a_keyring_that_cannot_be_used_is_refused(document: object) -> None:
    """Missing parts, short or odd keys, no primary, two primaries, a kid twice: one clear refusal."""
    with pytest.raises(KeyringError) as refusal:
        Keyring.parse(json.dumps(document))

    assert_tells_nothing(refusal.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "nonsense", "[" * 100_000, '{"keys": "\ud800"}', json.dumps({"keys": [entry()]})[:-1]],
)
def test_a_keyring_that_is_not_json_is_refused(text: str) -> None:
    """An empty, cut or foreign text is refused in the same way."""
    with pytest.raises(KeyringError) as refusal:
        Keyring.parse(text)

    assert_tells_nothing(refusal.value)


def assert_tells_nothing(error: BaseException) -> None:
    """The error says something in words, and neither it nor what led to it holds a part of a key."""
    assert str(error).endswith(".")
    assert error.__context__ is None
    assert SECRET[:12] not in str(error)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_a_keyring_or_refused(text: str) -> None:
    """Whatever the variable holds, nothing but KeyringError comes of it."""
    with pytest.raises(KeyringError):
        Keyring.parse(text)


def test_a_keyring_does_not_show_its_keys() -> None:
    """What a log or a traceback prints of a keyring holds its kids only."""
    keyring = Keyring((RootKey("k1", b"S" * 32, "primary"),))
    assert "k1" in repr(keyring)
    assert "SSSS" not in repr(keyring)


def test_rotation_goes_add_promote_remove() -> None:
    """An added key waits, a promoted one takes over, the old one can then go; the old keyring stays."""
    old = Keyring.create()
    both = old.add()
    fresh = both.keys[-1].kid
    promoted = both.promote(fresh)

    assert both.primary == old.primary
    assert promoted.primary.kid == fresh
    assert [key.kid for key in promoted.keys] == [old.primary.kid, fresh]
    assert [key.kid for key in promoted.remove(old.primary.kid).keys] == [fresh]
    assert len(old.keys) == 1


def test_the_primary_key_cannot_be_removed() -> None:
    """A keyring is never left without the key that wraps and signs."""
    keyring = Keyring.create().add()
    with pytest.raises(KeyringError, match="promote another"):
        keyring.remove(keyring.primary.kid)


def test_a_key_that_is_not_there_cannot_be_promoted_or_removed() -> None:
    """A mistyped kid changes nothing and is named."""
    with pytest.raises(KeyringError, match="k99"):
        Keyring.create().promote("k99")
    with pytest.raises(KeyringError, match="k99"):
        Keyring.create().remove("k99")


def test_a_saved_keyring_is_closed_to_others(tmp_path: Path) -> None:
    """The file has mode 0600 and its new folder 0700; nothing else is left behind."""
    path = tmp_path / "new" / "keyring.json"
    keyring = Keyring.create()
    keyring.save(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert Keyring.load(path) == keyring


def test_saving_again_replaces_the_file_and_closes_it(tmp_path: Path) -> None:
    """A keyring that had been opened to others is closed by the next save."""
    path = tmp_path / "keyring.json"
    first = Keyring.create()
    first.save(path)
    path.chmod(0o644)
    first.add().save(path)

    assert len(Keyring.load(path).keys) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666])
def test_a_keyring_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """A file that group or world may read or write is not used; the refusal says what to run."""
    path = tmp_path / "keyring.json"
    Keyring.create().save(path)
    path.chmod(mode)

    with pytest.raises(KeyringError, match="chmod 600"):
        Keyring.load(path)


def test_a_missing_keyring_file_is_named(tmp_path: Path) -> None:
    """The refusal names the path and the reason."""
    with pytest.raises(KeyringError, match=r"absent\.json cannot be read: No such file"):
        Keyring.load(tmp_path / "absent.json")


def test_a_keyring_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A path below a plain file cannot be made; the refusal says so."""
    (tmp_path / "file").touch()
    with pytest.raises(KeyringError, match="cannot be"):
        Keyring.create().save(tmp_path / "file" / "keyring.json")
    with pytest.raises(KeyringError, match="cannot be"):
        Keyring.load_or_create(tmp_path / "file" / "keyring.json")


def test_a_first_start_makes_the_keyring_and_the_next_one_reads_it(tmp_path: Path) -> None:
    """`load_or_create` says whether it made the keyring, and never makes it twice."""
    path = tmp_path / ".retoma" / "keyring.json"
    made, is_new = Keyring.load_or_create(path)

    assert is_new
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring.load_or_create(path) == (made, False)


def test_running_instances_that_start_together_share_one_keyring(tmp_path: Path) -> None:
    """Of eight first starts at once exactly one makes the keyring; all use that one."""
    path = tmp_path / "keyring.json"
    line = Barrier(8)

    def start() -> tuple[Keyring, bool]:
        line.wait()
        return Keyring.load_or_create(path)

    with ThreadPoolExecutor(8) as pool:
        starts = [future.result() for future in [pool.submit(start) for _ in range(8)]]

    assert sum(is_new for _, is_new in starts) == 1
    assert {keyring for keyring, _ in starts} == {Keyring.load(path)}
    assert list(tmp_path.iterdir()) == [path]


def test_signing_keys_differ_by_purpose_and_root_and_the_primary_comes_last() -> None:
    """No two purposes or root keys share a signing key, and none is a root key itself."""
    keyring = Keyring.create().add()
    tokens, cursors = keyring.signing_keys("customer-token"), keyring.signing_keys("cursor")
    promoted = keyring.promote(keyring.keys[-1].kid)

    assert len({*tokens, *cursors, *(key.secret for key in keyring.keys)}) == 6
    assert promoted.signing_keys("cursor") == cursors[::-1]
