"""What the API reference says beyond single fields: ops, and the bodies and answers written by hand."""

from typing import Any

from retoma_server.domain.cart_ops import MAX_QUANTITY

from .api import Api
from .parameters import OF_EVERY_REQUEST
from .problems import CATALOGUE
from .schemas.answer import Problem
from .schemas.carts import NewCart

SEEN = {
    "type": "integer",
    "minimum": 0,
    "description": "The draft's revision on screen when the edit was made.",
}
ALSO = {
    "type": "object",
    "additionalProperties": {"type": "integer", "minimum": 0},
    "description": "Unacknowledged changes of earlier writers of this installation that were on screen too.",
}
PATH = {"type": "string", "description": "A JSON Pointer (RFC 6901).", "example": "/applicant/email"}


def op(name: str, description: str, required: list[str], **properties: Any) -> dict[str, Any]:
    """The schema of one op."""
    return {
        "type": "object",
        "title": name,
        "description": description,
        "required": ["op", *required],
        "properties": {"op": {"type": "string", "enum": [name]}, **properties},
    }


OPS: dict[str, Any] = {
    "OpSet": op(
        "set",
        "Put a value; an object is taken apart into its leaves.",
        ["path", "value"],
        path=PATH,
        value={},
        seen=SEEN,
        also=ALSO,
    ),
    "OpUnset": op(
        "unset", "Take away a value, or all below a path.", ["path"], path=PATH, seen=SEEN, also=ALSO
    ),
    "OpResolve": op(
        "resolve",
        "Choose in a conflict.",
        ["conflict", "choice"],
        conflict={"type": "string", "example": "cf_12_0"},
        choice={"type": "string", "enum": ["stored", "arriving", "value"]},
        value={},
        seen=SEEN,
        also=ALSO,
    ),
    "OpConfirm": op(
        "confirm",
        "Say that what staff entered at or below a path is right (not by staff).",
        ["path"],
        path=PATH,
        seen=SEEN,
        also=ALSO,
    ),
    "OpPosition": op(
        "position",
        "Say which step the customer is at.",
        ["step"],
        step={"type": "string", "maxLength": 256, "example": "income"},
        cursor={"type": ["string", "null"], "maxLength": 2048},
    ),
}
LINE = {"type": "string", "pattern": "^ln_[a-z2-7]{26}$", "description": "A line's key."}
INFO_OF_LINE = {"type": "object", "description": "Notes; no part of what makes a line the same line."}
QUANTITY = {"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY, "default": 1}
NAMED = {"type": ["string", "null"], "maxLength": 256}
CART_OPS: dict[str, Any] = {
    "OpAdd": op(
        "add",
        "Add pieces to a cart, by what they are (`sku` …) or by the key of a line that is there.",
        [],
        sku={"type": "string", "maxLength": 256, "example": "tee"},
        attributes={
            "type": "object",
            "additionalProperties": {"type": ["string", "integer", "boolean", "null"]},
            "example": {"size": "M"},
        },
        offer=NAMED,
        fulfilment=NAMED,
        parent={"oneOf": [LINE, {"type": "null"}]},
        split=NAMED,
        line=LINE,
        quantity=QUANTITY,
        info=INFO_OF_LINE,
        price={
            "type": ["object", "null"],
            "required": ["amount", "currency"],
            "properties": {
                "amount": {"type": "integer", "minimum": 0, "example": 1990},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
            },
        },
        seen=SEEN,
        also=ALSO,
    ),
    "OpDecrement": op(
        "decrement",
        "Take pieces from a line, down to none.",
        ["line"],
        line=LINE,
        quantity=QUANTITY,
        seen=SEEN,
    ),
    "OpRemove": op(
        "remove", "Take away all that was seen of a line.", ["line"], line=LINE, seen=SEEN, also=ALSO
    ),
    "OpSetQuantity": op(
        "set_quantity",
        "Let a line have exactly so many; one that is gone stays gone.",
        ["line", "quantity"],
        line=LINE,
        quantity={"type": "integer", "minimum": 0, "maximum": MAX_QUANTITY},
        if_revision={"type": ["integer", "null"], "minimum": 0, "description": "Only if unchanged since."},
        seen=SEEN,
        also=ALSO,
    ),
    "OpInfo": op(
        "info",
        "Write notes about a line; null takes one away.",
        ["line", "info"],
        line=LINE,
        info=INFO_OF_LINE,
    ),
    "OpClear": op("clear", "Take away all that was seen of every line.", [], seen=SEEN, also=ALSO),
}
OPS |= CART_OPS
OP = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in OPS]}

BATCH = {
    "type": "object",
    "title": "A writer's batch",
    "required": ["writer", "changes"],
    "additionalProperties": False,
    "properties": {
        "writer": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$", "description": "One page load."},
        "installation": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "epoch": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}$"},
        "since": {"type": "integer", "minimum": 0, "description": "Ask for a delta from this revision."},
        "changes": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["seq", "ops"],
                "additionalProperties": False,
                "properties": {
                    "seq": {"type": "integer", "minimum": 1, "description": "Counts 1, 2, 3 … without gaps."},
                    "ops": {"type": "array", "items": OP},
                },
            },
        },
    },
}
PLAIN = {
    "type": "object",
    "title": "Plain ops (with an Idempotency-Key)",
    "required": ["seen", "ops"],
    "additionalProperties": False,
    "properties": {"seen": SEEN, "epoch": {"type": "string"}, "ops": {"type": "array", "items": OP}},
}
CHANGES_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"oneOf": [BATCH, PLAIN]},
            "examples": {
                "plain": {
                    "summary": "curl",
                    "value": {"seen": 12, "ops": [{"op": "set", "path": "/name", "value": "Ann"}]},
                },
                "batch": {
                    "summary": "An SDK",
                    "value": {
                        "writer": "w_018f",
                        "changes": [
                            {"seq": 1, "ops": [{"op": "set", "path": "/name", "value": "Ann", "seen": 12}]}
                        ],
                    },
                },
            },
        }
    },
}
PATCH_BODY = {
    "required": True,
    "content": {
        media: {"schema": {"type": "object"}, "example": {"applicant": {"email": "ann@example.com"}}}
        for media in ("application/merge-patch+json", "application/json")
    },
}
IMPORT_BODY = {
    "required": True,
    "description": "Up to 10,000 lines of at most 256 KiB, each a `NewCart`.",
    "content": {
        "application/x-ndjson": {
            "schema": {"type": "string"},
            "example": '{"id":"basket-1","external_id":"u-17","lines":[{"sku":"tee","quantity":2}]}\n'
            '{"id":"basket-2","external_id":"u-18","lines":[{"sku":"mug"}]}\n',
        }
    },
}
IMPORTED = {
    "description": "A line for each that came, in order: `imported` or `replayed` with its `draft`, or "
    "`rejected` with a `code`, whether it is `retryable`, and `errors` with their places.",
    "content": {
        "application/x-ndjson": {
            "schema": {"type": "string"},
            "example": '{"line":1,"status":"imported","draft":"dr_3f0YzQ7mJ2nE5hT8kLqRpW"}\n'
            '{"line":2,"status":"rejected","code":"invalid-quantity","retryable":false,'
            '"errors":[{"pointer":"/lines/0","code":"invalid-quantity"}]}\n',
        }
    },
}
EXPORT = {
    "description": "A line for each cart: a `DraftOut` as `cart`, and the `cursor` that goes on after it. "
    "The last line has neither: where it is missing, go on after the last cursor.",
    "content": {
        "application/x-ndjson": {
            "schema": {"type": "string"},
            "example": '{"cart":{"id":"dr_3f0YzQ7mJ2nE5hT8kLqRpW","kind":"cart"},"cursor":"eyJ…"}\n'
            '{"cart":null,"cursor":null}\n',
        }
    },
}
DELTA_OR_DRAFT = {
    "oneOf": [{"$ref": "#/components/schemas/DraftOut"}, {"$ref": "#/components/schemas/DeltaOut"}]
}


CLAIMED_CART = {
    "draft": "dr_4c" + "1" * 20,
    "process": "cart",
    "key": "default",
    "cart": "dr_0a" + "2" * 20,
}
OUTCOME = {
    "strategy": "max",
    "fate": "merged",
    "reason": None,
    "lines": [
        {"key": "ln_" + "a2" * 13, "sku": "tee", "guest": 2, "saved": 3, "result": 3},
        {"key": "ln_" + "b3" * 13, "sku": "lamp", "guest": 1, "saved": 0, "result": 1},
    ],
    "overflow": [],
}
RECEIPT = {
    "id": "cl_0a" + "7" * 20,
    "carts": [
        {
            **CLAIMED_CART,
            **OUTCOME,
            "parked": None,
            "claimed_at": "2026-11-28T09:00:00.000Z",
            "undo_until": "2026-11-29T09:00:00.000Z",
            "undone": False,
        }
    ],
    "visitor": {
        "token": "vt_…",
        "customer": "cu_4c" + "3" * 20,
        "expires_at": "2027-02-26T09:00:00.000Z",
    },
}
PREVIEW = {"id": None, "carts": [{**CLAIMED_CART, "choices": [OUTCOME]}], "seen": "WyJjbF8w…"}
RECEIPT_PREVIEW = {**PREVIEW, "visitor": None}


FACTS: dict[str, dict[str, Any]] = {
    "draft-merged": {
        "merged_into": CLAIMED_CART["cart"],
        "results": [
            {"seq": 6, "status": "applied", "was": "rejected", "code": "limit-exceeded"},
            {"seq": 7, "status": "applied"},
            {"seq": 8, "status": "not_applied"},
        ],
    },
    "draft-parked": {"results": [{"seq": 7, "status": "applied"}, {"seq": 8, "status": "not_applied"}]},
    "preview-outdated": {"preview": PREVIEW},
}
"""What a problem tells besides, where it takes more than a word to go on."""


def example(code: str) -> dict[str, Any]:
    """What a problem looks like."""
    entry = CATALOGUE[code]
    return {
        "type": f"https://retoma.example/problems/{code}",
        "title": entry.title,
        "status": entry.status,
        "code": code,
        "retryable": entry.retryable,
        "request_id": "0f2b7c1d9e3a4b5c",
        **FACTS.get(code, {}),
    }


INFO = """Keeps a customer's unfinished process alive across devices and people.

Every change is merged, none is lost, and what met unseen is kept as a conflict. Errors are
`application/problem+json` (RFC 9457): act on `code`, show `title`, retry when `retryable`.
Clients ignore fields that they do not know."""


def register_components(api: Api) -> None:
    """The parts of the description that no view holds: ops, problems, and how callers sign in."""
    for name, schema in OPS.items():
        api.spec.components.schema(name, schema)
    api.spec.components.schema("Problem", schema=Problem)
    api.spec.components.schema("NewCart", schema=NewCart)
    for parameter in OF_EVERY_REQUEST:
        api.spec.components.parameter(parameter["name"], "header", parameter)
    for code in CATALOGUE:
        api.spec.components.example(code, {"value": example(code)})
    api.spec.components.security_scheme(
        "bearer",
        {
            "type": "http",
            "scheme": "bearer",
            "description": "A secret (`sk_…`), publishable (`pk_…`), visitor (`vt_…`), customer (`ct_…`), "
            "grant (`gr_…`) or staff (`sf_…`) credential.",
        },
    )
    api.spec.components.security_scheme(
        "staff_session",
        {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-retoma-staff",
            "description": "A staff session; `retoma-staff` where the server is reached by plain http. "
            "Writes need `Retoma-CSRF` besides.",
        },
    )
    api.spec.options["security"] = [{"bearer": []}, {"staff_session": []}]
    api.spec.options.setdefault("info", {})["description"] = INFO
