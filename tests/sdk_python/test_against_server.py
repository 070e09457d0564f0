"""The SDK and the real server: the whole job, and what must hold when something breaks."""

from collections.abc import Iterator
from datetime import datetime

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .losing_proxy import LosingProxy
from .people import phone, service, somebody


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetomaServer]:
    """A server that tests here may kill; each of them has a customer of its own."""
    with RetomaServer(tmp_path_factory.mktemp("sdk")) as server:
        service(server).processes.register(
            "mortgage",
            titles={"en": "Mortgage", "es": "Hipoteca"},
            url=f"{server.url}/form",
            steps=[{"id": "you", "titles": {"en": "You"}}, {"id": "income", "titles": {"en": "Income"}}],
            fields={"/iban": "restricted", "/income": "public"},
        )
        yield server


def test_a_draft_goes_from_desktop_to_phone_to_store(server: RetomaServer) -> None:
    """The main job: three devices, one conflict, nothing lost."""
    desktop = somebody(server).draft("mortgage")
    desktop.patch({"name": "Ann", "email": "ann@example.com", "address": {"city": "Vigo"}})
    desktop.go_to("you")
    desktop.save()

    handoff = desktop.handoff(to="device")
    assert handoff.qr_svg is not None
    assert phone(server).preview(handoff.url or "").title == "Mortgage"
    mobile = phone(server).redeem(handoff.url or "")
    assert mobile.data == {"name": "Ann", "email": "ann@example.com", "address": {"city": "Vigo"}}
    mobile.set("name", "Anna")
    mobile.set("address.zip", "36201")
    mobile.save()

    desktop.set("name", "Annie")
    desktop.set("address.street", "Real 1")
    saved = desktop.save()
    (conflict,) = saved.conflicts
    assert (conflict.stored.value, conflict.arriving.value) == ("Anna", "Annie")
    assert conflict.stored.by.device == "iPhone"
    assert "/address/zip" in saved.arrived
    desktop.resolve(conflict, "arriving")
    desktop.save()
    mobile.refresh()
    assert mobile.data == desktop.data
    assert mobile.data["address"] == {"city": "Vigo", "zip": "36201", "street": "Real 1"}
    assert (mobile["name"], mobile.conflicts) == ("Annie", ())

    clerk = retoma.Client(server.url, server.staff("Marta"), channel="store")
    assisted = clerk.assist.redeem(desktop.handoff(to="staff").code or "")
    assert assisted["email"]["$masked"] is True
    assert {"opened", "handed-off", "assisted"} <= {each.type for each in clerk.assist.journey(assisted)}
    assisted.set("income.net", 3000)
    assert clerk.assist.hand_back(assisted) is None
    with pytest.raises(retoma.NotFoundError):
        assisted.refresh()
    with pytest.raises(ValueError, match="not let into the draft"):
        clerk.assist.hand_back(assisted)
    desktop.refresh()
    assert desktop["income.net"] == 3000

    assisted = clerk.assist.redeem(desktop.handoff(to="staff", scope="complete").code or "")
    assisted.set("income.net", 3100)
    assisted.save()
    assisted.complete()

    desktop.refresh()
    assert (desktop.status, desktop["income.net"], desktop["email"]) == ("completed", 3100, "ann@example.com")
    authors = {entry.by.kind for entry in desktop.history()}
    assert {"customer", "grant", "staff"} <= authors


def test_a_call_is_in_the_journey_that_staff_see(server: RetomaServer) -> None:
    """Told by the service, with a note; staff see it while they are in the draft, and only then."""
    shop = retoma.Client(server.url, server.secret_key)
    ana = shop.customer("u-of-a-call")
    draft = ana.draft("mortgage")
    with pytest.raises(ValueError, match="time zone"):
        shop.touchpoint(draft.customer, "call", "contact_center", at=datetime(2026, 1, 2))
    told = shop.touchpoint(draft.customer, "call", "contact_center", note="Asked about fees")
    assert (told.type, told.draft, told.actor, told.note) == ("call", None, "service", "Asked about fees")
    clerk = retoma.Client(server.url, server.staff("Sam"), channel="store")
    with pytest.raises(ValueError, match="not let into the draft"):
        clerk.assist.journey(draft)
    helped = clerk.assist.redeem(draft.handoff(to="staff").code or "")
    assert told in clerk.assist.journey(helped)
    clerk.assist.hand_back(helped)


def test_a_lost_answer_is_a_change_done_once(server: RetomaServer) -> None:
    """The server has saved it; the SDK asks again, and hears that it was."""
    with LosingProxy(server.url) as proxy:
        draft = somebody(server, proxy.url).draft("mortgage")
        draft.set("name", "Ann")
        proxy.lose()
        saved = draft.save()

    assert [(result.status, result.was) for result in saved.results] == [("replayed", "applied")]
    assert (draft.revision, draft["name"], draft.unsaved) == (1, "Ann", False)


def test_every_lost_answer_is_met_by_asking_again(server: RetomaServer) -> None:
    """Opening, handing over, redeeming and completing happen once, however often they are asked for."""
    with LosingProxy(server.url) as proxy:
        customer = somebody(server, proxy.url)
        proxy.lose(2)  # that of the customer's token, and that of the draft
        draft = customer.draft("mortgage")
        draft.set("name", "Ann")
        draft.save()
        proxy.lose()
        handoff = draft.handoff()
        proxy.lose()
        mobile = retoma.Client(proxy.url).redeem(handoff.url or "")
        mobile.set("name", "Anna")
        mobile.save()
        draft.refresh()
        proxy.lose()
        draft.complete()

    assert (draft.status, draft["name"]) == ("completed", "Anna")
    assert [each.id for each in customer.drafts()] == [draft.id]


def test_events_go_on_after_the_server_was_killed(server: RetomaServer) -> None:
    """What happens while the stream is down is told once it is up again, and nothing twice."""
    customer = somebody(server)
    draft, elsewhere = customer.draft("mortgage"), customer.draft("mortgage")
    with customer.events() as events:
        elsewhere.set("name", "Ann")
        elsewhere.save()
        draft.receive(next(events))
        assert draft["name"] == "Ann"

        server.kill()
        server.start()
        elsewhere.set("name", "Anna")
        elsewhere.save()
        told = next(events)

    draft.receive(told)
    assert (told.type, told.revision, told.actor, told.channel) == ("draft-changed", 2, "customer", "web")
    assert draft["name"] == "Anna"


def test_edits_outlive_a_server_that_is_down(server: RetomaServer) -> None:
    """They are kept while it is away, and saved once it is back."""
    draft = somebody(server).draft("mortgage")
    impatient = retoma.Client(server.url, draft.client.token, retries=0).get(draft.id)
    impatient.set("name", "Ann")
    server.kill()
    with pytest.raises(retoma.NetworkError):
        impatient.save()
    server.start()
    impatient.save()

    draft.refresh()
    assert draft["name"] == "Ann"


def test_edits_outlive_a_restore_from_backup(server: RetomaServer) -> None:
    """In a new epoch the draft is read again; what differs is kept as a conflict."""
    draft = somebody(server).draft("mortgage")
    draft.set("name", "Ann")
    draft.save()
    draft.set("name", "Anna")
    draft.set("city", "Vigo")
    server.kill()
    server.cli("epoch", "new")
    server.start()
    saved = draft.save()

    assert draft.data == {"name": "Ann", "city": "Vigo"}
    assert [conflict.arriving.value for conflict in saved.conflicts] == ["Anna"]


def test_a_refused_field_takes_no_other_with_it(server: RetomaServer) -> None:
    """Neither one that the server will not store, nor one that it cannot even read."""
    draft = somebody(server).draft("mortgage")
    draft.patch({"name": "Ann", "card": "4111 1111 1111 1111", "number": 2**60, "city": "Vigo"})
    saved = draft.save()

    assert draft.data == {"name": "Ann", "city": "Vigo"}
    assert {rejection.ops[0]["path"] for rejection in saved.rejected} == {"/card", "/number"}
    draft.set("name", "Anna")
    assert not draft.save().rejected


def test_whoever_completes_has_seen_what_is_completed(server: RetomaServer) -> None:
    """What others changed meanwhile is shown first, and completing it is a second decision."""
    customer = somebody(server)
    draft, elsewhere = customer.draft("mortgage"), customer.draft("mortgage")
    elsewhere.set("city", "Vigo")
    elsewhere.save()
    draft.set("name", "Ann")
    with pytest.raises(retoma.ConflictError, match="revision-conflict"):
        draft.complete()
    assert draft.data == {"name": "Ann", "city": "Vigo"}
    draft.complete()

    elsewhere.set("city", "Lugo")
    with pytest.raises(retoma.ClosedError, match="draft-closed"):
        elsewhere.save()
    assert elsewhere["city"] == "Lugo"


def test_open_conflicts_stand_against_completing(server: RetomaServer) -> None:
    """Unless whoever completes says to keep what is stored."""
    customer = somebody(server)
    draft, elsewhere = customer.draft("mortgage"), customer.draft("mortgage")
    elsewhere.set("name", "Ann")
    elsewhere.save()
    draft.set("name", "Anna")
    draft.save()
    with pytest.raises(retoma.ConflictError, match="conflicts-open") as raised:
        draft.complete()
    assert [conflict.path for conflict in raised.value.conflicts] == ["/name"]

    draft.complete(keep_stored=True)
    assert (draft.status, draft["name"]) == ("completed", "Ann")


def test_a_handoff_gives_one_draft_and_can_be_taken_back(server: RetomaServer) -> None:
    """A grant is never a login, and a link is used once."""
    customer = somebody(server)
    draft, other = customer.draft("mortgage"), customer.draft("mortgage", "second")
    handoff = draft.handoff()
    mobile = phone(server).redeem(handoff.url or "")
    with pytest.raises(retoma.NotFoundError):
        mobile.client.get(other.id)
    with pytest.raises(retoma.NotFoundError, match="handoff-invalid"):
        phone(server).redeem(handoff.url or "")

    draft.revoke(handoff)
    mobile.set("name", "Ann")
    with pytest.raises((retoma.AuthenticationError, retoma.NotFoundError)):
        mobile.save()
    assert mobile["name"] == "Ann"


def test_a_visitor_is_recognised_by_their_token(server: RetomaServer) -> None:
    """And by nothing else: another visitor's draft is not there."""
    shop = retoma.Client(server.url, server.publishable_key)
    visitor = shop.visitor()
    draft = visitor.draft("cart-of-questions")
    draft.set("name", "Ann")
    draft.save()

    again = retoma.Client(server.url, visitor.token)
    assert [each["name"] for each in again.drafts("cart-of-questions", status="open")] == ["Ann"]
    with pytest.raises(retoma.NotFoundError):
        shop.visitor().get(draft.id)


def test_a_discarded_draft_is_gone_and_a_new_one_can_be_opened(server: RetomaServer) -> None:
    """Discarding twice does no harm."""
    customer = somebody(server)
    draft = customer.draft("mortgage")
    draft.discard()
    draft.discard()

    assert draft.status == "discarded"
    assert customer.draft("mortgage").id != draft.id


def test_processes_are_registered_and_read(server: RetomaServer) -> None:
    """By the service, and read by any credential of the tenant."""
    process = somebody(server).processes.get("mortgage")

    assert (process.titles["es"], process.steps[1]["id"]) == ("Hipoteca", "income")
    assert "mortgage" in [each.name for each in service(server).processes.list()]
