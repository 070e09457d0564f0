"""Late changes: of a tab that does not know yet that its cart was merged into another, or parked."""

from collections.abc import Mapping, Sequence
from typing import Any

from retoma_server.adapters.codec import read_writer
from retoma_server.domain.access import Principal
from retoma_server.domain.drafts import Draft, Status
from retoma_server.domain.errors import Conflicting
from retoma_server.domain.writers import Writer, check_owner

from . import records
from .desk import Desk
from .once import fingerprint


def check_late(
    desk: Desk, principal: Principal, changes: Sequence[Mapping[str, Any]], name: str = ""
) -> None:
    """Raise Conflicting `draft-merged` where the cart on a desk was merged, with what became of each change.

    `name` is the writer's; a change without a number was not applied, or it would have been answered
    under its key. Raises Forbidden `writer-mismatch` for somebody else's writer, and as `check_parked`.
    """
    draft = desk.draft
    if draft.status is Status.PARKED:
        check_parked(desk, principal, changes, name)
    if draft.status is not Status.MERGED or draft.takeover is None:
        return
    writer = known_writer(desk, principal, draft, name)
    results = [late_result(desk, writer, change) for change in changes]
    raise Conflicting("draft-merged", merged_into=draft.takeover.into, results=results)


def check_parked(desk: Desk, principal: Principal, changes: Sequence[Mapping[str, Any]], name: str) -> None:
    """Raise Conflicting `draft-parked` unless the parked cart on a desk had taken each change by then.

    It says what became of each; what it has not taken is not on record, for the cart may be active again.
    """
    writer = known_writer(desk, principal, desk.draft, name)
    results = [late_result(desk, writer, change) for change in changes]
    if any(result["status"] == "not_applied" for result in results):
        raise Conflicting("draft-parked", results=results)


def known_writer(desk: Desk, principal: Principal, draft: Draft, name: str) -> Writer | None:
    """What a writer has sent; the customer who claimed the cart may ask for the guest's writers too."""
    record = desk.find(records.writer(desk.tenant.id, draft.id, name))
    writer = read_writer(record.body) if record else None
    claims = draft.takeover is not None and principal.customer == draft.takeover.customer
    if writer is not None and not (claims and writer.principal == f"customer:{draft.customer}"):
        check_writer(desk, writer, principal)
    return writer


def check_writer(desk: Desk, writer: Writer, principal: Principal) -> None:
    """Raise Forbidden `writer-mismatch` for somebody else's writer.

    Those of a customer who was merged into the one who asks are their own.
    """
    other = principal.customer not in (None, desk.customer)
    theirs = other and principal.customer == desk.merged_into
    if not (theirs and writer.principal == f"customer:{desk.customer}"):
        check_owner(writer, principal.label)


def late_result(desk: Desk, writer: Writer | None, change: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a change was answered before the cart was merged (`applied`), or `not_applied`.

    Of one that was refused then, `was` and `code` say so: nobody else tells whoever lost that answer.
    """
    seq = change.get("seq")
    if seq is None:
        return {"status": "not_applied"}
    known = writer is not None and seq <= writer.last
    result = writer.answered(seq) if writer is not None and known else None
    other = result is not None and result.fingerprint != fingerprint(desk.tenant, change.get("ops"))
    if not known or other:
        return {"seq": seq, "status": "not_applied"}
    refused = {} if result is None or result.code is None else {"was": result.status, "code": result.code}
    return {"seq": seq, "status": "applied", **refused}
