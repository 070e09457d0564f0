"""Nobody of the staff finds a customer by leafing: there is no list of customers, nor of what they began."""

import pytest

from retoma_server.domain.staff import Role
from tests.console.counter import OWN, at_work
from tests.console.test_pages import helped
from tests.http.shop import Shop, new_key

NAME = "canary-customer"
WIDEST = ("", "?limit=100", "?customer={customer}", "?draft={draft}", "?q=canary", "?external_id={external}")


def places(shop: Shop) -> list[str]:
    """Every address that can be read and names nobody."""
    rules = shop.app.url_map.iter_rules()
    return sorted({rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments})


def test_the_places_are_those_of_the_console_and_of_the_api(shop: Shop) -> None:
    """Lest the test below looks at nothing."""
    assert {"/staff", "/staff/record", "/v1/audit", "/v1/drafts", "/v1/carts/export"} <= set(places(shop))


@pytest.mark.parametrize("role", Role)
def test_no_place_lists_customers_or_what_they_began(shop: Shop, role: Role) -> None:
    """Of a customer whom nobody helps no page and no answer holds a name, an id or a value, however it is
    asked for; of one who was helped the record and one's own work are all that there is.
    """
    person = at_work(shop, role, Role.ASSIST)
    helped(shop, person, "loan", name="somebody else")
    external = new_key()
    customer = shop.customer(external)
    draft = customer.begin("loan", name=NAME)
    about = {"customer": customer.customer, "draft": draft, "external": external}
    wanted = (customer.customer, draft, NAME, external)
    for place in places(shop):
        for query in WIDEST:
            asked = query.format(**about)
            answer = person.client.get(
                place + asked, base_url=OWN, headers={"Accept": "application/json"}, buffered=True
            )
            told = answer.text if answer.is_json or "text/" in (answer.content_type or "") else ""
            shown = [each for each in wanted if each in told and each not in asked]
            assert shown == [], (place, asked)
    assert person.client.get("/v1/staff/session", base_url=OWN).status_code == 200
