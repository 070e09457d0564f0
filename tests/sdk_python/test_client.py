"""The client: everything that begins there, by the words it is sent in."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from responses import matchers

import retoma
from retoma._links import token_and_nonce

from .wire import DRAFT, URL, conflict_json, delta_json, draft_json, problem_json


def body(network: responses.RequestsMock, index: int = -1) -> dict[str, Any]:
    """The body of a request."""
    read: dict[str, Any] = json.loads(network.calls[index].request.body or "")
    return read


def test_a_service_speaks_as_a_customer(network: responses.RequestsMock) -> None:
    """The token is minted when it is first needed, under the secret key, and used from then on."""
    network.post(f"{URL}/v1/customer-tokens", json={"token": "ct_1", "customer": "cu_1"}, status=201)
    network.post(f"{URL}/v1/drafts", json=draft_json(), status=201, headers={"ETag": '"e1.5"'})
    with retoma.Client(URL, "sk_shop") as service:
        draft = service.customer("u-17", channel="web").draft("mortgage", "second")

    assert body(network, 0) == {"external_id": "u-17"}
    assert body(network, 1) == {"process": "mortgage", "key": "second", "kind": "form"}
    minting, opening = (call.request.headers for call in network.calls)
    assert (minting["Authorization"], minting["Retoma-Channel"]) == ("Bearer sk_shop", "api")
    assert (opening["Authorization"], opening["Retoma-Channel"]) == ("Bearer ct_1", "web")
    assert (draft.id, draft.customer, draft.revision) == ("dr_1", "cu_1", 5)


@pytest.mark.parametrize("ids", [{}, {"external_id": "u-17", "id": "cu_1"}])
def test_a_customer_has_one_name(client: retoma.Client, ids: dict[str, str]) -> None:
    """Your id of them, or Retoma's."""
    with pytest.raises(TypeError):
        client.customer(**ids)


def test_a_visitor_can_be_recognised_the_next_time(network: responses.RequestsMock) -> None:
    """The token of a visitor is there to be kept."""
    network.post(f"{URL}/v1/visitors", json={"token": "vt_1", "customer": "cu_1"}, status=201)
    with retoma.Client(URL, "pk_shop") as shop:
        assert shop.visitor().token == "vt_1"


def test_lists_are_read_page_after_page(client: retoma.Client, network: responses.RequestsMock) -> None:
    """The next page is fetched when it is needed, with the same filters."""
    since = datetime(2026, 1, 2, tzinfo=UTC)
    asked = {"process": "mortgage", "updated_since": "2026-01-02T00:00:00+00:00"}
    pages = [({}, [draft_json()], "c1"), ({"cursor": "c1"}, [draft_json(6)], None)]
    for more, items, after in pages:
        matching = [matchers.query_param_matcher({**asked, **more})]
        network.get(f"{URL}/v1/drafts", json={"items": items, "next": after}, match=matching)

    assert [draft.revision for draft in client.drafts("mortgage", updated_since=since)] == [5, 6]


def test_redeeming_gives_a_draft_under_its_own_grant(
    client: retoma.Client, network: responses.RequestsMock
) -> None:
    """The customer's own credential is not used for it."""
    network.post(f"{URL}/v1/handoffs/redeem", json={"grant": "gr_1", "draft": draft_json()})
    network.get(DRAFT, json=delta_json(5, 6, {"/a": 1}))
    draft = client.redeem("https://bank.example/r#ho_1_2_3")
    draft.refresh()

    assert body(network, 0)["token"] == "ho_1_2_3"
    assert network.calls[1].request.headers["Authorization"] == "Bearer gr_1"
    assert draft.client.token == "gr_1"
    assert draft.data == {"a": 1}


@pytest.mark.parametrize(
    "text", ["ho_1", "https://bank.example/r#ho_1", "https://bank.example/form?x=1#retoma=ho_1~nonce-7"]
)
def test_a_token_is_found_in_whatever_was_pasted(text: str) -> None:
    """The token, the link on screen, or the address to which the landing page led."""
    assert token_and_nonce(text)[0] == "ho_1"


def test_the_nonce_of_a_landing_page_is_repeated_and_others_are_fresh() -> None:
    """Repeating it is what makes the second redemption the same one."""
    assert token_and_nonce("https://bank.example/form#retoma=ho_1~nonce-7")[1] == "nonce-7"
    assert token_and_nonce("ho_1")[1] != token_and_nonce("ho_1")[1]


def test_a_preview_tells_what_a_handoff_leads_to(
    client: retoma.Client, network: responses.RequestsMock
) -> None:
    """It only looks."""
    told = {
        "process": "mortgage",
        "title": "Mortgage",
        "started_at": "2026-01-01T10:00:00.000Z",
        "channel": "web",
    }
    network.post(f"{URL}/v1/handoffs/preview", json={**told, "expires_at": "2026-01-01T10:10:00.000Z"})

    preview = client.preview("ho_1")

    assert (preview.title, preview.started_at) == ("Mortgage", datetime(2026, 1, 1, 10, tzinfo=UTC))
    assert body(network) == {"token": "ho_1"}


ASSIST = {
    "id": "as_1",
    "draft": "dr_1",
    "customer": "cu_1",
    "staff": {"id": "st_1", "name": "Marta"},
    "store": {"id": "so_1", "name": "Sol"},
    "method": "code",
    "scope": "edit",
    "shows_answers": False,
    "began_at": "2026-01-01T10:00:00.000Z",
    "expires_at": "2026-01-01T10:15:00.000Z",
    "ends_at": "2026-01-01T11:00:00.000Z",
}


def test_staff_open_a_draft_by_its_code(network: responses.RequestsMock) -> None:
    """What they see is masked; setting a field over the mask sends only the new value."""
    masked = draft_json(5, {"email": {"$masked": True, "hint": "j•••@e•••"}})
    network.post(f"{URL}/v1/assist/redeem", json={"assist": ASSIST, "draft": masked}, status=201)
    network.post(f"{URL}/v1/assist/as_1/lease", json={"fence": 1})
    with retoma.Client(URL, "sf_marta", channel="store") as clerk:
        draft = clerk.assist.redeem("BCDF-GHJK")
    draft.set("email", "ann@example.com")

    assert body(network, 0) == {"code": "BCDF-GHJK"}
    assert draft.data == {"email": "ann@example.com"}
    assert draft.assist is not None
    told = (draft.assist.name, draft.assist.store, draft.assist.scope, draft.assist.ends_at)
    assert told == ("Marta", "Sol", "edit", datetime(2026, 1, 1, 11, tzinfo=UTC))


def test_a_draft_is_handed_on_and_called_back(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """A link with a QR code to a device, a short code to staff."""
    told = {"id": "ho_1", "to": "staff", "code": "BCDF-GHJK", "expires_at": "2026-01-01T10:05:00.000Z"}
    network.post(f"{DRAFT}/handoffs", json=told, status=201)
    network.delete(f"{URL}/v1/handoffs/ho_1", status=204)

    handoff = draft.handoff(to="staff")
    draft.revoke(handoff)

    assert (handoff.code, handoff.url, handoff.qr_svg) == ("BCDF-GHJK", None, None)
    assert body(network, 0) == {"to": "staff"}


def test_completing_says_what_was_seen(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """The draft is closed here as it is there."""
    network.post(f"{DRAFT}/complete", json=draft_json(6, {"name": "Ann"}, status="completed"))
    draft.complete(keep_stored=True)

    assert body(network) == {"seen": 5, "keep_stored": True}
    assert (draft.status, draft.revision) == ("completed", 6)


def test_open_conflicts_come_with_the_refusal_to_complete(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """The error holds what is needed to go on."""
    problem = problem_json("conflicts-open", 409, conflicts=[conflict_json()])
    network.post(f"{DRAFT}/complete", json=problem, status=409)

    with pytest.raises(retoma.ConflictError) as raised:
        draft.complete()
    assert [conflict.path for conflict in raised.value.conflicts] == ["/name"]
    assert raised.value.delta is None


def test_discarding_closes_the_draft(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """Here as there."""
    network.delete(DRAFT, status=204)
    draft.discard()

    assert draft.status == "discarded"


def test_history_tells_who_did_what(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """Newest first."""
    by = {"kind": "staff", "channel": "store", "writer": None, "device": None, "name": "Marta"}
    op = {"op": "set", "path": "/name", "value": "Ann"}
    entry = {"revision": 5, "at": "2026-01-01T10:00:00.000Z", "by": by, "status": "applied", "ops": [op]}
    network.get(f"{DRAFT}/history", json={"items": [entry], "next": None})

    (told,) = draft.history()

    assert (told.by.name, told.by.channel, told.ops[0]["value"]) == ("Marta", "store", "Ann")


def test_a_process_is_registered_by_its_name(client: retoma.Client, network: responses.RequestsMock) -> None:
    """Only what is given is sent, and what is answered can be read."""
    given = {"kind": "form", "titles": {"en": "Mortgage"}, "groups": ["/address"]}
    network.put(f"{URL}/v1/processes/mortgage%20loan", json={"name": "mortgage loan", **given}, status=201)

    process = client.processes.register("mortgage loan", titles={"en": "Mortgage"}, groups=["/address"])

    assert body(network) == given
    assert (process.name, process.groups, process.schema) == ("mortgage loan", ("/address",), None)


def test_an_event_brings_a_draft_up_to_date(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """By the delta that it carries, or by one that is fetched where that does not fit."""
    told = {"type": "draft-changed", "draft": "dr_1"}
    draft.receive(retoma.Event.read({**told, "delta": delta_json(5, 6, {"/a": 1})}))
    assert draft.data == {"name": "Ann", "a": 1}

    network.get(DRAFT, json=delta_json(6, 9, {"/a": 2}))
    draft.receive(retoma.Event.read({**told, "delta": delta_json(8, 9, {"/a": 2})}))
    assert (draft["a"], draft.revision) == (2, 9)
    assert network.calls[0].request.url == f"{DRAFT}?since=e1.6"


def test_an_event_of_another_draft_is_ignored(draft: retoma.Draft) -> None:
    """A stream tells of all drafts of a customer."""
    draft.receive(retoma.Event(type="draft-changed", draft="dr_2", delta=delta_json(5, 6, {"/a": 1})))

    assert draft.revision == 5


def test_a_transaction_that_fails_leaves_nothing(draft: retoma.Draft) -> None:
    """Nor does it hide what went wrong."""
    with pytest.raises(ValueError, match="not a path"), draft.transaction() as transaction:
        edit_and_fail(transaction)

    assert not draft.unsaved


def edit_and_fail(transaction: retoma.Transaction) -> None:
    """Two edits, of which the second names no field."""
    transaction.set("a", 1)
    transaction.set("", 2)


def test_reading_what_is_not_there(draft: retoma.Draft) -> None:
    """`get` has a default, square brackets insist."""
    assert draft.get("city", "unknown") == "unknown"
    with pytest.raises(KeyError, match="city"):
        draft["city"]


def test_whether_there_is_a_value_at_a_path(draft: retoma.Draft) -> None:
    """By `in`, with the edits that are not saved yet; None is a value, and what is no path is no answer."""
    draft.set("home.city", None)
    assert "home.city" in draft
    assert "home" in draft
    assert "home.street" not in draft
    draft.unset("home.city")
    assert "home.city" not in draft
    with pytest.raises(ValueError, match="not a path"):
        assert "" in draft


def test_a_choice_is_one_of_the_values_or_ones_own(draft: retoma.Draft) -> None:
    """Never both, never neither."""
    conflict = retoma.Conflict.read(conflict_json())
    with pytest.raises(TypeError):
        draft.resolve(conflict)  # type: ignore[call-overload]
    with pytest.raises(KeyError):
        draft.resolve(conflict, value="Annie")


def test_a_draft_shows_no_data_in_its_representation(draft: retoma.Draft) -> None:
    """Representations end up in logs."""
    assert repr(draft) == "<Draft dr_1 mortgage/default open at 5>"


def test_where_the_customer_is(draft: retoma.Draft) -> None:
    """Moves show at once."""
    draft.go_to("income", "field-3")

    assert draft.position == retoma.Position("income", "field-3")
