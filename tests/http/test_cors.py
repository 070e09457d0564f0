"""Promises to browsers: pages on the shop's origins may call and read, pages elsewhere may not."""

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import ORIGIN, Shop

FOREIGN = [
    "https://evil.example",
    "null",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://shop.example/",
    "https://SHOP.example",
    "https://shop.example, https://evil.example",
    "https://shop.example\u00a0",
    "*",
    "",
]


def preflight(shop: Shop, origin: str, method: str = "POST", path: str = "/v1/drafts") -> object:
    """The answer to a browser that asks before a request."""
    return shop.nobody.ask(
        "OPTIONS",
        path,
        Origin=origin,
        Access_Control_Request_Method=method,
        Access_Control_Request_Headers="authorization,content-type,retoma-channel",
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_a_page_of_the_shop_may_call(shop: Shop, method: str) -> None:
    """The preflight names origin, methods and headers, and no cookie is ever asked for."""
    answer = preflight(shop, ORIGIN, method)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Retoma-Channel"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


def test_a_page_of_the_shop_reads_answers_and_refusals(shop: Shop) -> None:
    """With the headers that it needs, for problems too."""
    visitor = shop.visitor()
    for answer in (
        visitor.get("/v1/drafts", Origin=ORIGIN),
        visitor.get(f"/v1/drafts/dr_00{'A' * 20}", Origin=ORIGIN),
        shop.nobody.get("/v1/drafts", Origin=ORIGIN),
        shop.page.get("/v1/drafts", Origin=ORIGIN),
        shop.nobody.get("/v1/nothing", Origin=ORIGIN),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Retry-After", "Retoma-Request-Id", "Idempotency-Replayed"} <= set(exposed)
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_elsewhere_is_refused(shop: Shop, origin: str) -> None:
    """403 for the preflight and the request, nothing that a browser could read, nothing done (case 59)."""
    visitor = shop.visitor()
    for answer in (
        preflight(shop, origin),
        visitor.post("/v1/drafts", {"process": "elsewhere"}, Origin=origin),
        shop.page.post("/v1/visitors", Origin=origin),
    ):
        assert_problem(answer, 403, "origin-not-allowed")
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-Allow")]
        assert "Origin" in answer.headers["Vary"]
    assert visitor.get("/v1/drafts").get_json()["items"] == []


def test_one_shops_page_may_not_use_anothers_credentials(shop: Shop) -> None:
    """403: an origin counts for its own tenant only."""
    other = shop.neighbour()
    visitor = other.visitor()
    shop.deps.tenants.forget()
    assert visitor.get("/v1/drafts", Origin=ORIGIN).status_code == 200
    assert_problem(visitor.get("/v1/drafts", Origin="https://third.example"), 403, "origin-not-allowed")


def test_the_servers_own_pages_may_call(shop: Shop) -> None:
    """The landing page redeems under the public address."""
    answer = shop.visitor().get("/v1/drafts", Origin="https://retoma.test")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://retoma.test"


def test_a_request_without_a_page_needs_no_origin(shop: Shop) -> None:
    """Apps and servers send none, and get no headers for browsers."""
    answer = shop.visitor().get("/v1/drafts")
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_form_cannot_write(shop: Shop) -> None:
    """415 for every kind of body that a page may send without asking first."""
    visitor = shop.visitor()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = visitor.post("/v1/drafts", b'{"process":"loan"}', Content_Type=kind)
        assert_problem(answer, 415, "unsupported-media-type")
