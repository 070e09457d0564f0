"""Promises of silence: no value and no secret is in a log, in a refusal, or readable in the store's files."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer

NUMBERS = count(1)
GIVEN = {"delta", "conflicts"}
"""Parts of a refusal that hold the draft, for those who may read it."""


class Visit:
    """One visit to a real server, on which everything that is said is remembered as a canary."""

    def __init__(self, server: RetomaServer) -> None:
        self.server = server
        self.said: list[str] = []
        self.refusals: list[str] = []

    def canary(self, kind: str) -> str:
        """A word that is nowhere else."""
        word = f"canary-{kind}-{next(NUMBERS)}"
        self.said.append(word)
        return word

    def secret(self, text: str) -> str:
        """A credential; the end of its secret, which may itself hold what parts the two, must be nowhere."""
        self.said.append(text[-20:])
        return text

    def ask(self, method: str, path: str, credential: str, body: Any = None, **headers: str) -> Any:
        """The JSON of an answer; a refusal is remembered, to be searched too."""
        sent = {
            "Authorization": f"Bearer {credential}",
            "User-Agent": self.canary("agent"),
            "X-Custom": self.canary("header"),
            "Accept": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        answer = requests.request(method, f"{self.server.url}{path}", headers=sent, timeout=20, **content)
        if answer.status_code >= 400:
            problem = answer.json()
            self.refusals.append(str({name: problem[name] for name in problem if name not in GIVEN}))
        return answer.json() if answer.content else None

    def change(self, draft: str, credential: str, writer: str, seq: int, *ops: Any) -> Any:
        """The answer to a writer's change."""
        body = {"writer": writer, "changes": [{"seq": seq, "ops": list(ops)}]}
        return self.ask("POST", f"/v1/drafts/{draft}/changes", credential, body)


def set_op(path: str, value: Any, seen: int = 0) -> dict[str, Any]:
    """An op that puts a value."""
    return {"op": "set", "path": path, "value": value, "seen": seen}


def walk(visit: Visit) -> None:
    """Go through every route, in order and against it, with canaries in every place."""
    server = visit.server
    service, page = visit.secret(server.secret_key), server.publishable_key
    staff = visit.secret(server.staff("Clerk", "supervisor"))
    process = {"titles": {"en": "Loan"}, "fields": {"/secret": "never_store", "/iban": "restricted"}}
    visit.ask("PUT", "/v1/processes/loan", service, process)
    visit.ask("POST", "/v1/customer-tokens", service, {"external_id": visit.canary("user")})
    visitor = visit.secret(visit.ask("POST", "/v1/visitors", page, {})["token"])
    device = {"Retoma_Device": visit.canary("device")}
    opened = visit.ask("POST", "/v1/drafts", visitor, {"process": "loan", "key": visit.canary("key")})
    draft = opened["id"]
    change(visit, draft, visitor, device)
    refuse(visit, draft, visitor)
    grant = hand_off(visit, draft, visitor)
    assist(visit, draft, visitor, staff)
    ask_for(visit, service, staff)
    read(visit, draft, (visitor, grant, service, staff))
    sign_in(visit, visit.secret(visit.ask("POST", "/v1/visitors", page, {})["token"]), service)
    end(visit, draft, visitor, grant)


def sign_in(visit: Visit, guest: str, service: str) -> None:
    """Two carts, claimed with the right token and wrong ones, undone, and a late change."""
    who = {"external_id": visit.canary("user"), "device": visit.canary("session")}
    ann = visit.ask("POST", "/v1/customer-tokens", service, who)["token"]
    visit.said.append(ann)
    visit.ask("GET", "/v1/me/drafts", ann, Retoma_Device=visit.canary("device"))
    own = visit.ask("GET", "/v1/me/devices", ann)["items"][0]["id"]
    visit.ask("PATCH", f"/v1/me/devices/{own}", ann, {"name": visit.canary("phone")})
    visit.ask("PATCH", f"/v1/me/devices/{own}", ann, {"name": f"\n{visit.canary('phone')}"})
    carts = []
    for person in (guest, ann):
        opened = visit.ask("POST", "/v1/drafts", person, {"process": "cart", "kind": "cart"})
        carts.append(opened["id"])
        add = {"op": "add", "sku": visit.canary("sku"), "info": {"note": visit.canary("note")}, "seen": 0}
        visit.change(opened["id"], person, "w_1", 1, add)
    visit.ask("POST", "/v1/claim", ann, {"visitor": f"{guest[:-8]}{visit.secret('BBBBBBBB')}"})
    visit.ask("POST", "/v1/claim", ann, {"visitor": visit.canary("visitor"), "strategy": visit.canary("max")})
    visit.ask("POST", "/v1/claim", ann, {"visitor": guest, "strategy": "ask"})
    receipt = visit.ask("POST", "/v1/claim", ann, {"visitor": guest})
    visit.secret(receipt["visitor"]["token"])
    visit.change(carts[0], guest, "w_1", 2, {"op": "add", "sku": visit.canary("late"), "seen": 0})
    visit.ask("GET", f"/v1/claims/{receipt['id']}", guest)
    visit.ask("POST", f"/v1/claims/{receipt['id']}/undo", ann, {})


def change(visit: Visit, draft: str, visitor: str, device: dict[str, str]) -> None:
    """Values, names, a conflict, a choice, a position, a patch."""
    path = f"/{visit.canary('name')}"
    visit.change(
        draft, visitor, "w_1", 1, set_op(path, visit.canary("value")), set_op("/iban", visit.canary("iban"))
    )
    visit.change(draft, visitor, "w_2", 1, set_op(path, visit.canary("met")))
    place = {"op": "position", "step": "you", "cursor": visit.canary("cursor")}
    visit.change(draft, visitor, "w_1", 2, place, set_op("/list", [visit.canary("item")], 2))
    key = {"Idempotency_Key": visit.canary("idempotency")}
    ops = [{"op": "set", "path": "/plain", "value": visit.canary("plain")}]
    for _ in range(2):
        visit.ask("POST", f"/v1/drafts/{draft}/changes", visitor, {"seen": 3, "ops": ops}, **key, **device)
    tag = f'"{visit.ask("GET", f"/v1/drafts/{draft}?since=0", visitor)["epoch"]}.4"'
    patch = {visit.canary("patched"): {visit.canary("deep"): visit.canary("patch")}}
    visit.ask("PATCH", f"/v1/drafts/{draft}", visitor, patch, If_Match=tag, **key)
    visit.ask("PATCH", f"/v1/drafts/{draft}", visitor, {"x": visit.canary("stale")}, If_Match=tag, **key)


def refuse(visit: Visit, draft: str, visitor: str) -> None:
    """Everything that is refused: ops, bodies, queries, ids, credentials."""
    visit.change(draft, visitor, "w_1", 3, set_op("/card", f"4111 1111 1111 1111 {visit.canary('card')}", 5))
    visit.change(draft, visitor, "w_1", 4, set_op("/secret", visit.canary("never"), 5))
    visit.change(draft, visitor, "w_1", 5, set_op(f"/plain/{visit.canary('below')}", visit.canary("lost"), 5))
    visit.change(draft, visitor, "w_1", 6, {"op": visit.canary("op"), "value": visit.canary("unknown")})
    visit.change(draft, visitor, "w_1", 1, set_op("/other", visit.canary("reused")))
    for body in (
        f'{{"process":"{visit.canary("half")}'.encode(),
        f'{{"{visit.canary("field")}":1,"process":"loan"}}'.encode(),
        f'{{"process":"{visit.canary("twice")}","process":"b"}}'.encode(),
        f'{{"process":["{visit.canary("type")}"]}}'.encode(),
    ):
        visit.ask("POST", "/v1/drafts", visitor, body, Content_Type="application/json")
    visit.ask("POST", "/v1/drafts", visitor, b"x=1", Content_Type=f"text/{visit.canary('media')}")
    visit.ask("GET", f"/v1/drafts?process={visit.canary('query')}&cursor={visit.canary('page')}", visitor)
    visit.ask("GET", f"/v1/drafts/{visit.canary('id')}", visitor)
    visit.ask("GET", f"/{visit.canary('path')}?token={visit.canary('token')}", visitor)
    visit.ask("GET", "/v1/drafts", visit.canary("credential"))
    visit.ask("GET", "/v1/drafts", f"{visitor[:-8]}{visit.secret('AAAAAAAA')}")
    visit.ask("GET", "/v1/drafts", visitor, Retoma_Channel=visit.canary("channel"))
    visit.ask("GET", "/v1/drafts", visitor, Origin=f"https://{visit.canary('origin')}.example")
    visit.ask(visit.canary("method").upper(), "/v1/drafts", visitor)


def hand_off(visit: Visit, draft: str, visitor: str) -> str:
    """A link that is declined, and one that is looked at, matched, redeemed, and tried again; the grant."""
    url = f"{visit.server.url}/{visit.canary('page')}?x={visit.canary('parameter')}"
    unasked = visit.ask("POST", f"/v1/drafts/{draft}/handoffs", visitor, {})["url"].partition("#")[2]
    visit.ask("POST", "/v1/handoffs/decline", "", {"token": visit.secret(unasked)})
    offer = visit.ask("POST", f"/v1/drafts/{draft}/handoffs", visitor, {"url": url})
    token = visit.secret(offer["url"].partition("#")[2])
    visit.ask("POST", "/v1/handoffs/preview", "", {"token": token})
    body = {"token": token, "nonce": visit.canary("nonce"), "device": visit.canary("phone")}
    digits = visit.ask("POST", "/v1/handoffs/redeem", visit.server.publishable_key, body)["digits"]
    visit.ask("GET", f"/v1/drafts/{draft}/handoffs", visitor)
    visit.ask("POST", f"/v1/handoffs/{offer['id']}/confirm", visitor, {"digits": digits})
    grant = visit.secret(
        visit.ask("POST", "/v1/handoffs/redeem", visit.server.publishable_key, body)["grant"]
    )
    again = {**body, "nonce": visit.canary("nonce")}
    visit.ask("POST", "/v1/handoffs/redeem", visit.server.publishable_key, again)
    visit.change(draft, grant, "w_3", 1, set_op("/by_phone", visit.canary("typed")))
    return grant


def assist(visit: Visit, draft: str, visitor: str, staff: str) -> None:
    """A code, a wrong one, and work on behalf of the customer."""
    code = visit.ask("POST", f"/v1/drafts/{draft}/handoffs", visitor, {"to": "staff"})["code"]
    visit.said += [code, code.replace("-", "")]
    visit.ask("POST", "/v1/assist/redeem", staff, {"code": visit.canary("code")})
    own = f"/v1/assist/{visit.ask('POST', '/v1/assist/redeem', staff, {'code': code})['assist']['id']}"
    fence = {"Retoma_Fence": str(visit.ask("POST", f"{own}/lease", staff, {})["fence"])}
    change = {"seq": 1, "ops": [set_op("/by_staff", visit.canary("assisted"))]}
    changes = {"writer": "w_4", "changes": [change]}
    done = visit.ask("POST", f"/v1/drafts/{draft}/changes", staff, changes, **fence)
    assert done["results"][0]["status"] == "applied"
    visit.ask("POST", f"/v1/drafts/{draft}/changes", staff, changes, Retoma_Fence=visit.canary("fence"))
    for path in ("/plain", f"/{visit.canary('hidden')}"):
        visit.ask("POST", f"{own}/reveal", staff, {"path": path, "reason": visit.canary("reason")})
    visit.ask("GET", f"{own}/journey", staff)
    sent = {"to": "email", "address": f"{visit.canary('contact')}@example.com"}
    visit.ask("POST", f"{own}/handback", staff, sent)


def ask_for(visit: Visit, service: str, staff: str) -> None:
    """Somebody who has no code is looked up, by a code and by their yes; then without asking."""
    name, email = visit.canary("known"), f"{visit.canary('mail')}@example.com"
    customer = visit.secret(visit.ask("POST", "/v1/customer-tokens", service, {"external_id": name})["token"])
    known = visit.ask("PUT", f"/v1/customers/by-external-id/{name}", service, {})["id"]
    visit.ask("PATCH", f"/v1/customers/{known}", service, {"email": email})
    told = {"name": "call", "channel": "contact_center", "note": visit.canary("note")}
    visit.ask("POST", f"/v1/customers/{known}/touchpoints", service, told, Idempotency_Key="told-1")
    draft = visit.ask("POST", "/v1/drafts", customer, {"process": "loan"})["id"]
    for value in (email, f"{visit.canary('nobody')}@example.com", visit.canary("wildcard")):
        wanted = {"kind": "email", "value": value, "reason": visit.canary("reason"), "process": "loan"}
        lookup = visit.ask("POST", "/v1/assist/lookup", staff, wanted).get("id", "lk_none")
        visit.ask("POST", f"/v1/assist/lookup/{lookup}", staff, {"code": visit.canary("digits")})
        visit.ask("POST", f"/v1/assist/lookup/{lookup}/code", staff, {})
    for asked in visit.ask("GET", "/v1/me/assist-requests", customer)["items"]:
        visit.ask("POST", f"/v1/me/assist-requests/{asked['id']}", customer, {"approve": True})
    why = {"reason": f"An emergency: {visit.canary('reason')}", "ticket": visit.canary("ticket")}
    assert visit.ask("POST", "/v1/assist/override", staff, {**why, "draft": draft})["assist"]
    visit.ask("POST", "/v1/assist/override", staff, {**why, "kind": "email", "value": email})
    visit.ask("GET", "/v1/audit?limit=100", staff)
    visit.ask("GET", "/v1/me/access-log", customer)


def read(visit: Visit, draft: str, people: tuple[str, ...]) -> None:
    """Every way to read."""
    for person in people:
        for path in ("", "?since=0", "/history"):
            visit.ask("GET", f"/v1/drafts/{draft}{path}", person)
        visit.ask("GET", f"/v1/events?draft={draft}", person)
        visit.ask("GET", "/v1/drafts", person)


def end(visit: Visit, draft: str, visitor: str, grant: str) -> None:
    """Completion, what comes late, and a second draft that is thrown away."""
    body = {"seen": 99, "keep_stored": True}
    revision = visit.ask(
        "POST", f"/v1/drafts/{draft}/complete", visitor, body, Idempotency_Key="key-number-one"
    )
    body["seen"] = revision["revision"]
    visit.ask("POST", f"/v1/drafts/{draft}/complete", visitor, body, Idempotency_Key=visit.canary("done"))
    visit.change(draft, grant, "w_3", 2, set_op("/late", visit.canary("late")))
    other = visit.ask("POST", "/v1/drafts", visitor, {"process": "loan"})["id"]
    visit.change(other, visitor, "w_1", 1, set_op("/name", visit.canary("discarded")))
    visit.ask("DELETE", f"/v1/drafts/{other}", visitor)


@pytest.fixture(params=["sqlite", "redis"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RetomaServer, list[Path]]]:
    """A server that logs all it can, and where its store's files are."""
    verbose = {"RETOMA_LOG_LEVEL": "debug"}
    if request.param == "sqlite":
        with RetomaServer(tmp_path, **verbose) as server:
            yield server, [tmp_path]
        return
    with RedisServer() as redis, RetomaServer(tmp_path, redis.url(), **verbose) as server:
        yield server, [Path(redis.command("CONFIG", "GET", "dir")[b"dir"].decode())]


def test_what_was_said_is_nowhere_to_be_read(stored: tuple[RetomaServer, list[Path]]) -> None:
    """After a visit to every route: 0 hits in refusals, in the log, and in every file of the store
    (case 77).
    """
    server, folders = stored
    visit = Visit(server)
    walk(visit)
    assert len(visit.refusals) >= 20
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    places = {path.name: path.read_bytes() for path in files if path != server.log}
    places |= {"the log": spoken(server), "refusals": "\n".join(visit.refusals).encode()}
    assert b"w_1" in b"".join(places.values()), "the store's files are not where they are looked for"
    hits = [(where, word) for where, text in places.items() for word in visit.said if word.encode() in text]
    assert hits == []


def spoken(server: RetomaServer) -> bytes:
    """What the server logged, without the one line in which it shows a new secret key."""
    return "\n".join(line for line in server.said().splitlines() if server.secret_key not in line).encode()
