"""What the README shows is what happens."""

import json
import os
import subprocess
import sys

import pytest
import requests

import retoma
from tests.servers.retoma_server import RetomaServer
from tests.snippets import CARTS, README, ROOT, snippet, with_values


def test_curl_in_five_lines_saves_and_reads_a_draft(server: RetomaServer) -> None:
    """The curl snippet opens a visitor and a draft, changes it, and prints it with its value."""
    code = snippet("curl")
    keys = {"RETOMA": server.url, "PUBLISHABLE_KEY": server.publishable_key}

    done = subprocess.run(
        ["bash", "-euc", code], env=os.environ | keys, capture_output=True, text=True, timeout=30, check=True
    )

    *_, changes, draft = done.stdout.replace("}{", "}\n{").splitlines()
    assert len(code.strip().splitlines()) == 5
    assert json.loads(changes)["results"] == [{"status": "applied", "revision": 1}]
    assert json.loads(draft)["data"] == {"applicant": {"name": "Ann"}}


def test_the_guide_to_carts_ends_with_a_parked_cart_made_active(server: RetomaServer) -> None:
    """A cart is begun, claimed, the claim undone, and the guest's cart taken out of the parked ones."""
    begin = snippet("curl").splitlines()[:2]
    code = "\n".join([*begin, snippet("cart", CARTS), "GUEST=$TOKEN", snippet("claim", CARTS)])
    keys = {
        "RETOMA": server.url,
        "PUBLISHABLE_KEY": server.publishable_key,
        "SECRET_KEY": server.secret_key,
    }

    done = subprocess.run(
        ["bash", "-euc", code], env=os.environ | keys, capture_output=True, text=True, timeout=30, check=True
    )

    preview, receipt, undone, active = map(json.loads, done.stdout.replace("}{", "}\n{").splitlines()[-4:])
    assert preview["carts"][0]["choices"][0]["strategy"] == "max"
    assert (receipt["carts"][0]["fate"], undone["carts"][0]["undone"]) == ("adopted", True)
    assert (active["status"], active["lines"][0]["sku"]) == ("open", "tee")


def test_the_python_snippet_ends_in_a_completed_draft(server: RetomaServer) -> None:
    """The Python snippet runs as it stands, and the service reads both people's values."""
    code = with_values(
        snippet("python"), url=server.url, secret_key=server.secret_key, staff_token=server.staff("Marta")
    )

    subprocess.run([sys.executable, "-c", code], timeout=240, check=True)

    answer = requests.get(
        f"{server.url}/v1/drafts?status=completed",
        headers={"Authorization": f"Bearer {server.secret_key}"},
        timeout=10,
    )
    assert {"applicant": {"email": "ann@example.com"}, "income": {"net": 3100}} in [
        draft.get("data")
        for draft in answer.json()["items"]  # other tests order carts on this server
    ]


@pytest.mark.parametrize(
    ("page", "name", "order_ref", "said"),
    [
        ("sdk_python/README.md", "cart", "A-1001", "[('tee', 5)] 5 (Price(amount=9950, currency='EUR'),)\n"),
        ("docs/carts.md", "order", "A-1002", ""),
    ],
)
def test_the_snippets_of_carts_end_in_an_order(
    server: RetomaServer, page: str, name: str, order_ref: str, said: str
) -> None:
    """They run as they stand, and say what they should."""
    code = with_values(snippet(name, ROOT / page), url=server.url, secret_key=server.secret_key)

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=True
    )

    carts = retoma.Client(server.url, server.secret_key).drafts("cart", status="completed")
    orders = [cart.order.order_ref for cart in carts if isinstance(cart, retoma.Cart) and cart.order]
    assert (done.stdout, order_ref in orders) == (said, True)


def test_the_readme_keeps_its_order_and_length() -> None:
    """First the picture, then the two commands, a page, curl, Python, the concepts, the map."""
    text = README.read_text(encoding="utf-8")
    order = ["docs/three-devices.png", "make demo", "## In a page", "## With curl", "## In Python"]
    order += ["## Concepts", "## The map"]

    places = [text.index(each) for each in order]

    assert places == sorted(places)
    assert len(text.splitlines()) <= 130
