"""The committed description of the HTTP interface is the one that the app gives."""

from pathlib import Path

from retoma_server.commands import described

COMMITTED = Path(__file__).parent.parent / "openapi" / "openapi.json"


def test_the_committed_description_is_not_stale() -> None:
    """Whoever changes the interface runs `make openapi`; nobody edits the file by hand."""
    assert COMMITTED.read_text(encoding="utf-8") == described(), "run: make openapi"


def test_the_description_is_the_same_each_time() -> None:
    """A new line in it means a new thing in the interface."""
    assert described() == described()
