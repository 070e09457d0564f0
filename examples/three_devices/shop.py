"""The business's own site: the page of three devices, and the little back end that it needs."""

import json
import mimetypes
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

import retoma

from ..shop import shop as mimbre

HERE = Path(__file__).parent
SDK = HERE.parent.parent / "sdk_js" / "dist" / "retoma.js"
FILES = {
    "/": HERE / "index.html",
    "/retoma.js": SDK,
    "/speaking.js": HERE.parent / "speaking.js",
    **{f"/{path.name}": path for path in HERE.iterdir() if path.suffix in (".css", ".js")},
    **{f"/shop/{name}": path for name, path in (mimbre.FILES | mimbre.SHARED).items()},
}
CUSTOMER = "ana"
"""Who is at the desktop, unless the page's address says otherwise."""
HOOK = "/prices"
"""Where Retoma asks for the prices of a cart."""


class Shop:
    """A small web server for the page; it answers within the block of a `with`.

    `config` is what the page needs to know, and what it tells: by which name and password the clerk signs in.
    """

    def __init__(
        self, bind: str, port: int, service: retoma.Client, config: dict[str, str], hook: str
    ) -> None:
        """Listen, on the address `bind`; `service` speaks with the secret key, `hook` signs questions."""
        self.orders = mimbre.Orders(service)
        answering = partial(Answering, service, config, self.orders, Webhook(hook))
        self._server = ThreadingHTTPServer((bind, port), answering)
        self._serving = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        """Answer from now on."""
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    def __init__(
        self,
        service: retoma.Client,
        config: dict[str, str],
        orders: mimbre.Orders,
        hook: Webhook,
        *request: Any,
    ) -> None:
        """Answer it; `service` and `config` as the shop was given them, `orders` are those that it makes."""
        self._service = service
        self._config = config
        self._orders = orders
        self._hook = hook
        super().__init__(*request)

    def do_GET(self) -> None:
        """Files of the page, and its config."""
        path = urlsplit(self.path).path
        if path == "/config.json":
            self._answer_json(self._config)
        elif path == "/products.json":
            self._answer_json(mimbre.PRODUCTS)
        elif path in FILES:
            self._answer(FILES[path].read_bytes(), mimetypes.guess_type(FILES[path])[0] or "")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Tokens, orders, and prices."""
        address = urlsplit(self.path)
        if address.path == "/token":
            self._answer_token(parse_qs(address.query).get("customer", [CUSTOMER])[0])
        elif address.path == "/orders":
            self._order(json.loads(self._body())["cart"])
        elif address.path == HOOK:
            self._answer_prices(self._body())
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal tells the story."""

    def _answer_token(self, customer: str) -> None:
        """A token for the customer who is signed in; here, everybody is who they say they are."""
        self._answer_json({"token": self._service.customer(customer).token})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer_prices(self, asked: bytes) -> None:
        try:
            lines = self._hook.verify(asked, dict(self.headers))["lines"]
        except WebhookVerificationError:
            return self.send_error(401)
        self._answer_json({"lines": {line["key"]: judged(line) for line in lines}})

    def _order(self, cart: str) -> None:
        try:
            self._answer_json({"order_ref": self._orders.make(cart).ref})
        except mimbre.NotOrderedError as refused:
            self._answer_json({"code": refused.code}, status=409)

    def _answer_json(self, value: Any, status: int = 200) -> None:
        self._answer(json.dumps(value).encode(), "application/json", status)

    def _answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def judged(line: dict[str, Any]) -> dict[str, Any]:
    """The shop's word on a line of a cart: what it costs, or that it is not sold."""
    amount = mimbre.PRICES.get(line["sku"])
    if amount is None:
        return {"status": "unavailable", "reason": "not-sold-here"}
    if line["price"] and line["price"]["amount"] == amount:
        return {"status": "ok"}
    return {"status": "price_changed", "price": {"amount": amount, "currency": "EUR"}}
