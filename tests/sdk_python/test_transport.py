"""One request: its headers, its names, its credential, and what is made of every kind of answer."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import responses

import retoma
from retoma._credential import Credential
from retoma._transport import Sessions

from .scripted_server import ScriptedServer, http
from .wire import CHANGES, DRAFT, URL, draft_json, problem_json, reply_json

DRAFTS = f"{URL}/v1/drafts"


def test_every_request_says_who_and_where_from(network: responses.RequestsMock) -> None:
    """Credential, channel, device and the SDK's own name; labels in any script."""
    network.post(DRAFTS, json=draft_json(), status=201)
    with retoma.Client(URL, "ct_ann", channel="kiosk", device="Quiosco nº 4") as client:
        client.draft("mortgage")

    headers = network.calls[0].request.headers
    assert headers["Authorization"] == "Bearer ct_ann"
    assert headers["Retoma-Channel"] == "kiosk"
    assert headers["Retoma-Device"] == "Quiosco%20n%C2%BA%204"
    assert headers["User-Agent"].startswith("retoma-python/")
    assert headers["Content-Type"] == "application/json"


def test_what_could_be_done_twice_has_a_name_made_before_the_first_attempt(
    client: retoma.Client, network: responses.RequestsMock
) -> None:
    """Every attempt carries the same key, the next request another."""
    network.post(DRAFTS, body=requests.ConnectionError())
    network.post(DRAFTS, json=draft_json(), status=201)
    network.post(DRAFTS, json=draft_json(), status=200)
    client.draft("mortgage")
    client.draft("mortgage")

    first, again, second = (call.request.headers["Idempotency-Key"] for call in network.calls)
    assert first == again
    assert first != second


def test_changes_are_named_by_their_numbers(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """They need no key besides."""
    network.post(CHANGES, json=reply_json(5, 6, {1: "applied"}))
    draft.set("a", 1)
    draft.save()

    assert "Idempotency-Key" not in network.calls[0].request.headers


def test_a_key_that_is_given_is_never_replaced(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """Completing again after a lost answer is the same request, so it is done once."""
    for _ in range(4):
        network.post(f"{DRAFT}/complete", body=requests.ConnectionError())
    network.post(f"{DRAFT}/complete", json=draft_json(status="completed"))
    with pytest.raises(retoma.NetworkError):
        draft.complete()
    draft.complete()

    assert len({(call.request.headers["Idempotency-Key"], call.request.body) for call in network.calls}) == 1
    assert draft.status == "completed"


def test_a_fresh_token_is_fetched_once_for_all_who_wait() -> None:
    """Eight threads meet an expired token; one renewal serves them all."""
    minted: list[str] = []
    everybody = threading.Barrier(8)

    def mint() -> str:
        minted.append(f"ct_{len(minted)}")
        return minted[-1]

    credential = Credential(mint)
    stale = credential.token()

    def meet(_: int) -> str | None:
        everybody.wait()
        credential.renew(stale)
        return credential.token()

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(meet, range(8)))

    assert (tokens, minted) == ({"ct_1"}, ["ct_0", "ct_1"])


def test_an_expired_token_is_renewed_and_the_request_sent_again(network: responses.RequestsMock) -> None:
    """The same bytes under a fresh token, without a pause."""
    tokens = iter(["ct_old", "ct_new"])
    network.post(DRAFTS, json=problem_json("token-expired", 401), status=401)
    network.post(DRAFTS, json=draft_json(), status=201)
    with retoma.Client(URL, lambda: next(tokens)) as client:
        client.draft("mortgage")

    assert [call.request.headers["Authorization"] for call in network.calls] == [
        "Bearer ct_old",
        "Bearer ct_new",
    ]


def test_a_token_that_is_refused_when_fresh_is_an_error(network: responses.RequestsMock) -> None:
    """It is renewed once, not for ever."""
    network.post(DRAFTS, json=problem_json("token-revoked", 401), status=401)
    network.post(DRAFTS, json=problem_json("token-revoked", 401), status=401)
    with (
        retoma.Client(URL, lambda: "ct_x") as client,
        pytest.raises(retoma.AuthenticationError, match="token-revoked"),
    ):
        client.draft("mortgage")


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .netrc that has a password for the test's server."""
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login ann password secret\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))


@pytest.mark.usefixtures("netrc")
def test_a_netrc_never_takes_the_credentials_place() -> None:
    """requests would put it there, for a host that it knows."""
    with (
        ScriptedServer([http(json.dumps(draft_json()).encode())]) as server,
        retoma.Client(server.url, "ct_ann") as ann,
    ):
        ann.get("dr_1")

    assert server.header(0, "Authorization") == "Bearer ct_ann"


def test_a_cut_in_the_middle_of_an_answer_is_met_by_asking_again(pauses: list[float]) -> None:
    """A hang-up without a word, half a body, then the answer (case 80)."""
    whole = http(json.dumps(draft_json(5, {"name": "Ann"})).encode())
    with (
        ScriptedServer([b"", whole[:-30], whole]) as server,
        retoma.Client(server.url, "ct_ann", sleep=pauses.append, random=lambda: 0.5) as client,
    ):
        assert client.get("dr_1")["name"] == "Ann"

    assert pauses == [0.25, 0.5]


@pytest.mark.parametrize("at", [b"Content-Type", b"Content-Length", b"\r\n\r\n", b'"status"'])
def test_a_refusal_that_is_cut_is_no_answer_yet(pauses: list[float], at: bytes) -> None:
    """What stands in it may be all that matters, so it is asked for again."""
    problem = json.dumps(problem_json("draft-closed", 409, order_ref="A-1")).encode()
    whole = http(problem, "409 Conflict", "application/problem+json")
    with (
        ScriptedServer([whole[: whole.index(at)], whole]) as server,
        retoma.Client(server.url, "ct_ann", sleep=pauses.append) as client,
        pytest.raises(retoma.ClosedError) as refusal,
    ):
        client.get("dr_1")

    assert (refusal.value.order_ref, len(pauses)) == ("A-1", 1)


def test_a_page_of_a_proxy_is_a_typed_error(client: retoma.Client, network: responses.RequestsMock) -> None:
    """Whatever is in it, its status says what to do (case 80)."""
    network.get(DRAFT, body="<html>Forbidden</html>", status=403)

    with pytest.raises(retoma.PermissionDeniedError, match="http-403") as raised:
        client.get("dr_1")
    assert (raised.value.status, raised.value.request_id) == (403, None)


def test_an_error_says_all_that_helps(client: retoma.Client, network: responses.RequestsMock) -> None:
    """In one line, with what to quote to the operator."""
    problem = problem_json(
        "validation-failed", 422, detail="Two fields are missing.", errors=[{"pointer": "/a"}]
    )
    network.get(DRAFT, json=problem, status=422)

    with pytest.raises(retoma.InvalidRequestError) as raised:
        client.get("dr_1")
    page = "https://retoma.test/problems/validation-failed"
    assert str(raised.value) == f"validation-failed (422): Two fields are missing. [req_1] — see {page}"
    assert raised.value.facts["errors"] == [{"pointer": "/a"}]


def test_every_thread_has_a_session_of_its_own() -> None:
    """requests does not promise that one may be shared."""
    sessions = Sessions()
    with ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(sessions.current).result()

    assert sessions.current() is sessions.current()
    assert sessions.current() is not elsewhere
    sessions.close()


def test_a_session_that_is_given_is_used(network: responses.RequestsMock) -> None:
    """With its own proxies, certificates and adapters."""
    network.get(DRAFT, json=draft_json())
    with requests.Session() as session:
        session.headers["X-Shop"] = "7"
        retoma.Client(URL, "ct_ann", session=session).get("dr_1")

    assert network.calls[0].request.headers["X-Shop"] == "7"


def test_an_address_without_a_scheme_is_refused_at_once() -> None:
    """Before anything is sent."""
    with pytest.raises(ValueError, match="not an http"):
        retoma.Client("retoma.example", "ct_ann")


@pytest.mark.parametrize("credential", ["sk_…", "sk_1 ", "sk_1\n", "pk_ñ"])
def test_a_text_that_is_no_credential_is_told_at_once(credential: str) -> None:
    """And not as an encoding error from deep below, when it is first sent."""
    with pytest.raises(ValueError, match="not a credential"):
        retoma.Client(URL, credential)


def test_an_address_may_end_with_the_version(network: responses.RequestsMock) -> None:
    """As people copy it from an example of the API."""
    network.get(DRAFT, json=draft_json())
    with retoma.Client(f"{URL}/v1/", "vt_1") as client:
        assert client.get("dr_1").id == "dr_1"
