"""The blueprint that every resource uses: strict bodies, typed queries, every error documented."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any, NoReturn, TypeVar

import flask_smorest
from flask import Request
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from retoma_server.domain.errors import Invalid

from .api import Api
from .parameters import OF_EVERY_REQUEST
from .parsing import read_object
from .problems import CATALOGUE

View = TypeVar("View", bound=Callable[..., Any])

ALWAYS = (
    "authentication-required",
    "invalid-token",
    "token-expired",
    "token-revoked",
    "session-ended",
    "customer-erased",
    "insufficient-scope",
    "csrf-failed",
    "origin-not-allowed",
    "channel-not-allowed",
    "secret-key-in-browser",
    "bad-request",
    "validation-failed",
    "rate-limited",
    "internal-error",
    "busy",
    "store-unavailable",
    "identity-provider-unavailable",
)
WITH_BODY = (
    "malformed-json",
    "json-too-deep",
    "number-out-of-range",
    "duplicate-key",
    "invalid-string",
    "content-too-large",
    "unsupported-media-type",
    "forbidden-key",
    "limit-exceeded",
    "unknown-field",
    "storage-full",
    "durability-unconfirmed",
)

STANDS_AGAINST = ("draft-closed", "completing", "completion-unknown", "claiming", "draft-merged")
"""Why nothing can be done with a draft: what `domain.drafts.check_open` raises of all but parked ones."""


class StrictParser(FlaskParser):
    """Reads bodies with our own parser, and refuses what it does not know, by place and never by value."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {"json": RAISE, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body as a JSON object."""
        return read_object(req)

    def handle_error(
        self, error: Any, req: Any, schema: Any, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        """Turn marshmallow's messages into pointers and codes."""
        errors = [problem for _, found in sorted(error.messages.items()) for problem in flat("", found)]
        unknown = all(problem["code"] == "unknown-field" for problem in errors)
        raise Invalid("unknown-field" if unknown else "validation-failed", errors=errors)


def flat(pointer: str, messages: Any) -> list[dict[str, str]]:
    """Marshmallow's nested messages as `{pointer, code}` each; no name that the caller made up is in them."""
    if isinstance(messages, Mapping):
        return [
            problem
            for name, found in messages.items()
            for problem in flat(pointer if made_up(name, found) else f"{pointer}/{name}", found)
        ]
    codes = {"Unknown field.": "unknown-field", "Missing data for required field.": "required"}
    code = next((codes[message] for message in messages if message in codes), "invalid")
    return [{"pointer": pointer, "code": code}]


def made_up(name: str | int, found: Any) -> bool:
    """Whether a name is not one of ours: marshmallow's own, an unknown field's, or a key of a dictionary."""
    if isinstance(found, Mapping):
        return bool(found) and found.keys() <= {"key", "value"}
    return name in ("_schema", "key", "value") or "Unknown field." in found


class Blueprint(flask_smorest.Blueprint):
    """A resource's blueprint."""

    ARGUMENTS_PARSER = StrictParser()

    def register_views_in_doc(self, api: Api, *args: Any, **kwargs: Any) -> None:
        """Describe its views once somebody asks, each with what every request may carry."""
        kwargs["parameters"] = [*(kwargs["parameters"] or ()), *(each["name"] for each in OF_EVERY_REQUEST)]
        api.describe_later(partial(super().register_views_in_doc, api, *args, **kwargs))

    def doc(self, **kwargs: Any) -> Callable[[View], View]:
        """Describe a view further."""
        return documenting(super().doc(**kwargs))

    def response(self, *args: Any, **kwargs: Any) -> Callable[[View], View]:
        """Document an answer. Views write theirs as finished JSON, so there is nothing to wrap."""
        return documenting(super().response(*args, **kwargs))

    def alt_response(self, *args: Any, **kwargs: Any) -> Callable[[View], View]:
        """Document another answer that is no failure."""
        return documenting(super().alt_response(*args, **kwargs))

    def fails(self, *codes: str, body: bool = False) -> Callable[[View], View]:
        """Document the problems that a view may answer, besides those that all may."""
        wanted = (*ALWAYS, *(WITH_BODY if body else ()), *codes)

        def decorate(view: View) -> View:
            documented = deepcopy(getattr(view, "_apidoc", {}))
            manual = documented.setdefault("manual_doc", {})
            manual.setdefault("responses", {}).update(problem_responses(wanted))
            view._apidoc = documented  # type: ignore[attr-defined]  # where flask-smorest keeps it
            return view

        return decorate


def documenting(decorator: Callable[[View], View]) -> Callable[[View], View]:
    """What a flask-smorest decorator says of a view, without what it does at every request."""

    def decorate(view: View) -> View:
        view._apidoc = decorator(view)._apidoc  # type: ignore[attr-defined]  # where flask-smorest keeps it
        return view

    return decorate


def problem_responses(codes: tuple[str, ...]) -> dict[str, Any]:
    """OpenAPI responses for problem codes, grouped by status, each with its example."""
    responses: dict[str, Any] = {}
    for code in dict.fromkeys(codes):
        entry = CATALOGUE[code]
        response = responses.setdefault(
            str(entry.status),
            {
                "description": "",
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        response["description"] = f"{response['description']} `{code}`: {entry.title}.".strip()
        examples = response["content"]["application/problem+json"]["examples"]
        examples[code] = {"$ref": f"#/components/examples/{code}"}
    return responses
