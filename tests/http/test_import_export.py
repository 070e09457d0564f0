"""Carts by the thousand, in and out: each once, none lost, and no more in memory than a line."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from retoma_server.adapters.stores import RedisStore
from retoma_server.app import app_of
from tests.actions.business import Clock
from tests.actions.crashing import crashing
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, open_shop, shop_in_memory
from tests.http.test_carts import EUR, add, cart_of, change, quantities
from tests.servers.retoma_server import RetomaServer

NDJSON = "application/x-ndjson"


@pytest.fixture(params=["sqlite", "redis"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop of one's own, on each store."""
    if request.param == "redis":
        opened = open_shop(RedisStore(request.getfixturevalue("redis_url")), Clock())
    else:
        opened = shop_in_memory()
    yield opened
    opened.deps.store.close()


def basket(number: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A cart of another system."""
    wanted = list(lines) or [{"sku": "tee", "quantity": 2, "price": EUR}]
    return {"id": f"basket-{number}", "external_id": f"u-{number}", "lines": wanted, **more}


def text_of(*carts: Any) -> bytes:
    """Carts as lines; bytes as they are."""
    return b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in carts)


def bring(person: Person, *carts: Any) -> list[dict[str, Any]]:
    """What became of each line of an import."""
    answer = person.ask("POST", "/v1/carts/import", text_of(*carts), Content_Type=NDJSON)
    assert (answer.status_code, answer.content_type) == (200, NDJSON), answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def take(person: Person, query: str = "") -> list[dict[str, Any]]:
    """The lines of an export."""
    answer = person.get(f"/v1/carts/export{query}")
    assert (answer.status_code, answer.content_type) == (200, NDJSON), answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_cart_comes_to_its_customer_whole(shop: Shop) -> None:
    """With its lines, prices and notes, as if they had been added here; found by signing in."""
    lines = [
        {"sku": "tee", "attributes": {"size": "M"}, "quantity": 2, "price": EUR, "info": {"note": "gift"}},
        {"sku": "mug"},
        {"sku": "mug", "quantity": 3},
    ]
    (done,) = bring(shop.service, basket(1, *lines))
    assert (done["line"], done["status"]) == (1, "imported")
    customer = shop.customer("u-1")
    opened = customer.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()
    assert (opened["id"], opened["revision"]) == (done["draft"], 1)
    assert quantities(customer, done["draft"]) == {"tee": 2, "mug": 4}
    tee = opened["lines"][0]
    assert (tee["price"]["amount"], tee["info"], tee["by"]["kind"]) == (1990, {"note": "gift"}, "service")
    change(customer, done["draft"], 1, add("lamp"))
    assert quantities(customer, done["draft"])["lamp"] == 1


def test_sent_again_a_cart_is_imported_once(shop: Shop) -> None:
    """Also when the customer has changed or ordered it since; another cart under its name is refused."""
    (first,) = bring(shop.service, basket(1))
    change(shop.customer("u-1"), first["draft"], 1, add("mug"))
    (again,) = bring(shop.service, basket(1))
    assert (again["status"], again["draft"]) == ("replayed", first["draft"])
    assert shop.customer("u-1").ask("DELETE", f"/v1/drafts/{first['draft']}").status_code == 204
    assert bring(shop.service, basket(1))[0]["status"] == "replayed"
    (other,) = bring(shop.service, basket(1, {"sku": "mug"}))
    assert (other["status"], other["code"]) == ("rejected", "idempotency-key-reused")
    (elses,) = bring(shop.service, basket(1, external_id="u-2"))
    assert elses["status"] == "imported"


@pytest.mark.parametrize(
    ("line", "code", "pointer"),
    [
        (b"{not json}\n", "malformed-json", None),
        (b"[]\n", "validation-failed", ""),
        (b'{"id": "a", "id": "b"}\n', "duplicate-key", None),
        (b'{"id": "' + b"x" * 300_000 + b'"}\n', "content-too-large", None),
        ({"id": "a", "lines": [{"sku": "tee"}]}, "validation-failed", "/external_id"),
        (basket(1, customer=f"cu_00{'0' * 20}"), "validation-failed", "/external_id"),
        ({**basket(1), "lines": []}, "validation-failed", "/lines"),
        ({**basket(1), "lines": ["tee"]}, "validation-failed", "/lines/0"),
        (basket(1, colour="red"), "validation-failed", ""),
        (basket(1, {"sku": "tee", "quantity": 0}), "invalid-quantity", "/lines/0"),
        (basket(1, {"sku": "tee"}, {"quantity": 1}), "invalid-identity", "/lines/1"),
        (basket(1, {"sku": "tee", "op": "clear"}), "unknown-field", "/lines/0"),
        (basket(1, {"sku": "4111 1111 1111 1111"}), "payment-data-refused", "/lines/0"),
        (basket(1, *[{"sku": "tee", "quantity": 999}] * 2), "limit-exceeded", None),
        ({"id": "a", "customer": f"cu_00{'0' * 20}", "lines": [{"sku": "tee"}]}, "not-found", None),
        (basket(1, process="loan"), "kind-mismatch", None),
    ],
)
def test_a_bad_line_is_refused_alone_and_not_repeated(
    shop: Shop, line: Any, code: str, pointer: str | None
) -> None:
    """By its code and place; those before and after it are imported."""
    shop.register("loan", kind="form")
    before, refused, after = bring(shop.service, basket(7), line, basket(8))
    assert (before["status"], after["status"], after["line"]) == ("imported", "imported", 3)
    assert (refused["line"], refused["status"], refused["code"]) == (2, "rejected", code)
    assert refused["retryable"] is False
    if pointer is not None:
        assert pointer in {each["pointer"] for each in refused["errors"]}
    assert "4111" not in str(refused)
    assert "colour" not in str(refused)


def test_a_cart_that_is_there_is_not_mixed_with_another(shop: Shop) -> None:
    """It is named, and the other one can come under another key."""
    customer = shop.customer("u-1")
    cart = cart_of(customer)
    (refused,) = bring(shop.service, basket(1))
    assert (refused["code"], refused["draft"]) == ("cart-exists", cart)
    assert bring(shop.service, basket(1, key="old"))[0]["status"] == "imported"
    assert quantities(customer, cart) == {}


def test_blank_lines_are_nothing_and_the_last_needs_no_end(shop: Shop) -> None:
    """Numbers are those of the file."""
    done = bring(shop.service, b"\n  \n", text_of(basket(1)).rstrip())
    assert [each["line"] for each in done] == [3]
    assert bring(shop.service, b"") == []


def test_only_the_shops_back_end_brings_and_takes(shop: Shop) -> None:
    """And only lines of JSON that are declared as such."""
    for person in (shop.page, shop.visitor(), shop.staff()):
        asked = person.ask("POST", "/v1/carts/import", text_of(basket(1)), Content_Type=NDJSON)
        assert_problem(asked, 403, "insufficient-scope")
        assert_problem(person.get("/v1/carts/export"), 403, "insufficient-scope")
    plain = shop.service.ask("POST", "/v1/carts/import", text_of(basket(1)))
    assert_problem(plain, 415, "unsupported-media-type")
    packed = shop.service.sending(Content_Encoding="gzip")
    asked = packed.ask("POST", "/v1/carts/import", text_of(basket(1)), Content_Type=NDJSON)
    assert_problem(asked, 415, "unsupported-media-type")


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("commits", range(9))
def test_an_import_that_a_crash_cut_short_is_sent_again(shop: Shop, commits: int, lost: bool) -> None:
    """At whichever commit it came: every cart is there once."""
    crashed = crashing(shop.deps, commits, lost)
    dying = replace(shop.service, app=app_of(crashed))
    cut = bring(dying, basket(1), basket(2))
    if cut[-1]["status"] == "rejected":
        assert (cut[-1]["code"], cut[-1]["retryable"]) == ("store-unavailable", True)
    done = bring(shop.service, basket(1), basket(2))
    assert {each["status"] for each in done} <= {"imported", "replayed"}
    assert len([each for each in take(shop.service) if each["cart"]]) == 2


def test_everything_comes_out_again_once(shop: Shop) -> None:
    """Carts only, open ones unless others are asked for; the last line says that it is the last."""
    shop.visitor().begin(name="Ann")
    done = bring(shop.service, *(basket(number) for number in range(250)))
    lines = take(shop.service)
    assert lines[-1] == {"cart": None, "cursor": None}
    assert sorted(each["cart"]["id"] for each in lines[:-1]) == sorted(each["draft"] for each in done)
    gone = done[0]["draft"]
    shop.service.ask("DELETE", f"/v1/drafts/{gone}")
    assert len(take(shop.service)) == 250
    (thrown, _) = take(shop.service, "?status=discarded")
    assert thrown["cart"]["id"] == gone


def test_an_export_goes_on_after_any_line(shop: Shop) -> None:
    """By the line's own cursor, of this query only."""
    bring(shop.service, *(basket(number) for number in range(5)))
    lines = take(shop.service)
    assert take(shop.service, f"?cursor={lines[1]['cursor']}") == lines[2:]
    wrong = shop.service.get(f"/v1/carts/export?process=cart&cursor={lines[1]['cursor']}")
    assert_problem(wrong, 400, "invalid-cursor")


def test_a_tenant_takes_only_its_own(shop: Shop) -> None:
    """Nothing of a neighbour's."""
    bring(shop.service, basket(1))
    assert take(shop.neighbour().service) == [{"cart": None, "cursor": None}]


def test_nobody_is_told_that_what_was_brought_was_abandoned(shop: Shop) -> None:
    """It was abandoned elsewhere, if it was."""
    (done,) = bring(shop.service, basket(1))
    events = shop.service.get(f"/v1/events?draft={done['draft']}", Accept="application/json").get_json()[
        "items"
    ]
    assert [each["type"] for each in events] == ["draft-opened"]


def test_an_erased_customers_names_go_too(shop: Shop) -> None:
    """Who comes back under the same id can be brought anew."""
    (first,) = bring(shop.service, basket(1))
    owner = shop.service.draft(first["draft"])["customer"]
    assert shop.service.ask("DELETE", f"/v1/customers/{owner}").status_code == 204
    (second,) = bring(shop.service, basket(1))
    assert (second["status"], second["draft"] != first["draft"]) == ("imported", True)


def test_a_real_server_streams_both_ways(server: RetomaServer) -> None:
    """A body of no declared length, results while it comes, and an export as it is read."""
    headers = {"Authorization": f"Bearer {server.secret_key}", "Content-Type": NDJSON}
    sent = (text_of(basket(number, process="streamed")) for number in range(300))
    brought = requests.post(f"{server.url}/v1/carts/import", data=sent, headers=headers, timeout=60)
    assert [json.loads(line)["status"] for line in brought.iter_lines()] == ["imported"] * 300
    place = f"{server.url}/v1/carts/export?process=streamed"
    with requests.get(place, headers=headers, timeout=60, stream=True) as taken:
        assert sum(1 for _ in taken.iter_lines()) == 301
