"""Promises of `retoma-server audit`: whatever is done to the log past the server is found, and named."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from retoma_server.actions import records
from retoma_server.actions.auditing import AuditEntry, chained
from retoma_server.actions.deps import Deps
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import Tenant, all_tenants, create_tenant
from retoma_server.adapters.checkpoints import Checkpoints
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import Commit
from retoma_server.app import wire
from retoma_server.commands import commands
from tests.tampering import Disk, RedisDisk, SqliteDisk, State

PLACE = 7
LONG_AGO = 1_000
"""When entries are made, so that their checkpoints are due at once."""


@dataclass(frozen=True)
class Office:
    """An operator's server, whose audit log somebody tampers with."""

    folder: Path
    environment: dict[str, str]
    deps: Deps
    tenant: Tenant
    disk: Disk

    @property
    def file(self) -> Path:
        """The file of checkpoints."""
        return self.folder / "checkpoints.jsonl"

    def run(self, *arguments: str) -> Result:
        """What a command does."""
        return CliRunner().invoke(commands, ["audit", *arguments], env=self.environment)

    def add(self, count: int, name: str = "Marta") -> None:
        """Let staff look so many times."""
        key = records.audit_head(self.tenant.id)
        snapshot = self.deps.store.read(PLACE, [key])
        entry = AuditEntry(LONG_AGO, "st_1", name, "store", "draft-viewed", "dr_1")
        head, links = chained(self.tenant, snapshot.get(key), [entry] * count)
        expects = {key: snapshot.revision(key)}
        self.deps.store.commit(PLACE, Commit(expects, [head], appends=links))

    def checkpoint(self) -> None:
        """Let the sweeper's clock come round."""
        assert sweep(self.deps).counts == {"audit-head": 1}

    def verify(self, *arguments: str) -> Result:
        """What the operator is told, with the checkpoints."""
        return self.run("verify", "--checkpoints", str(self.file), *arguments)


@pytest.fixture(params=["sqlite", "redis"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A server on a real store, with six entries in the audit log and a checkpoint of them."""
    Keyring.load_or_create(tmp_path / "keyring.json")
    is_redis = request.param == "redis"
    url = request.getfixturevalue("redis_url") if is_redis else f"sqlite:///{tmp_path}/retoma.db"
    environment = {
        "RETOMA_STORE": url,
        "RETOMA_KEYRING": str(tmp_path / "keyring.json"),
        "RETOMA_DURABILITY": "relaxed",
        "RETOMA_AUDIT_CHECKPOINTS": str(tmp_path / "checkpoints.jsonl"),
    }
    deps = wire(Settings.from_env(environment))
    create_tenant(deps.store, deps.vault, deps.ids, "shop", frozenset())
    (tenant,) = all_tenants(deps.store, deps.vault)
    named = (PLACE, records.audit_log(tenant.id), records.audit_head(tenant.id))
    disk: Disk = RedisDisk(url, *named) if is_redis else SqliteDisk(tmp_path / "retoma.db", *named)
    made = Office(tmp_path, environment, deps, tenant, disk)
    made.add(6)
    made.checkpoint()
    yield made
    deps.store.close()


def closed_up(bodies: list[bytes], state: State) -> State:
    """A chain of these entries one after the other."""
    return state._replace(entries=dict(enumerate(bodies, 1)), last=len(bodies))


def edited(state: State) -> State:
    """Somebody else looked, it says."""
    return state._replace(entries=state.entries | {3: state.entries[3].replace(b"Marta", b"Nadia")})


def deleted(state: State) -> State:
    """Nobody looked."""
    return state._replace(entries={at: body for at, body in state.entries.items() if at != 3})


def inserted(state: State) -> State:
    """Somebody looked who did not."""
    bodies = list(state.entries.values())
    return closed_up([*bodies[:2], bodies[2].replace(b"Marta", b"Nadia"), *bodies[2:]], state)


def reordered(state: State) -> State:
    """Somebody looked before they did."""
    one = state.entries
    return state._replace(entries=one | {3: one[4], 4: one[3]})


def cut_off(state: State) -> State:
    """The end is gone."""
    return closed_up(list(state.entries.values())[:4], state)


def cut_off_with_head(state: State) -> State:
    """The end is gone, and the head says so too: the chain alone is whole."""
    short = cut_off(state)
    return short._replace(head=json.dumps([4, json.loads(short.entries[4])["mac"], 0, None]).encode())


CHAIN_ALONE: dict[str, tuple[Callable[[State], State], str]] = {
    "edited": (edited, "entry 3 was edited"),
    "deleted": (deleted, "entry 3 is missing"),
    "inserted": (inserted, "entry 3 was inserted"),
    "reordered": (reordered, "entry 3 is out of order"),
    "cut off": (cut_off, "entry 5 and all after it were cut off"),
}


@pytest.mark.parametrize(("tamper", "said"), CHAIN_ALONE.values(), ids=CHAIN_ALONE)
def test_what_was_done_to_the_log_is_named(office: Office, tamper: Callable[..., State], said: str) -> None:
    """Exit code 1 names tenant, partition, entry and what is wrong, with checkpoints or without (case 66)."""
    assert office.run("verify").exit_code == 0
    office.disk.write(tamper(office.disk.read()))
    for told in (office.run("verify"), office.verify(), office.verify("--tenant", "shop")):
        assert told.exit_code == 1, told.output
        assert (
            f"The audit chain of {office.tenant.id} in partition {PLACE} does not hold: {said}" in told.stderr
        )


def test_an_end_that_went_with_its_head_is_found_by_the_checkpoint(office: Office) -> None:
    """The chain alone looks whole; the file that lies elsewhere tells (case 66)."""
    office.disk.write(cut_off_with_head(office.disk.read()))
    assert office.run("verify").exit_code == 0
    told = office.verify()
    assert told.exit_code == 1
    assert "entry 5 and all after it were cut off" in told.stderr


def test_a_log_put_back_is_found_whatever_came_after(office: Office) -> None:
    """Rolled back as a whole it is too short; gone on with, it is another one (case 64)."""
    before = office.disk.read()
    office.add(2)
    office.checkpoint()
    assert office.verify().exit_code == 0
    office.disk.write(before)
    assert "entry 7 and all after it were cut off" in office.verify().stderr
    office.add(3, "Nadia")
    assert office.run("verify").exit_code == 0
    assert "entry 8 is not the one that a checkpoint saw" in office.verify().stderr


def test_a_whole_tenant_that_is_gone_is_missed(office: Office, tmp_path: Path) -> None:
    """Checkpoints of a tenant that the store does not know are no good news."""
    others = office.environment | {"RETOMA_STORE": f"sqlite:///{tmp_path}/empty.db"}
    told = replace(office, environment=others).verify()
    assert told.exit_code == 1
    assert f"There is no tenant {office.tenant.id} any more" in told.stderr


def test_a_whole_log_is_told_with_its_length(office: Office) -> None:
    """0 when all is well, with the number of entries that were checked."""
    told = office.verify()
    assert told.exit_code == 0
    assert f"shop ({office.tenant.id}): 6 entries" in told.output


def test_nothing_new_needs_no_checkpoint(office: Office) -> None:
    """The chain is not due again until somebody looks; then it is."""
    assert sweep(office.deps).counts == {}
    office.add(1)
    office.checkpoint()
    seen = [json.loads(line) for line in office.file.read_text().splitlines()]
    assert [each["entry"] for each in seen] == [6, 7]


def test_anybody_with_the_public_key_can_check_a_checkpoint(office: Office) -> None:
    """By the words of the documentation, without this server's code."""
    name, _, public = office.run("key").output.strip().partition(":")
    (line,) = office.file.read_text().splitlines()
    seen = json.loads(line)
    assert seen["key"] == name
    fields = [str(seen[each]) for each in ("tenant", "partition", "entry", "mac", "at", "key")]
    signed = "".join(f"{each}\n" for each in ["retoma audit checkpoint v1", *fields])
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    key.verify(base64.b64decode(seen["signature"]), signed.encode())


def test_a_forged_checkpoint_is_refused(office: Office) -> None:
    """One that was changed, or signed by somebody else, is named by its line."""
    (line,) = office.file.read_text().splitlines()
    office.file.write_text(line.replace('"entry": 6', '"entry": 4') + "\n")
    assert "Line 1 of" in office.verify().stderr
    office.file.unlink()
    stranger = Checkpoints(Keyring.create(), str(office.file))
    stranger.emit(office.tenant.id, PLACE, 6, "00", "2027-01-15T08:00:00Z")
    assert "is not known: say it by --key" in office.verify().stderr


def test_old_checkpoints_hold_after_the_root_key_was_replaced(office: Office) -> None:
    """While it is on the ring by itself, afterwards by the public key that was kept."""
    path = office.folder / "keyring.json"
    kept = office.run("key").output.strip()
    old, grown = Keyring.load(path), Keyring.load(path).add()
    grown.promote(grown.keys[-1].kid).save(path)
    assert CliRunner().invoke(commands, ["keys", "rewrap"], env=office.environment).exit_code == 0
    assert office.verify().exit_code == 0
    Keyring.load(path).remove(old.primary.kid).save(path)
    assert "is not known" in office.verify().stderr
    assert office.verify("--key", kept).exit_code == 0
    assert "A key is what audit key prints" in office.verify("--key", "k1:short").stderr


def test_a_line_that_a_full_disk_cut_short_spoils_no_other(office: Office) -> None:
    """The next one begins anew; the half one is told and left out."""
    with office.file.open("a") as file:
        file.write('{"tenant": "te_')
    office.add(1)
    office.checkpoint()
    told = office.verify()
    assert told.exit_code == 0, told.output
    assert "Line 2 of" in told.stderr


def test_a_checkpoint_that_cannot_be_written_is_made_later(office: Office) -> None:
    """While its file cannot be written the chain stays due, and everything else is swept."""
    kept = office.file.read_text()
    office.file.unlink()
    office.file.mkdir()
    office.add(1)
    assert sweep(office.deps).left == 1
    office.file.rmdir()
    office.file.write_text(kept)
    office.checkpoint()
    assert office.verify().exit_code == 0
