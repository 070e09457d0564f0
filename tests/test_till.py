"""`python -m examples.till`: a clerk types, and the customer's form is as it should be."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import retoma
from tests.servers.retoma_server import RetomaServer

ROOT = Path(__file__).parent.parent
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Full name"},
        "income": {
            "type": "object",
            "properties": {"net": {"type": "number", "title": "Net income"}},
        },
        "terms": {"type": "boolean", "title": "I agree"},
    },
}


def begun(server: RetomaServer) -> retoma.Draft:
    """A customer's form with a name in it."""
    service = retoma.Client(server.url, server.secret_key)
    registered = {"schema": SCHEMA, "customer_only": ["/terms"], "fields": {"/income": "public"}}
    service.processes.register("till-loan", titles={"en": "Loan"}, **registered)
    draft = service.customer(f"u-{uuid.uuid4()}", channel="web").draft("till-loan")
    draft.set("name", "Ann Lee")
    draft.save()
    return draft


def typed(server: RetomaServer, *lines: str) -> str:
    """What the till says to a clerk who types these lines and then ends it."""
    keys = {"RETOMA_URL": server.url, "RETOMA_STAFF_TOKEN": server.staff("Marta")}
    done = subprocess.run(
        [sys.executable, "-m", "examples.till"],
        cwd=ROOT,
        env=os.environ | keys,
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_clerk_fills_in_what_is_missing_and_hands_back(server: RetomaServer) -> None:
    """Personal answers are hints, what is no number is asked again, and a link leads the customer on."""
    draft = begun(server)
    code = draft.handoff(to="staff").code or ""
    said = typed(server, "BCDF-GHJK", code, "", "about 2000", "2450", "h")
    assert "That did not work" in said
    assert "Loan: you may edit." in said
    assert "opened (web)" in said
    assert "Ann Lee" not in said
    assert "That is no number." in said
    assert "I agree [" not in said
    assert "(c)omplete" not in said
    draft.refresh()
    assert (draft["name"], draft["income.net"], draft.helpers()) == ("Ann Lee", 2450, [])
    link = next(line for line in said.splitlines() if "#ho_" in line)
    assert retoma.Client(server.url).preview(link).process == "till-loan"


def test_a_clerk_completes_where_the_customer_lets_them(server: RetomaServer) -> None:
    """And the next code is asked for."""
    draft = begun(server)
    code = draft.handoff(to="staff", scope="complete").code or ""
    said = typed(server, code, "", "2450", "c")
    assert said.rstrip().endswith("Completed.\n\nCode, or something new:")
    draft.refresh()
    assert draft.status == "completed"


def test_a_clerk_who_may_only_look_is_asked_nothing(server: RetomaServer) -> None:
    """They see, and leave."""
    draft = begun(server)
    code = draft.handoff(to="staff", scope="view").code or ""
    said = typed(server, code, "l")
    assert "  Net income: \n" in said
    assert "You have left." in said
    assert draft.helpers() == []


def test_without_a_token_it_says_where_to_get_one() -> None:
    """And ends."""
    environment = {name: value for name, value in os.environ.items() if name != "RETOMA_STAFF_TOKEN"}
    command = [sys.executable, "-m", "examples.till"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "retoma-server staff add" in done.stderr) == (2, True)


def test_a_clerk_begins_for_somebody_without_an_account(server: RetomaServer) -> None:
    """By the name of the process; whoever opens the link has what was typed."""
    begun(server)
    said = typed(server, "till-loan", "Bea Lee", "2450", "h")
    assert "Loan: you may complete." in said
    link = next(line for line in said.splitlines() if "#ho_" in line)
    draft = retoma.Client(server.url).redeem(link)
    assert isinstance(draft, retoma.Draft)
    assert (draft["name"], draft["income.net"]) == ("Bea Lee", 2450)
