"""Domain values as bytes for the store, and back.

A draft's plaintext starts with a fixed head and with the finished JSON that its owner reads, so
that picking a draft up parses nothing; the state that merging needs follows.
"""

import struct
from collections.abc import Collection, Iterable
from dataclasses import asdict, astuple, replace
from typing import Any, NamedTuple

import orjson

from retoma_server.domain.authors import Author
from retoma_server.domain.claims import Decision, Fate, FormStrategy, Overflow, Strategy
from retoma_server.domain.completions import Completion, Progress
from retoma_server.domain.devices import Device, DeviceKind, Devices
from retoma_server.domain.drafts import (
    MISSING,
    Cell,
    Conflict,
    ConflictStatus,
    Draft,
    Policy,
    Position,
    Status,
)
from retoma_server.domain.events import Event, EventType
from retoma_server.domain.handoffs import Handoff, HandoffStatus, Passage
from retoma_server.domain.hooks import Hook
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.lines import Identity, Line, Lot, Price
from retoma_server.domain.merges import Brought, Merge, Returned, Stage, Stayed
from retoma_server.domain.processes import FieldClass, Process, Step
from retoma_server.domain.proofs import Proof
from retoma_server.domain.providers import Provider
from retoma_server.domain.receipts import CartReceipt, Receipt
from retoma_server.domain.rendering import draft_json
from retoma_server.domain.takeovers import Shown, Takeover
from retoma_server.domain.touchpoints import ClaimedFrom, Touchpoint
from retoma_server.domain.upkeep import Upkeep
from retoma_server.domain.writers import Writer

HEAD = struct.Struct(">BQQQQI")
STATUSES = tuple(Status)


class DraftHead(NamedTuple):
    """What can be told of a stored draft without parsing it; `json` is the owner's view.

    `ask_at` is when whoever looks at a cart has the shop asked about it, `renew_at` when a look puts its
    end off; 0 for never.
    """

    status: Status
    expires_at: int
    revision: int
    json: bytes
    ask_at: int
    renew_at: int


def draft_bytes(draft: Draft) -> bytes:
    """A draft as plaintext for the vault."""
    authors: dict[Author, int] = {}

    def cell(each: Cell) -> list[Any]:
        value, revision, by, seq = each
        number = authors.setdefault(by, len(authors))
        return [revision, number, seq] if value is MISSING else [revision, number, seq, value]

    cells = {path: cell(each) for path, each in draft.cells.items()}
    conflicts = [
        [
            conflict.id,
            conflict.path,
            conflict.policy,
            cell(conflict.stored),
            cell(conflict.arriving),
            conflict.revision,
            conflict.origin,
            [cell(each) for each in conflict.earlier],
            conflict.status,
        ]
        for conflict in draft.conflicts.values()
    ]
    position = draft.position and [draft.position.step, draft.position.cursor]
    facts = [draft.id, draft.process, draft.kind, draft.key, draft.customer]
    times = [draft.created_at, draft.updated_at, draft.expires_at]
    lines = [line_row(line, authors.setdefault(line.by, len(authors))) for line in draft.lines.values()]
    touched = draft.touched_by and authors.setdefault(draft.touched_by, len(authors))
    names = [[*author] for author in authors]
    completion = draft.completion and astuple(draft.completion)
    takeover = draft.takeover and astuple(draft.takeover)
    cart = [lines, completion, takeover, draft.successor, [*draft.upkeep], touched]
    state = orjson.dumps([facts, times, draft.size, position, names, cells, conflicts, cart])
    shown = orjson.dumps(draft_json(draft))
    care = (draft.ask_at, draft.renew_at)
    head = HEAD.pack(STATUSES.index(draft.status), draft.expires_at, draft.revision, *care, len(shown))
    return b"".join((head, shown, state))


def read_head(plaintext: bytes) -> DraftHead:
    """What can be told of a draft without parsing it."""
    status, expires_at, revision, ask_at, renew_at, length = HEAD.unpack_from(plaintext)
    shown = plaintext[HEAD.size : HEAD.size + length]
    return DraftHead(STATUSES[status], expires_at, revision, shown, ask_at, renew_at)


def read_draft(plaintext: bytes) -> Draft:
    """The whole draft."""
    status, expires_at, revision, *_, length = HEAD.unpack_from(plaintext)
    facts, times, size, position, names, cells, conflicts, cart = orjson.loads(
        plaintext[HEAD.size + length :]
    )
    lines, completion, takeover, successor, upkeep, *later = cart
    authors = [Author(*name) for name in names]

    def cell(row: list[Any]) -> Cell:
        value = row[3] if len(row) == 4 else MISSING
        return Cell(value, row[0], authors[row[1]], row[2])

    draft_id, process, kind, key, customer = facts
    touched = later[0] if later else None
    return Draft(
        draft_id,
        process,
        kind,
        key,
        customer,
        created_at=times[0],
        updated_at=times[1],
        expires_at=expires_at,
        status=STATUSES[status],
        revision=revision,
        cells={path: cell(row) for path, row in cells.items()},
        conflicts={row[0]: _conflict(row, cell) for row in conflicts},
        position=Position(*position) if position else None,
        size=size,
        lines={line.identity.key: line for line in (read_line(row, authors) for row in lines)},
        completion=completion and read_completion(completion),
        takeover=takeover and read_takeover(takeover),
        successor=successor,
        upkeep=Upkeep(*upkeep),
        touched_by=None if touched is None else authors[touched],
    )


def read_takeover(row: list[Any]) -> Takeover:
    """The takeover of a row; one of an earlier release says less."""
    takeover, shown = Takeover(*row[:6]), row[6] if len(row) > 6 else None
    whole, aside, parked = row[7:10] or (False, False, False)
    takeover = replace(takeover, whole=whole, aside=aside, parked=parked)
    return replace(takeover, shown=Shown(*shown)) if shown else takeover


def read_completion(row: list[Any]) -> Completion:
    """The completion of a row."""
    name, attempt, began_by, lease_until, hashed, progress, order_ref = row
    return Completion(name, attempt, began_by, lease_until, hashed, Progress(progress), order_ref)


def line_row(line: Line, author: int) -> list[Any]:
    """A cart's line as a row; `author` is the number of who added it."""
    identity, price = line.identity, line.price
    parts = [identity.sku, dict(identity.attributes), identity.offer, identity.fulfilment, identity.parent]
    lots = [[lot.writer, lot.seq, lot.revision, lot.quantity] for lot in line.lots]
    priced = price and [price.amount, price.currency]
    row = [[*parts, identity.split], lots, line.revision, author, line.writer, line.seq]
    return [*row, dict(line.info), priced, line.priced_at, line.unavailable, line.max_quantity]


def read_line(row: list[Any], authors: list[Author]) -> Line:
    """The line of a row."""
    identity, lots, revision, author, writer, seq, info, price, *rest = row
    return Line(
        Identity(*identity),
        tuple(Lot(*lot) for lot in lots),
        revision,
        authors[author],
        writer,
        seq,
        info,
        price and Price(*price),
        *rest,
    )


def _conflict(row: list[Any], cell: Any) -> Conflict:
    return Conflict(
        id=row[0],
        path=row[1],
        policy=Policy(row[2]),
        stored=cell(row[3]),
        arriving=cell(row[4]),
        revision=row[5],
        origin=row[6],
        earlier=tuple(map(cell, row[7])),
        status=ConflictStatus(row[8]),
    )


def writer_bytes(writer: Writer) -> bytes:
    """A writer's record; it holds numbers and codes, nothing that a customer wrote."""
    return orjson.dumps([writer.id, writer.principal, writer.last, writer.refused, dict(writer.results)])


def read_writer(body: bytes) -> Writer:
    """The writer of a record."""
    return Writer(*orjson.loads(body))


def plain_bytes(value: Handoff | Passage) -> bytes:
    """A handoff's or passage's record: ids, times and hashes, and two texts that are sealed already."""
    return orjson.dumps(value)


def read_handoff(body: bytes) -> Handoff:
    """The handoff of a record."""
    fields = orjson.loads(body)
    proof = fields.get("proof") and Proof(**{**fields["proof"], "sent_at": tuple(fields["proof"]["sent_at"])})
    return Handoff(**{**fields, "status": HandoffStatus(fields["status"]), "proof": proof})


def read_passage(body: bytes) -> Passage:
    """The passage of a record."""
    return Passage(**orjson.loads(body))


def devices_bytes(devices: Devices) -> bytes:
    """A customer's devices as plaintext for the vault."""
    return orjson.dumps(list(devices.values()))


def read_devices(plaintext: bytes) -> Devices:
    """The devices of a customer."""
    rows = orjson.loads(plaintext)
    return {row["id"]: Device(**{**row, "kind": DeviceKind(row["kind"])}) for row in rows}


def receipt_bytes(receipt: Receipt) -> bytes:
    """A claim's receipt as plaintext for the vault."""
    return orjson.dumps(receipt)


def read_receipt(plaintext: bytes) -> Receipt:
    """The receipt of a claim."""
    fields = orjson.loads(plaintext)
    carts = {name: read_cart_receipt(cart) for name, cart in fields["carts"].items()}
    return Receipt(**{**fields, "carts": carts})


def read_cart_receipt(fields: dict[str, Any]) -> CartReceipt:
    """What a receipt says of one cart or form."""
    name = fields["strategy"]
    read = {
        "strategy": FormStrategy(name) if fields.get("kind") == "form" else Strategy(name),
        "fate": Fate(fields["fate"]),
        "decisions": tuple(Decision(**each) for each in fields["decisions"]),
        "overflow": tuple(Overflow(**each) for each in fields["overflow"]),
    }
    return CartReceipt(**{**fields, **read})


def merge_bytes(merge: Merge) -> bytes:
    """The record of a merge of two customers: ids, kinds and times, nothing that a customer wrote."""
    return orjson.dumps(merge)


def read_merge(body: bytes) -> Merge:
    """The merge of a record."""
    fields = orjson.loads(body)
    returned = {
        draft: Returned(each["draft"], each["stayed"] and Stayed(each["stayed"]))
        for draft, each in fields["returned"].items()
    }
    read = {
        "carts": Strategy(fields["carts"]),
        "forms": fields["forms"] and FormStrategy(fields["forms"]),
        "identifiers": tuple(Brought(**each) for each in fields["identifiers"]),
        "followers": tuple(fields["followers"]),
        "stage": Stage(fields["stage"]),
        "returned": returned,
    }
    return Merge(**{**fields, **read})


def event_bytes(event: Event) -> bytes:
    """An event as a log keeps it."""
    return orjson.dumps(event)


def read_event(body: bytes) -> Event:
    """The event of a log's entry."""
    fields = orjson.loads(body)
    read = {"type": EventType(fields["type"]), "claim": read_claim(fields.get("claim"))}
    return Event(**{**fields, **read, "past": tuple(map(read_touchpoint, fields.get("past", ())))})


def read_touchpoint(fields: dict[str, Any]) -> Touchpoint:
    """A touchpoint that an event brought along."""
    return Touchpoint(**{**fields, "claim": read_claim(fields["claim"])})


def read_claim(fields: dict[str, Any] | None) -> ClaimedFrom | None:
    """The claim that an event tells of."""
    return ClaimedFrom(**fields) if fields else None


def hook_bytes(hook: Hook) -> bytes:
    """A registered hook's record; the secret that signs is not in it."""
    return orjson.dumps(hook)


def read_hook(body: bytes) -> Hook:
    """The hook of a record."""
    return Hook(**orjson.loads(body))


def provider_bytes(provider: Provider) -> bytes:
    """A registered identity provider's record."""
    return orjson.dumps({**asdict(provider), "claims": {str(k): v for k, v in provider.claims.items()}})


def read_provider(body: bytes) -> Provider:
    """The identity provider of a record."""
    fields = orjson.loads(body)
    claims = {IdentifierKind(kind): name for kind, name in fields["claims"].items()}
    return Provider(
        fields["issuer"], tuple(fields["audiences"]), fields["keys_url"], claims, tuple(fields["types"])
    )


def process_bytes(process: Process) -> bytes:
    """A registered process's record."""
    return orjson.dumps(process)


def read_process(body: bytes) -> Process:
    """The process of a record."""
    fields = orjson.loads(body)
    return Process(
        **{
            **fields,
            "steps": tuple(Step(**step) for step in fields["steps"]),
            "fields": {path: FieldClass(name) for path, name in fields["fields"].items()},
            "groups": tuple(fields["groups"]),
            "lookalikes": tuple(fields.get("lookalikes", ())),
            "confirm": tuple(fields.get("confirm", ())),
            "customer_only": tuple(fields.get("customer_only", ())),
            "policies": {path: Policy(name) for path, name in fields["policies"].items()},
            "claim": FormStrategy(fields["claim"]) if "claim" in fields else FormStrategy.ASK,
        }
    )


def json_bytes(value: Any) -> bytes:
    """Any JSON value as bytes."""
    return orjson.dumps(value)


def read_json(body: bytes) -> Any:
    """The JSON value of bytes that this server wrote."""
    return orjson.loads(body)


def joined_json(items: Iterable[bytes]) -> bytes:
    """Finished JSON values as one JSON array."""
    return b"[" + b",".join(items) + b"]"


def with_unstored(json: bytes, paths: Collection[str]) -> bytes:
    """A finished JSON object with the paths of which a device must keep nothing, where there are any."""
    return json.removesuffix(b"}") + b',"unstored":' + json_bytes(paths) + b"}" if paths else json
