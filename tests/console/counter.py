"""Somebody behind a counter: a browser on the console's pages, whose forms are sent as they are drawn."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from retoma_server.actions.staff import add_account
from retoma_server.domain.staff import Account, Role
from tests.http.shop import Shop, new_key

OWN = "https://retoma.test"
PASSWORD = "correct horse battery"
NAVIGATION = {"Sec-Fetch-Site": "same-origin", "Origin": OWN}


@dataclass
class Counter:
    """A browser with what it keeps; `csrf` is the token of the page that was opened last."""

    shop: Shop
    client: FlaskClient
    name: str = ""
    csrf: str = field(default="", repr=False)

    def open(self, path: str = "/staff", **headers: str) -> TestResponse:
        """A page, redirects followed."""
        shown = self.client.get(path, base_url=OWN, headers=headers, follow_redirects=True)
        return self.seen(shown)

    def send(self, path: str, /, headers: dict[str, str] | None = None, **fields: str) -> TestResponse:
        """The answer to a form of the page that was opened last; redirects are not followed."""
        form = {"csrf": self.csrf, **fields}
        return self.client.post(path, base_url=OWN, data=form, headers=NAVIGATION | (headers or {}))

    def go(self, path: str, /, **fields: str) -> TestResponse:
        """The page that a form leads to."""
        answer = self.send(path, **fields)
        return self.open(answer.headers["Location"]) if answer.status_code == 303 else self.seen(answer)

    def seen(self, page: TestResponse) -> TestResponse:
        """A page, whose token is that of the forms from now on."""
        found = re.search(r'name="csrf" value="(\w+)"', page.text)
        self.csrf = found[1] if found else self.csrf
        return page

    def sign_in(self, password: str = PASSWORD) -> TestResponse:
        """The page that signing in leads to."""
        return self.go("/staff/sign-in", sign_in_name=self.name, password=password)


def counter(shop: Shop, *roles: Role, name: str = "Marta", store: str | None = None) -> Counter:
    """A new member of staff in front of a browser, where nobody is signed in yet."""
    deps = shop.deps
    wanted = Account("", name, frozenset(roles or (Role.ASSIST,)), new_key(), store)
    made = add_account(
        deps.store, deps.ids, deps.passwords, deps.tenants.get(shop.tenant.id), wanted, PASSWORD
    )
    return Counter(shop, shop.app.test_client(), made.sign_in_name or "")


def at_work(shop: Shop, *roles: Role, name: str = "Marta", store: str | None = None) -> Counter:
    """The same, signed in."""
    person = counter(shop, *roles, name=name, store=store)
    assert person.open(f"/staff?key={shop.tenant.publishable_key}").status_code == 200
    assert person.sign_in().status_code == 200
    return person


def words(page: TestResponse) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(text)).strip()


class Reader(HTMLParser):
    """Reads markup as a browser does, element by element."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self.found.append((tag, dict(attrs)))


def elements(page: TestResponse) -> list[tuple[str, dict[str, str | None]]]:
    """Every element of a page with its attributes."""
    reader = Reader()
    reader.feed(page.text)
    return reader.found
