"""`/v1/drafts`: open, read, change, complete, discard."""

from datetime import datetime
from typing import Any

from flask import Response, request
from flask.views import MethodView

from retoma_server.actions import changing, drafts, history, listing
from retoma_server.actions.once import required
from retoma_server.adapters.codec import joined_json, json_bytes
from retoma_server.adapters.ids import is_id
from retoma_server.domain.drafts import Status
from retoma_server.domain.errors import Invalid

from .answers import etag, idempotency, if_match, json_answer, none_match, once_answer, since_of
from .auth import current_caller, deps
from .blueprint import STANDS_AGAINST, Blueprint
from .changes import read_batch, read_plain
from .cursors import read_place, sign_place
from .limiting import by_caller, limited
from .openapi import CHANGES_BODY, DELTA_OR_DRAFT, PATCH_BODY
from .parameters import FENCE, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, SINCE
from .parsing import read_object
from .schemas.changes import ChangesOut, HistoryOut, RevisionOut
from .schemas.drafts import DraftOut, DraftQuery, DraftsOut, NewCompletion, NewDraft
from .schemas.pages import PageQuery

blp = Blueprint("drafts", __name__, url_prefix="/v1/drafts", description="The saved state of processes.")


def known_id(text: str, prefix: str = "dr") -> str:
    """An id from the path; what cannot be one is asked for as one that is never there, so all are alike."""
    return text if is_id(text, prefix) else f"{prefix}_00{'0' * 20}"


def draft_answer(shown: drafts.Shown, status: int = 200) -> Response:
    """A draft with its ETag, or 304 where the caller has it."""
    tag = etag(shown.epoch, shown.revision)
    # Staff get a masked draft under the same ETag: a shared browser must not mix the two up.
    headers = (("ETag", tag), ("Cache-Control", "private, no-cache"), ("Vary", "Authorization, Cookie"))
    if none_match(tag) and request.method == "GET":
        return Response(status=304, headers=headers)
    return json_answer(shown.json, status, headers)


@blp.route("")
class Drafts(MethodView):
    """All drafts of a caller."""

    @limited("writes", by_caller)
    @blp.arguments(NewDraft)
    @blp.response(201, DraftOut, description="A new draft.")
    @blp.alt_response(200, schema=DraftOut, description="The one that was open already.")
    @blp.fails("kind-mismatch", "not-found", body=True)
    def post(self, new: dict[str, Any]) -> Response:
        """Open the draft of a process and key, or create it."""
        shown = drafts.open_draft(deps(), current_caller(), **new)
        return draft_answer(shown, 201 if shown.created else 200)

    @limited("reads", by_caller)
    @blp.arguments(DraftQuery, location="query")
    @blp.response(200, DraftsOut)
    @blp.fails("invalid-cursor")
    def get(self, query: dict[str, Any]) -> Response:
        """List drafts, most recently changed first."""
        return drafts_answer(query)


def drafts_answer(query: dict[str, Any]) -> Response:
    """A page of drafts."""
    signed = signed_query(query)
    page = listing.list_drafts(deps(), current_caller(), query_of(query, signed))
    cursor = json_bytes(sign_place(signed, page.next))
    return json_answer(b'{"items":' + joined_json(page.items) + b',"next":' + cursor + b"}")


def signed_query(query: dict[str, Any]) -> str:
    """What a cursor is bound to: it goes on with the query that it came from, and no other."""
    names = ("process", "status", "customer", "updated_since")
    return "drafts?" + "&".join(f"{name}={query[name]}" for name in names if query[name] is not None)


def query_of(query: dict[str, Any], signed: str) -> listing.Query:
    """The query as the action takes it."""
    since: datetime | None = query["updated_since"]
    status: Status | None = query["status"]
    return listing.Query(
        query["customer"],
        query["process"],
        status,
        int(since.timestamp() * 1000) if since else 0,
        query["limit"],
        read_place(signed, query["cursor"]),
    )


@blp.route("/<string:draft>")
class Draft(MethodView):
    """One draft."""

    @limited("reads", by_caller)
    @blp.doc(parameters=[SINCE, IF_NONE_MATCH])
    @blp.response(200, DELTA_OR_DRAFT)
    @blp.alt_response(304, description="The caller has this revision.")
    @blp.fails("not-found", "draft-expired", "resync", "invalid-cursor", "integrity-failure")
    def get(self, draft: str) -> Response:
        """Read a draft, or with `since` only what changed in it."""
        if request.query_string:
            if request.args.keys() != {"since"}:
                raise Invalid("unknown-field")
            epoch, revision = since_of(request.args["since"])
            return draft_answer(drafts.get_delta(deps(), current_caller(), known_id(draft), revision, epoch))
        return draft_answer(drafts.get_draft(deps(), current_caller(), known_id(draft)))

    @limited("writes", by_caller)
    @blp.doc(parameters=[IF_MATCH, IDEMPOTENCY_KEY, FENCE], requestBody=PATCH_BODY)
    @blp.response(200, RevisionOut)
    @blp.fails(
        "not-found",
        "draft-expired",
        "draft-closed",
        "precondition-required",
        "invalid-etag",
        "revision-conflict",
        "lease-lost",
        "idempotency-key-required",
        "idempotency-key-reused",
        "invalid-idempotency-key",
        "path-collision",
        "field-not-storable",
        "payment-data-refused",
        "masked-value-echo",
        "draft-full",
        "kind-not-supported",
        "invalid-path",
        body=True,
    )
    def patch(self, draft: str) -> Response:
        """Apply a merge patch to exactly the revision that was seen."""
        patch = read_object(request)
        seen, once = if_match(), required(idempotency())
        reply = changing.patch_draft(deps(), current_caller(), known_id(draft), patch, seen, once)
        answer = once_answer(reply)
        answer.headers["ETag"] = etag(reply["epoch"], reply["revision"])
        return answer

    @limited("writes", by_caller)
    @blp.response(204, description="Discarded, now or before.")
    @blp.fails("not-found", "draft-expired", *STANDS_AGAINST)
    def delete(self, draft: str) -> Response:
        """Discard a draft with all its values."""
        drafts.discard_draft(deps(), current_caller(), known_id(draft))
        return Response(status=204)


@blp.route("/<string:draft>/changes")
class Changes(MethodView):
    """What was changed in a draft."""

    @limited("writes", by_caller)
    @blp.doc(parameters=[{**IDEMPOTENCY_KEY, "required": False}, FENCE], requestBody=CHANGES_BODY)
    @blp.response(200, ChangesOut)
    @blp.fails(
        "not-found",
        "draft-expired",
        *STANDS_AGAINST,
        "draft-parked",
        "lease-lost",
        "sequence-gap",
        "resync",
        "writer-mismatch",
        "completing",
        "completion-unknown",
        "invalid-identity",
        "invalid-quantity",
        "idempotency-key-required",
        "idempotency-key-reused",
        "invalid-idempotency-key",
        "integrity-failure",
        body=True,
    )
    def post(self, draft: str) -> Response:
        """Merge changes into a draft, each exactly once."""
        caller, body = current_caller(), read_object(request)
        if "changes" in body:
            return json_answer(changing.change_draft(deps(), caller, known_id(draft), read_batch(body)))
        plain = read_plain(body, required(idempotency()))
        return once_answer(changing.change_plainly(deps(), caller, known_id(draft), plain))


@blp.route("/<string:draft>/complete")
class Completion(MethodView):
    """The end of a draft that reached its goal."""

    @limited("writes", by_caller)
    @blp.arguments(NewCompletion)
    @blp.doc(parameters=[{**IDEMPOTENCY_KEY, "required": False}, FENCE])
    @blp.response(200, DraftOut)
    @blp.fails(
        "not-found",
        "draft-expired",
        *STANDS_AGAINST,
        "draft-parked",
        "conflicts-open",
        "confirmation-needed",
        "lease-lost",
        "revision-conflict",
        "sequence-gap",
        "sequence-reused",
        "kind-not-supported",
        "writer-mismatch",
        "idempotency-key-required",
        "idempotency-key-reused",
        "invalid-idempotency-key",
        "completing",
        "completion-unknown",
        "price-changed",
        "quantity-unavailable",
        "validation-unavailable",
        body=True,
    )
    def post(self, new: dict[str, Any], draft: str) -> Response:
        """Complete a draft, once."""
        if (new["writer"] is None) != (new["seq"] is None):
            raise Invalid(errors=[{"pointer": "/seq", "code": "required"}])
        wish = drafts.Completion(**new, once=idempotency())
        return once_answer(drafts.complete_draft(deps(), current_caller(), known_id(draft), wish))


@blp.route("/<string:draft>/history")
class History(MethodView):
    """What was changed in a draft, by whom."""

    @limited("reads", by_caller)
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, HistoryOut)
    @blp.fails("not-found", "draft-expired", "invalid-cursor")
    def get(self, query: dict[str, Any], draft: str) -> Response:
        """Read a draft's history, newest first, refused changes too."""
        name = f"history/{draft}"
        before = read_place(name, query["cursor"])
        page = history.read_history(
            deps(), current_caller(), known_id(draft), before[0] if before else None, query["limit"]
        )
        cursor = sign_place(name, (page.next, draft) if page.next else None)
        return json_answer({"items": page.items, "next": cursor})
