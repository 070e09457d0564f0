"""The committed description of the HTTP interface is the one that the app gives."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from retoma_server.commands import described
from tests.http.shop import shop_in_memory

COMMITTED = Path(__file__).parent.parent / "openapi" / "openapi.json"


def test_the_committed_description_is_not_stale() -> None:
    """Whoever changes the interface runs `make openapi`; nobody edits the file by hand."""
    assert COMMITTED.read_text(encoding="utf-8") == described(), "run: make openapi"


def test_what_a_view_reads_by_itself_is_described() -> None:
    """The parameters and bodies that no schema checks: `since`, ETags, keys, ops and patches."""
    paths = json.loads(described())["paths"]
    read = paths["/v1/drafts/{draft}"]["get"]["parameters"]
    assert {"since", "If-None-Match"} <= {each["name"] for each in read}
    patched = paths["/v1/drafts/{draft}"]["patch"]
    assert {"If-Match", "Idempotency-Key"} <= {each["name"] for each in patched["parameters"]}
    (told,) = paths["/v1/customers/{customer}/touchpoints"]["post"]["parameters"]
    assert (told["name"], told["required"]) == ("Idempotency-Key", True)
    assert patched["requestBody"]["required"]
    assert "oneOf" in str(paths["/v1/drafts/{draft}/changes"]["post"]["requestBody"])


def test_every_operation_says_what_any_request_may_carry() -> None:
    """Its channel and its device's label, each described once and pointed to by all."""
    said = json.loads(described())
    known = said["components"]["parameters"]
    assert [each["name"] for each in known.values()] == ["Retoma-Channel", "Retoma-Device"]
    for item in said["paths"].values():
        pointed = {each.get("$ref") for each in item["parameters"]}
        assert pointed >= {f"#/components/parameters/{name}" for name in known}


def test_the_description_is_the_same_each_time() -> None:
    """A new line in it means a new thing in the interface."""
    assert described() == described()


def test_the_description_is_whole_for_all_who_ask_first() -> None:
    """It is made at the first request for it, of which there may be several at once."""
    shop = shop_in_memory()
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(shop.nobody.get, "/openapi.json") for _ in range(4)]
    (said,) = {each.result().text for each in asked}
    assert json.loads(said)["paths"] == json.loads(described())["paths"]
    shop.deps.store.close()
