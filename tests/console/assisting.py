"""A customer with something begun, and a clerk at the console who helps them."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from retoma_server.domain.staff import Role
from tests.http.shop import Person, Shop, new_key
from tests.http.test_staff import clerk


@dataclass(frozen=True)
class Counter:
    """The clerk's browser, and the draft that its page shows."""

    clerk: Person
    assist: str
    customer: Person
    draft: str

    def page(self) -> str:
        """The page of the help."""
        return self.shown(self.clerk.get(f"/staff/help/{self.assist}"))

    def send(self, place: str, seen: int, htmx: bool = True, **form: Any) -> TestResponse:
        """The answer to a form of the page."""
        sent = {"seen": seen, "once": new_key(), "since": seen, "shape": self.shape, **form}
        headers = {"HX-Request": "true"} if htmx else {}
        return self.clerk.ask(
            "POST", f"/staff/help/{self.assist}/{place}", form_body(sent), **FORM, **headers
        )

    def save(self, path: str, value: Any, seen: int, **form: Any) -> str:
        """What the page is told after an answer was saved."""
        return self.shown(self.send("fields", seen, path=path, value=value, **form))

    def news(self, since: int) -> str:
        """What is newer than a revision."""
        address = f"/staff/help/{self.assist}/changes?since={since}&shape={self.shape}"
        return self.shown(self.clerk.get(address))

    @property
    def shape(self) -> str:
        """The shape of the page."""
        found = re.search(r'data-shape="(\w+)"', self.page())
        assert found
        return found[1]

    def send_status(self, place: str, **form: Any) -> int:
        """How a form of a page is answered that is open for longer than it may be."""
        sent = {"seen": 1, "once": new_key(), **form}
        address = f"/staff/help/{self.assist}/{place}"
        return self.clerk.ask("POST", address, form_body(sent), **FORM, HX_Request="true").status_code

    def shown(self, answer: TestResponse) -> str:
        """An answer's markup."""
        assert answer.status_code == 200, answer.text
        return answer.text


FORM = {"Content_Type": "application/x-www-form-urlencoded"}


def form_body(sent: dict[str, Any]) -> bytes:
    """A form as a browser sends it."""
    return urlencode(sent, doseq=True).encode()


def at_the_counter(
    shop: Shop,
    process: str,
    kind: str = "form",
    roles: tuple[Role, ...] = (),
    consent: tuple[str, bool] = ("edit", False),
    **values: Any,
) -> Counter:
    """A customer's draft of a process with these values, opened to a clerk by a code as far as they agree."""
    customer = shop.visitor()
    opened = customer.post("/v1/drafts", {"process": process, "kind": kind})
    draft = opened.get_json()["id"]
    if values:
        assert customer.save(draft, 1, **values).status_code == 200
    return redeemed(clerk(shop, *roles).signed_in(), customer, draft, consent)


def with_a_colleague(shop: Shop, at: Counter, name: str, *roles: Role) -> Counter:
    """The same customer's draft in a colleague's hands too."""
    return redeemed(clerk(shop, *roles, name=name).signed_in(), at.customer, at.draft)


def redeemed(
    person: Person, customer: Person, draft: str, consent: tuple[str, bool] = ("edit", False)
) -> Counter:
    """A clerk who has redeemed a code."""
    scope, shows = consent
    code = customer.hand_off(draft, "staff", scope=scope, show_answers=shows)["code"]
    done = person.post("/v1/assist/redeem", {"code": code}, Retoma_Channel="store")
    assert done.status_code in (200, 201), done.text
    return Counter(person, done.get_json()["assist"]["id"], customer, draft)


def text_of(markup: str) -> str:
    """What people read of a piece of markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", markup)))


def field_of(markup: str, label: str) -> str:
    """The field with this label, without what follows it."""
    parts = re.split(r'(?=<div class="field)|</section>', markup)
    return next(part for part in parts if f'<span class="name">{label}</span>' in part)
