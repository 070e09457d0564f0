"""A store is named by a URL, and a wrong one is refused with a sentence for the operator."""

from pathlib import Path

import pytest

from retoma_server.adapters.stores import Commit, RedisStore, SqliteStore, Write, open_store


def test_an_sqlite_url_names_a_file_or_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slashes and a relative path, four for an absolute one, none for memory."""
    monkeypatch.chdir(tmp_path)
    for url, file in [
        ("sqlite:///a.db", "a.db"),
        (f"sqlite:///{tmp_path}/b%20c.db", "b c.db"),
        ("sqlite://", None),
    ]:
        store = open_store(url)
        store.commit(0, Commit({"k": 0}, [Write("k", b"")]))
        store.close()
        assert isinstance(store, SqliteStore)
        assert file is None or (tmp_path / file).exists()


def test_a_redis_url_connects_to_nothing_yet() -> None:
    """Opening is free: a server that is away is met at the first use."""
    for url in ("redis://127.0.0.1:1", "rediss://user:pass@127.0.0.1:1/3"):
        store = open_store(url, durability="relaxed", replicas=1)
        assert isinstance(store, RedisStore)
        store.close()


@pytest.mark.parametrize(
    ("url", "replicas", "says"),
    [
        ("redis+cluster://127.0.0.1:1", 0, "not supported yet"),
        ("postgresql://localhost/x", 0, "is named by"),
        ("retoma.db", 0, "is named by"),
        ("", 0, "is named by"),
        ("sqlite://retoma.db", 0, "three slashes"),
        ("sqlite:///retoma.db?mode=ro", 0, "three slashes"),
        ("sqlite:///retoma.db", 1, "no replicas"),
        ("redis://127.0.0.1:99999", 0, "ort"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(url: str, replicas: int, says: str) -> None:
    """Before anything is opened."""
    with pytest.raises(ValueError, match=says):
        open_store(url, replicas=replicas)
