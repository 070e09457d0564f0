"""Promises of the pages of supervisors and admins: people, devices and stores, and who may not reach them."""

import re
from html import unescape

import pytest

from retoma_server.actions.staff import add_retail_store, list_staff
from retoma_server.domain.staff import Account, Role
from tests.console.counter import OWN, PASSWORD, Counter, at_work, counter, elements, words
from tests.console.test_pages import XSS
from tests.http.shop import Shop, new_key

ABSENT = "st_00" + "A" * 20
GIVEN = "blue horses sing"


def store_of(shop: Shop, name: str = "Sol") -> str:
    """The id of another store of this name."""
    return add_retail_store(shop.deps.store, shop.deps.ids, shop.deps.tenants.get(shop.tenant.id), name).id


def account_of(person: Counter) -> Account:
    """The account of somebody as it is now."""
    tenant = person.shop.deps.tenants.get(person.shop.tenant.id)
    listed = list_staff(person.shop.deps.store, tenant)
    return next(each for each in listed if each.sign_in_name == person.name)


def page_of(person: Counter) -> str:
    """Where the page of somebody's account is."""
    return f"/staff/people/{account_of(person).id}"


def last_on_record(boss: Counter) -> str:
    """The newest entry but those of adding whoever reads it and of reading it."""
    auditor = at_work(boss.shop, Role.AUDITOR, name="Iris")
    page = auditor.open("/staff/record")
    return words_of(re.findall(r"<li><div class=\"entry\">(.*?)</div></li>", page.text, re.DOTALL)[1])


def words_of(markup: str) -> str:
    """What people read of a piece of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", markup))).strip()


PLACES = {
    "/staff/people": {Role.SUPERVISOR, Role.ADMIN},
    "/staff/devices": {Role.SUPERVISOR, Role.ADMIN},
    "/staff/stores": {Role.ADMIN},
    "/staff/record": {Role.SUPERVISOR, Role.AUDITOR},
    "/staff/activity": set(Role),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_what_the_navigation_shows_it_and_no_more(shop: Shop, role: Role) -> None:
    """What is not shown is 403, whoever types its address."""
    person = at_work(shop, role)
    start = person.open()
    for path, roles in PLACES.items():
        assert (f'href="{path}"' in start.text) == (role in roles), path
        assert person.open(path).status_code == (200 if role in roles else 403), path


FORMS = ["/staff/people", "/staff/devices", "/staff/stores"] + [
    f"/staff/people/{ABSENT}/{what}" for what in ("disable", "enable", "roles", "password")
]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("role", [Role.ASSIST, Role.AUDITOR])
def test_whoever_sees_to_nothing_changes_nothing(shop: Shop, path: str, role: Role) -> None:
    """403 for every form, whatever it says."""
    person = at_work(shop, role)
    person.open()
    form = {"name": "Eva", "sign_in_name": new_key(), "password": GIVEN, "roles": "admin"}
    assert person.send(path, **form).status_code == 403


@pytest.mark.parametrize(
    "path", [*FORMS, "/staff/devices/sd_00/take-back", "/staff/stores/so_00/registered-only"]
)
def test_a_form_without_its_token_changes_nothing(shop: Shop, path: str) -> None:
    """403, as for every form of the console (case 55)."""
    boss = at_work(shop, Role.ADMIN)
    for csrf in ("", "0" * 64):
        assert boss.send(path, csrf=csrf, name="Eva").status_code == 403


def test_a_supervisor_adds_an_assistant_to_their_own_store(shop: Shop) -> None:
    """Who can sign in at once; it is on record who added whom."""
    boss = at_work(shop, Role.SUPERVISOR, name="Rosa", store=store_of(shop))
    boss.open("/staff/people")
    eva = Counter(shop, shop.app.test_client(), new_key())
    page = boss.go("/staff/people", name="Eva Paz", sign_in_name=eva.name, password=GIVEN, store=home(boss))
    assert "Added." in words(page)
    assert "Eva Paz" in words(page)
    eva.open(f"/staff?key={shop.tenant.publishable_key}")
    assert eva.sign_in(GIVEN).status_code == 200
    assert account_of(eva).store == home(boss)
    assert "Rosa added somebody : Eva Paz" in last_on_record(boss)


def home(person: Counter) -> str:
    """The store that somebody works in."""
    return account_of(person).store or ""


@pytest.mark.parametrize("more", [{"roles": "admin"}, {"store": "another"}, {"store": ""}])
def test_a_supervisor_gives_no_role_and_no_other_store(shop: Shop, more: dict[str, str]) -> None:
    """Roles that a form names count for nothing; an account out of reach is made by nobody."""
    boss = at_work(shop, Role.SUPERVISOR, store=store_of(shop))
    boss.open("/staff/people")
    form = {"name": "Eva", "sign_in_name": new_key(), "password": GIVEN, "store": home(boss), **more}
    if more.get("store") == "another":
        form["store"] = store_of(shop, "Norte")
    answer = boss.send("/staff/people", **form)
    made = Counter(shop, shop.app.test_client(), form["sign_in_name"])
    if "roles" in more:
        assert account_of(made).roles == {Role.ASSIST}
    else:
        assert answer.status_code == 403


def test_out_of_reach_is_as_absent(shop: Shop) -> None:
    """Another store's assistant, a colleague with another role, another tenant's: 404, all alike."""
    sol = store_of(shop)
    boss = at_work(shop, Role.SUPERVISOR, store=sol)
    neighbour = shop.neighbour()
    strangers = [
        counter(shop, Role.ASSIST, store=store_of(shop, "Norte")),
        counter(shop, Role.SUPERVISOR, store=sol),
        counter(shop, Role.ASSIST, Role.ADMIN, store=sol),
        counter(shop, Role.ASSIST),
        counter(neighbour, Role.ASSIST, store=store_of(neighbour)),
    ]
    boss.open("/staff/people")
    absent = boss.open(f"/staff/people/{ABSENT}")
    listed = boss.open("/staff/people").text
    for each in strangers:
        page = boss.open(page_of(each))
        assert (page.status_code, page.text) == (404, absent.text)
        assert account_of(each).id not in listed
        before = account_of(each)
        for what in ("disable", "enable", "password"):
            assert boss.send(f"{page_of(each)}/{what}", password=GIVEN).status_code == 404, what
        assert account_of(each) == before


def test_a_supervisor_without_a_store_sees_to_nobody(shop: Shop) -> None:
    """Not to those who have none either."""
    boss, clerk = at_work(shop, Role.SUPERVISOR), counter(shop)
    assert "Your account has no store" in words(boss.open("/staff/people"))
    assert boss.open(page_of(clerk)).status_code == 404


def test_whoever_is_disabled_is_out_at_once_and_may_come_back(shop: Shop) -> None:
    """Their next page is the one to sign in, which takes them no more until they are let in again."""
    sol = store_of(shop)
    boss, clerk = at_work(shop, Role.SUPERVISOR, name="Rosa", store=sol), at_work(shop, name="Leo", store=sol)
    boss.open("/staff/people")
    assert "may not sign in" in words(boss.go(f"{page_of(clerk)}/disable"))
    assert "You were signed out" in words(clerk.open())
    assert clerk.sign_in().status_code == 401
    assert "Rosa let somebody in no more : Leo" in last_on_record(boss)
    boss.go(f"{page_of(clerk)}/enable")
    assert clerk.sign_in().status_code == 200
    assert "Rosa let somebody in again : Leo" in last_on_record(boss)


def test_a_new_password_ends_the_old_one_and_every_session(shop: Shop) -> None:
    """One that will not do is refused in words, and changes nothing."""
    sol = store_of(shop)
    boss, clerk = at_work(shop, Role.SUPERVISOR, name="Rosa", store=sol), at_work(shop, name="Leo", store=sol)
    boss.open("/staff/people")
    refused = boss.send(f"{page_of(clerk)}/password", password="short")
    assert refused.status_code == 422
    assert "The password is too short" in words(refused)
    assert clerk.open().status_code == 200
    page = boss.go(f"{page_of(clerk)}/password", password=GIVEN)
    assert "The password is set." in words(page)
    assert GIVEN not in page.text
    assert "You were signed out" in words(clerk.open())
    assert clerk.sign_in(PASSWORD).status_code == 401
    assert clerk.sign_in(GIVEN).status_code == 200
    assert re.search(r"Rosa set somebody.s password : Leo", last_on_record(boss))


def test_an_admin_sees_to_everybody_and_gives_roles(shop: Shop) -> None:
    """Whoever gets others signs in anew; none at all is refused."""
    boss, clerk = at_work(shop, Role.ADMIN, name="Ada"), at_work(shop, name="Leo", store=store_of(shop))
    boss.open("/staff/people")
    assert boss.send(f"{page_of(clerk)}/roles").status_code == 422
    boss.go(f"{page_of(clerk)}/roles", roles="auditor")
    assert account_of(clerk).roles == {Role.AUDITOR}
    assert "You were signed out" in words(clerk.open())
    assert re.search(r"Ada changed somebody.s roles : Leo", last_on_record(boss))
    neighbours = counter(shop.neighbour())
    assert boss.open(page_of(neighbours)).status_code == 404


def test_a_supervisor_changes_no_roles(shop: Shop) -> None:
    """403, of those too whom they see to."""
    sol = store_of(shop)
    boss, clerk = at_work(shop, Role.SUPERVISOR, store=sol), counter(shop, store=sol)
    boss.open("/staff/people")
    assert boss.send(f"{page_of(clerk)}/roles", roles="supervisor").status_code == 403
    assert account_of(clerk).roles == {Role.ASSIST}


@pytest.mark.parametrize("what", ["disable", "roles", "password"])
def test_nobody_changes_their_own_account(shop: Shop, what: str) -> None:
    """403, for an admin as well; the page says that somebody else does."""
    boss = at_work(shop, Role.ADMIN, Role.SUPERVISOR)
    assert "This is your own account" in words(boss.open(page_of(boss)))
    before = account_of(boss)
    assert boss.send(f"{page_of(boss)}/{what}", roles="admin", password=GIVEN).status_code == 403
    assert account_of(boss) == before


def test_what_is_not_taken_stays_typed_but_for_the_password(shop: Shop) -> None:
    """A name that somebody has, a password that is little but the name, a name of nothing."""
    boss, clerk = at_work(shop, Role.ADMIN), counter(shop)
    boss.open("/staff/people")
    form = {"name": "Eva Paz", "sign_in_name": new_key(), "password": GIVEN, "roles": "assist"}
    for change, told in (
        ({"sign_in_name": clerk.name}, "Somebody signs in by that name already"),
        ({"password": "Eva Paz Eva 12"}, "little more than the name"),
        ({"password": "short"}, "too short"),
        ({"name": "  "}, "The name is missing"),
        ({"roles": ""}, "A role is missing"),
        ({"store": "so_00" + "A" * 20}, "There is no such store"),
    ):
        page = boss.send("/staff/people", **form | change)
        assert (page.status_code, told in words(page)) == (422, True), told
        assert [each.get("value") for _, each in elements(page) if each.get("type") == "password"] == [
            None,
            None,
        ]
        assert "name" in change or 'value="Eva Paz"' in page.text


def test_a_device_is_registered_where_somebody_stands_and_taken_back(shop: Shop) -> None:
    """Its cookie lets the store's assistants in there; taken back, they are out. Both are on record."""
    sol = store_of(shop)
    boss = at_work(shop, Role.SUPERVISOR, name="Rosa", store=sol)
    admin = at_work(shop, Role.ADMIN, name="Ada")
    admin.open("/staff/stores")
    assert "on registered devices only" in words(admin.go(f"/staff/stores/{sol}/registered-only", only="yes"))
    assert "sign in on registered devices only : Sol" in last_on_record(boss)
    boss.open("/staff/devices")
    page = boss.go("/staff/devices", name="Tablet 2")
    assert "Tablet 2 this device" in words(page)
    twice = boss.send("/staff/devices", name="tablet 2")
    assert twice.status_code == 422
    assert "The store has a device of that name already" in words(twice)
    assert "Rosa registered a device : Tablet 2" in last_on_record(boss)
    clerk = counter(shop, name="Leo", store=sol)
    clerk.open(f"/staff?key={shop.tenant.publishable_key}")
    assert clerk.sign_in().status_code == 403
    here = boss.client.get_cookie("__Host-retoma-device", domain="retoma.test")
    assert here is not None
    clerk.client.set_cookie("__Host-retoma-device", here.value, domain="retoma.test", secure=True)
    assert clerk.sign_in().status_code == 200
    device = re.search(r"/staff/devices/(sd_\w+)/take-back", page.text)
    assert device
    assert "Taken back." in words(boss.go(f"/staff/devices/{device[1]}/take-back"))
    assert "You were signed out" in words(clerk.open())
    assert "Rosa took a device back" in last_on_record(boss)
    admin.open("/staff/stores")
    admin.go(f"/staff/stores/{sol}/registered-only", only="no")
    assert "sign in anywhere : Sol" in last_on_record(boss)


def test_devices_and_stores_out_of_reach_are_as_absent(shop: Shop) -> None:
    """Another store's to a supervisor, another tenant's to an admin: 404, and none is listed."""
    far = at_work(shop, Role.SUPERVISOR, store=store_of(shop, "Norte"))
    far.open("/staff/devices")
    device = re.search(r"sd_\w+", far.go("/staff/devices", name="Far till").text)
    assert device
    boss = at_work(shop, Role.SUPERVISOR, store=store_of(shop))
    neighbour = shop.neighbour()
    stranger = at_work(neighbour, Role.ADMIN)
    for each in (boss, stranger):
        assert "Far till" not in each.open("/staff/devices").text
        assert each.send(f"/staff/devices/{device[0]}/take-back").status_code == 404
    assert stranger.send(f"/staff/stores/{store_of(shop)}/registered-only", only="yes").status_code == 404
    refused = boss.send("/staff/devices", name="Till", store=store_of(shop, "Norte"))
    assert refused.status_code == 422
    assert "There is no such store for you" in words(refused)
    assert "Far till" in far.open("/staff/devices").text


def test_a_store_is_added_by_an_admin(shop: Shop) -> None:
    """A name of nothing is refused; a supervisor is not asked."""
    admin = at_work(shop, Role.ADMIN, name="Ada")
    admin.open("/staff/stores")
    assert admin.send("/staff/stores", name=" ").status_code == 422
    assert "Gran Vía" in words(admin.go("/staff/stores", name="Gran Vía"))
    assert "Ada added a store : Gran Vía" in last_on_record(admin)


@pytest.mark.parametrize("text", XSS)
def test_names_are_shown_as_text(shop: Shop, text: str) -> None:
    """Of people, stores and devices, on every page that shows them (case 57)."""
    boss = at_work(shop, Role.ADMIN, Role.SUPERVISOR, name=text)
    where = store_of(shop, text)
    clerk = counter(shop, name=text, store=where)
    boss.open("/staff/devices")
    boss.go("/staff/devices", name=text, store=where)
    boss.go(f"{page_of(clerk)}/disable")
    pages = [boss.open(path) for path in (*PLACES, page_of(clerk), "/staff")]
    pages += [boss.send(path, name=text, sign_in_name=text, roles="") for path in ("/staff/people",)]
    pages += [boss.open(f"/staff/record?actor={text}&action={text}&day={text}")]
    for page in pages:
        assert page.status_code in (200, 422)
        for tag, attributes in elements(page):
            assert tag not in ("svg", "b", "style", "iframe"), text
            assert not [name for name in attributes if name.startswith("on")], text
            leads = [attributes.get(name) or "/" for name in ("href", "src", "action")]
            assert all(each.startswith(("/", "?", "#")) for each in leads), text
        assert page.text.count("<script") == page.text.count('<script src="/staff/assets/')


def test_the_pages_are_nobodys_without_a_session(shop: Shop) -> None:
    """Each leads to sign in."""
    client = shop.app.test_client()
    for path in (*PLACES, f"/staff/people/{ABSENT}"):
        answer = client.get(path, base_url=OWN)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/sign-in"), path
