"""Drafts to measure with, made by the server's own actions: as real as any, without the HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

from retoma_server.actions.callers import caller_of
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.deps import Deps
from retoma_server.actions.drafts import open_draft
from retoma_server.actions.identity import open_visitor
from retoma_server.adapters.tokens import parse_credential

FIELD = "a value as people type it, of some sixty characters, number"


def fill(deps: Deps, publishable_key: str, number: int, size: int, file: Path) -> Path:
    """Make visitors with one draft each of about `size` bytes; `file` lists `draft token` by line."""
    anybody = caller_of(deps, parse_credential(publishable_key))
    with file.open("w") as out:
        for _ in range(number):
            visitor = open_visitor(deps, anybody)
            caller = caller_of(deps, parse_credential(visitor.token))
            draft = json.loads(open_draft(deps, caller, "mortgage-application").json)["id"]
            for seq, ops in enumerate(batches(size), 1):
                change_draft(deps, caller, draft, Batch("w_fill", [{"seq": seq, "ops": ops}]))
            out.write(f"{draft} {visitor.token}\n")
    return file


def batches(size: int) -> Iterator[list[dict[str, object]]]:
    """Fields of about 90 bytes each, as many as `size` takes, in changes of at most 200."""
    fields = [
        {"op": "set", "path": f"/applicant/field_{number}", "value": f"{FIELD} {number}", "seen": 0}
        for number in range(max(16, size // 90))
    ]
    for first in range(0, len(fields), 200):
        yield fields[first : first + 200]
