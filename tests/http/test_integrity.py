"""Promises of a store that somebody has tampered with: nothing false is shown, and tampering is found."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.auditing import broken_link
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import SqliteStore
from retoma_server.domain.chains import Flaw, Wrong
from tests.actions.business import Clock
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key, open_shop, set_op


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The database's file."""
    return tmp_path / "retoma.db"


@pytest.fixture
def shop(file: Path) -> Iterator[Shop]:
    """A shop on a file."""
    clock = Clock()
    opened = open_shop(SqliteStore(file, relaxed=True, clock=clock), clock)
    yield opened
    opened.deps.store.close()


def body_of(file: Path, key: str) -> bytes:
    """A record's stored bytes."""
    with closing(sqlite3.connect(file)) as db:
        (body,) = db.execute("SELECT body FROM records WHERE key = ?", (key,)).fetchone()
    return bytes(body)


def overwrite(file: Path, key: str, body: bytes) -> None:
    """Put other bytes into a record, as somebody with the disk could."""
    with closing(sqlite3.connect(file)) as db, db:
        done = db.execute("UPDATE records SET body = ? WHERE key = ?", (body, key))
        assert done.rowcount == 1


def neighbours(shop: Shop) -> tuple[Person, str, str]:
    """A customer with two drafts at the same revision in the same partition, and the drafts."""
    visitor = shop.visitor()
    return visitor, visitor.begin("one", name="canary-one"), visitor.begin("two", name="canary-two")


TAMPERINGS: dict[str, Callable[[bytes, bytes, bytes], bytes]] = {
    "the body of another draft": lambda own, other, old: other,
    "the body of an older revision": lambda own, other, old: old,
    "a bit flipped in the text": lambda own, other, old: own[:-20] + bytes([own[-20] ^ 1]) + own[-19:],
    "a bit flipped in the tag": lambda own, other, old: own[:-1] + bytes([own[-1] ^ 1]),
    "another salt": lambda own, other, old: own[:30] + bytes([own[30] ^ 1]) + own[31:],
    "a cut body": lambda own, other, old: own[:-5],
    "a very short body": lambda own, other, old: own[:40],
    "no body": lambda own, other, old: b"",
    "another format": lambda own, other, old: b"\x02" + own[1:],
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_tampered_draft_is_refused(shop: Shop, file: Path, tamper: Callable[..., bytes]) -> None:
    """500 `integrity-failure` for every request, without any text of it; other drafts go on (case 63)."""
    visitor, draft, other = neighbours(shop)
    key = records.draft(shop.tenant.id, draft)
    old = body_of(file, key)
    visitor.save(draft, 2, seen=1, city="canary-city")
    body = tamper(body_of(file, key), body_of(file, records.draft(shop.tenant.id, other)), old)
    overwrite(file, key, body)
    for person in (visitor, shop.service):
        for answer in asked(person, draft):
            assert "canary" not in answer.text
            if answer.status_code != 404:
                assert_problem(answer, 500, "integrity-failure")
    assert visitor.get(f"/v1/drafts/{draft}").status_code != 200
    assert visitor.data(other) == {"name": "canary-two"}


def asked(person: Person, draft: str) -> list[Any]:
    """The answers to everything that needs a draft's text."""
    path = f"/v1/drafts/{draft}"
    strict = {"If_Match": '"e.1"', "Idempotency_Key": new_key()}
    return [
        person.get(path),
        person.get(f"{path}?since=0"),
        person.get(f"{path}/history"),
        person.plain(draft, 1, set_op("/a", 1)),
        person.ask("PATCH", path, {"a": 1}, **strict),
        person.post(f"{path}/complete", {"seen": 1}, Idempotency_Key=new_key()),
        person.post(f"{path}/handoffs", {"to": "device"}),
    ]


def test_a_draft_put_back_is_noticed_by_whoever_saw_more(shop: Shop, file: Path) -> None:
    """An old row with its old revision opens; a device that saw a newer one gets 409 `resync` (case 64)."""
    visitor, draft, _ = neighbours(shop)
    key = records.draft(shop.tenant.id, draft)
    with closing(sqlite3.connect(file)) as db:
        old = db.execute("SELECT body, revision FROM records WHERE key = ?", (key,)).fetchone()
    visitor.save(draft, 2, seen=1, city="canary-city")
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE records SET body = ?, revision = ? WHERE key = ?", (*old, key))
    assert visitor.data(draft) == {"name": "canary-one"}
    assert_problem(visitor.get(f"/v1/drafts/{draft}?since=2"), 409, "resync")
    assert_problem(visitor.plain(draft, 2, set_op("/a", 1)), 409, "resync")


def test_a_customers_key_is_of_no_use_to_another(shop: Shop, file: Path) -> None:
    """A wrapped key that was moved between customers opens nothing."""
    ann, ben = shop.visitor(), shop.visitor()
    draft = ann.begin(name="canary")
    own, other = (records.customer(shop.tenant.id, each.customer) for each in (ann, ben))
    mine, theirs = body_of(file, own), body_of(file, other)
    key_of = slice(mine.index(b'"key":"') + 7, mine.index(b'"', mine.index(b'"key":"') + 7))
    overwrite(file, own, mine[: key_of.start] + theirs[key_of] + mine[key_of.stop :])
    assert_problem(ann.get(f"/v1/drafts/{draft}"), 500, "integrity-failure")


def test_a_tampered_history_is_refused(shop: Shop, file: Path) -> None:
    """500 `integrity-failure`, without text; the draft itself can be read."""
    visitor, draft, _ = neighbours(shop)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE logs SET body = CAST(substr(body, 1, 20) || 'tampered' AS BLOB)")
    answer = visitor.get(f"/v1/drafts/{draft}/history")
    assert_problem(answer, 500, "integrity-failure")
    assert visitor.data(draft) == {"name": "canary-one"}


def audited(shop: Shop) -> tuple[str, int]:
    """An audit log with five entries of staff, and its partition."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    staff = shop.assist(visitor, draft)
    for _ in range(4):
        staff.draft(draft)
    return records.audit_log(shop.tenant.id), partition_of(draft)


def test_a_trimmed_audit_log_is_not_a_forged_one(shop: Shop, file: Path) -> None:
    """Links that made room for newer ones are missed by nobody; links that went too early are."""
    log, place = audited(shop)
    tenant = shop.deps.tenants.get(shop.tenant.id)
    with closing(sqlite3.connect(file)) as db, db:
        head = f"(SELECT id FROM heads WHERE log = '{log}' AND partition = {place})"
        assert db.execute(f"DELETE FROM logs WHERE head = {head} AND position < 3").rowcount == 2
    assert broken_link(shop.deps.store, tenant, place, kept=3) is None
    assert broken_link(shop.deps.store, tenant, place, kept=4) == Flaw(1, Wrong.MISSING)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(
            f"UPDATE logs SET body = replace(body, 'Marta', 'Nadia') WHERE head = {head} AND position = 3"
        )
    assert broken_link(shop.deps.store, tenant, place, kept=3) == Flaw(3, Wrong.EDITED)
