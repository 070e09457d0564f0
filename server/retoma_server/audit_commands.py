"""The commands for the audit log: `retoma-server audit …`."""

import base64
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from retoma_server.actions.checkpointing import BrokenChain, Witnessed, broken_chains, witnessed
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.checkpoints import Checkpoint, CheckpointKeys, is_signed, read_checkpoints
from retoma_server.adapters.settings import Settings
from retoma_server.addressing import chosen_tenants, wired
from retoma_server.app import read_keyring

TOLD_EVERY = 100_000


@click.group()
def audit() -> None:
    """What staff looked at and changed."""


@audit.command("key")
def audit_key() -> None:
    """Print the public keys of checkpoints, the one that signs now last: name:key, in base64.

    Keep them with the checkpoints: when a root key is removed, its own is known no more.
    """
    for name, public in CheckpointKeys(read_keyring(Settings.from_env())).public.items():
        click.echo(f"{name}:{base64.b64encode(public).decode()}")


@audit.command("verify")
@click.option("--tenant", "name", help="Its name or id; every tenant without.")
@click.option(
    "--checkpoints",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file of checkpoints, which also finds what was cut off or put back.",
)
@click.option("--key", "named", multiple=True, help="A public key as `audit key` printed it; repeatable.")
def verify_audit(name: str | None, path: Path | None, named: tuple[str, ...]) -> None:
    """Check every link of every audit chain; exit code 1 names what does not hold."""
    ring = CheckpointKeys(read_keyring(Settings.from_env())).public
    keys = {**ring, **dict(map(read_key, named))}
    with wired() as deps:
        tenants = chosen_tenants(deps, name)
        seen = witnessed(proved(path, keys)) if path else {}
        if name is None:
            check_tenants(tenants, seen)
        broken = []
        for tenant in tenants:
            progress = Progress(tenant)
            broken += list(broken_chains(deps, tenant, seen, progress.tell))
            click.echo(f"{tenant.name} ({tenant.id}): {progress.count:,} entries")
    if broken:
        refuse(broken)
    click.echo(f"Every link holds, of {len(tenants)} tenants.")


class Progress:
    """Says now and then how far the checking of a tenant has come."""

    def __init__(self, tenant: Tenant) -> None:
        """Count the entries of `tenant`."""
        self.tenant = tenant
        self.count = 0

    def tell(self, _: int) -> None:
        """One entry more holds."""
        self.count += 1
        if self.count % TOLD_EVERY == 0:
            click.echo(f"  {self.count:,} entries of {self.tenant.name} so far", err=True)


def refuse(broken: list[BrokenChain]) -> None:
    """Name every chain that does not hold, the first one as the reason to fail."""
    first, *others = map(sentence, broken)
    for each in others:
        click.echo(each)
    raise click.ClickException(first)


def sentence(broken: BrokenChain) -> str:
    """What is wrong with a chain."""
    flaw = broken.flaw
    return (
        f"The audit chain of {broken.tenant.id} in partition {broken.partition} does not hold:"
        f" entry {flaw.entry} {flaw.wrong}."
    )


def read_key(text: str) -> tuple[str, bytes]:
    """The name and the bytes of a public key as `audit key` printed it."""
    name, _, key = text.partition(":")
    try:
        public = base64.b64decode(key, validate=True)
    except ValueError:
        public = b""
    if len(public) != 32:
        raise click.ClickException("A key is what audit key prints: its name, a colon, and 44 characters.")
    return name, public


def proved(path: Path, keys: dict[str, bytes]) -> Iterator[Checkpoint]:
    """The checkpoints of a file, each of which must have been signed by its key."""
    unknown: Counter[str] = Counter()
    for number, checkpoint in read_checkpoints(path):
        if checkpoint is None:
            click.echo(f"Line {number} of {path} holds no checkpoint, as after a full disk.", err=True)
        elif checkpoint.key not in keys:
            unknown[checkpoint.key] += 1
        elif not is_signed(checkpoint, keys[checkpoint.key]):
            raise click.ClickException(f"Line {number} of {path} was not signed by {checkpoint.key}.")
        else:
            yield checkpoint
    for name, count in unknown.items():
        raise click.ClickException(f"The key {name} of {count:,} checkpoints is not known: say it by --key.")


def check_tenants(tenants: list[Tenant], seen: Witnessed) -> None:
    """Refuse checkpoints of a tenant that is not there: all of it was cut off."""
    known = {tenant.id for tenant in tenants}
    for gone in sorted({tenant for tenant, _ in seen} - known):
        raise click.ClickException(f"There is no tenant {gone} any more, and checkpoints saw its audit log.")
