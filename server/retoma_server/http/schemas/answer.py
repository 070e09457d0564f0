"""What every answer has in common, and the one that is a problem.

Answers are written as finished JSON: these schemas describe them for the API reference and check nothing.
"""

from marshmallow import EXCLUDE, Schema, fields


class Answer(Schema):
    """An answer, or a part of one. More fields may come; clients ignore those that they do not know."""

    class Meta:
        unknown = EXCLUDE


class Fault(Answer):
    """One thing that is wrong with a request."""

    pointer = fields.String(required=True)
    code = fields.String(required=True)


class Problem(Answer):
    """An error (RFC 9457): `code` is stable, `type` is a page that says what to do.

    Further members are what it takes to go on: `revision`, `delta`, `expected`, `conflicts` and others.
    """

    type = fields.String(required=True, metadata={"format": "uri"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    retryable = fields.Boolean(
        required=True, metadata={"description": "Whether the same request, unchanged, may succeed later."}
    )
    request_id = fields.String(required=True)
    detail = fields.String()
    errors = fields.List(
        fields.Nested(Fault), metadata={"description": "Where the request is wrong, without what was sent."}
    )
