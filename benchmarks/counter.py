"""`python -m benchmarks.counter`: from a code to a form on screen, and many open pages on one process."""

import asyncio
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import requests
from tests.servers.retoma_server import RetomaServer

from .machine import family, model, resident_bytes
from .page import write_section

CODES = 200
STAFF = 200
SAVES = 200
PASSWORD = "correct horse battery"
SCHEMA = {
    "type": "object",
    "properties": {
        f"field_{number}": {"type": "string", "title": f"Question {number}"} for number in range(16)
    },
}

TEXT = """## At the counter

{day}, {model}, written by `python -m benchmarks.counter`.

One process (`retoma-server serve`, SQLite) on the same machine as whoever asks. A code is typed on the
staff console and the page of the form that it opens is read to its end: sixteen fields made of a JSON
Schema, masked, audited, with what happened before. Then {staff} members of staff are signed in, each
with such a page open that follows its customer; customers save in turn, and it is timed from before the
save is sent until the page's stream has its event, and until the page has fetched what changed.

| what | p50 ms | p99 ms |
| --- | --- | --- |
"""


@dataclass
class Clerk:
    """A member of staff signed in on the console, in a browser of their own."""

    server: str
    browser: requests.Session
    csrf: str = ""

    def read(self, path: str) -> str:
        """A page of the console, redirects followed."""
        return self.shown(self.browser.get(f"{self.server}{path}", timeout=30))

    def send(self, path: str, **fields: str) -> str:
        """The page that a form leads to."""
        headers = {"Origin": self.server, "Sec-Fetch-Site": "same-origin"}
        form = {"csrf": self.csrf, **fields}
        return self.shown(self.browser.post(f"{self.server}{path}", form, headers=headers, timeout=30))

    def shown(self, answer: requests.Response) -> str:
        """A page, whose forms are sent from now on."""
        answer.raise_for_status()
        found = re.search(r'name="csrf" value="(\w+)"', answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer.text

    @property
    def cookie(self) -> str:
        """What the browser sends along."""
        return "; ".join(f"{each.name}={each.value}" for each in self.browser.cookies)


@dataclass(frozen=True)
class Customer:
    """A customer with a form that is half filled in."""

    server: RetomaServer
    token: str
    draft: str

    def ask(self, path: str, body: Any) -> Any:
        """The answer to a POST about the draft."""
        headers = {"Authorization": f"Bearer {self.token}"}
        place = f"{self.server.url}/v1/drafts/{self.draft}/{path}"
        answer = requests.post(place, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def save(self, number: int) -> None:
        """Answer a question that nobody has answered yet: what overwrites unseen is a conflict."""
        ops = [{"op": "set", "path": f"/field_{number}", "value": f"answer {number}", "seen": 0}]
        self.ask("changes", {"writer": f"w_{number}", "changes": [{"seq": 1, "ops": ops}]})

    def code(self) -> str:
        """A code for staff."""
        return str(self.ask("handoffs", {"to": "staff"})["code"])


def customer(server: RetomaServer) -> Customer:
    """A new visitor who has begun."""
    key = {"Authorization": f"Bearer {server.publishable_key}"}
    visitor = requests.post(f"{server.url}/v1/visitors", json={}, headers=key, timeout=30).json()
    token = {"Authorization": f"Bearer {visitor['token']}"}
    begun = requests.post(
        f"{server.url}/v1/drafts", json={"process": "form"}, headers=token, timeout=30
    ).json()
    made = Customer(server, visitor["token"], begun["id"])
    for number in range(16):
        made.save(number)
    return made


def clerk(server: RetomaServer, name: str) -> Clerk:
    """A new member of staff, signed in."""
    server.cli("staff", "add", name, "--sign-in", name, typed=f"{PASSWORD}\n")
    made = Clerk(server.url, requests.Session())
    made.read(f"/staff?key={server.publishable_key}")
    made.send("/staff/sign-in", sign_in_name=name, password=PASSWORD)
    return made


def time_codes(server: RetomaServer) -> list[float]:
    """From a code that is sent until the form's page has come whole, in ms."""
    marta, times = clerk(server, "marta"), []
    for _ in range(CODES):
        code = customer(server).code()
        began = time.perf_counter()
        page = marta.send("/staff/find", code=code)
        times.append((time.perf_counter() - began) * 1000)
        assert "Question 15" in page, "the form is not on the page"
    return times


@dataclass
class Page:
    """A page of staff that is open, and follows its customer."""

    clerk: Clerk
    customer: Customer
    help: str
    since: int
    stream: asyncio.StreamReader | None = None
    kept: asyncio.StreamWriter | None = None

    def changed(self) -> None:
        """Fetch what changed, as the page does at each event."""
        self.clerk.read(f"{self.help}/changes?since={self.since}&shape=")


def opened(server: RetomaServer, number: int) -> Page:
    """A member of staff who has opened a customer's form."""
    who, ana = clerk(server, f"clerk{number}"), customer(server)
    page = who.send("/staff/find", code=ana.code())
    found = re.search(r'data-help="([^"]+)"', page)
    assert found is not None
    return Page(who, ana, found[1], 17)


async def follow(page: Page) -> None:
    """Open the page's stream and read until it is ready."""
    host, _, port = page.customer.server.url.removeprefix("http://").partition(":")
    page.stream, writer = await asyncio.open_connection(host, int(port))
    page.kept = writer  # whoever forgets it closes the stream
    where = f"/v1/events?draft={page.customer.draft}"
    head = f"GET {where} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {page.clerk.cookie}\r\n"
    writer.write(f"{head}Sec-Fetch-Site: same-origin\r\n\r\n".encode())
    await said(page, b"event: ready")


async def said(page: Page, what: bytes) -> None:
    """Wait until a page's stream says something."""
    assert page.stream is not None
    while line := await page.stream.readline():
        if line.startswith(what):
            return
    raise SystemExit("a stream has ended")


async def time_pages(
    server: RetomaServer, pages: list[Page], pid: int
) -> tuple[list[float], list[float], float]:
    """(event, fetched) in ms from before each save, and KB that an open page takes."""
    before = resident_bytes(family(pid))
    for page in pages:
        await follow(page)
    held = (resident_bytes(family(pid)) - before) / len(pages) / 1024
    told, fetched = [], []
    for number in range(SAVES):
        page = pages[number * 7 % len(pages)]
        began = time.perf_counter()
        await asyncio.gather(
            asyncio.to_thread(page.customer.save, 100 + number), said(page, b"event: draft-changed")
        )
        told.append((time.perf_counter() - began) * 1000)
        await asyncio.to_thread(page.changed)
        fetched.append((time.perf_counter() - began) * 1000)
    return told, fetched, held


def row(what: str, times: list[float]) -> str:
    """A row of the table."""
    parts = quantiles(times, n=100)
    return f"| {what} | {parts[49]:.0f} | {parts[98]:.0f} |\n"


def main() -> None:
    """Measure both, and write the section."""
    with tempfile.TemporaryDirectory() as folder, RetomaServer(Path(folder)) as server:
        key = {"Authorization": f"Bearer {server.secret_key}"}
        requests.put(f"{server.url}/v1/processes/form", json={"schema": SCHEMA}, headers=key, timeout=30)
        table = row(f"a code, to its form on the page (aim: p99 150; {CODES} codes)", time_codes(server))
        pages = [opened(server, number) for number in range(STAFF)]
        told, fetched, held = asyncio.run(time_pages(server, pages, server.pid))
    table += row(f"a save, to the event on one of {STAFF} open pages", told)
    table += row("the same, to what changed on the page", fetched)
    table += f"\nAn open page holds {held:.0f} KB in the server.\n"
    text = TEXT.format(day=time.strftime("%Y-%m-%d"), model=model(), staff=STAFF)
    write_section("counter", text + table)
    print(table, end="")


if __name__ == "__main__":
    main()
