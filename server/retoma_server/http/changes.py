"""The body of `POST …/changes`, checked by hand: it is the hot path, and ops are the domain's to judge."""

import re
from collections.abc import Mapping
from typing import Any

from retoma_server.actions.changing import Batch, Plain
from retoma_server.actions.once import Once
from retoma_server.domain.changes import WRITER
from retoma_server.domain.errors import Invalid

MOST_CHANGES = 100
BATCH_FIELDS = frozenset(("writer", "installation", "epoch", "since", "changes"))
PLAIN_FIELDS = frozenset(("seen", "ops", "epoch"))
CHANGE_FIELDS = frozenset(("seq", "ops"))
EPOCH = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


def read_batch(body: Mapping[str, Any]) -> Batch:
    """A writer's batch; raises Invalid with pointers for anything that is not one."""
    if not body.keys() <= BATCH_FIELDS:
        raise Invalid("unknown-field")
    changes = body["changes"]
    if not isinstance(changes, list) or not changes:
        raise wrong("/changes")
    if len(changes) > MOST_CHANGES:
        raise Invalid("limit-exceeded")
    for number, change in enumerate(changes):
        check_change(change, f"/changes/{number}")
    return Batch(
        name_of(body, "writer", required=True) or "",
        changes,
        name_of(body, "installation"),
        epoch_of(body),
        revision_of(body, "since"),
    )


def check_change(change: Any, pointer: str) -> None:
    """Check a change's envelope; its ops are judged one by one, and recorded, when it is merged."""
    if not isinstance(change, dict):
        raise wrong(pointer)
    if not change.keys() <= CHANGE_FIELDS:
        raise Invalid("unknown-field", errors=[{"pointer": pointer, "code": "unknown-field"}])
    seq = change.get("seq")
    if type(seq) is not int or seq < 1:
        raise wrong(f"{pointer}/seq")


def read_plain(body: Mapping[str, Any], once: Once) -> Plain:
    """Ops of a caller without a writer."""
    if not body.keys() <= PLAIN_FIELDS:
        raise Invalid("unknown-field")
    seen, ops = revision_of(body, "seen"), body.get("ops")
    if seen is None:
        raise wrong("/seen")
    if not isinstance(ops, list):
        raise wrong("/ops")
    return Plain(seen, ops, once, epoch_of(body))


def name_of(body: Mapping[str, Any], field: str, *, required: bool = False) -> str | None:
    """A writer's or installation's name."""
    name = body.get(field)
    if name is None and not required:
        return None
    if not isinstance(name, str) or not WRITER.fullmatch(name):
        raise wrong(f"/{field}")
    return name


def epoch_of(body: Mapping[str, Any]) -> str | None:
    """The epoch that the caller's revisions belong to."""
    epoch = body.get("epoch")
    if epoch is not None and not (isinstance(epoch, str) and EPOCH.fullmatch(epoch)):
        raise wrong("/epoch")
    return epoch


def revision_of(body: Mapping[str, Any], field: str) -> int | None:
    """A revision, None where it is left out."""
    revision = body.get(field)
    if revision is not None and (type(revision) is not int or revision < 0):
        raise wrong(f"/{field}")
    return revision


def wrong(pointer: str) -> Invalid:
    """The problem of a field that is not what it should be."""
    return Invalid(errors=[{"pointer": pointer, "code": "invalid"}])
