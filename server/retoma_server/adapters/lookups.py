"""Lookups and what customers are asked by them, as they are stored."""

import orjson

from retoma_server.domain.lookups import Answer, Lookup, Request
from retoma_server.domain.proofs import Proof


def record_bytes(value: Lookup | Request) -> bytes:
    """A record of ids, times, hashes and staff's names: what tells of a customer in it is sealed."""
    return orjson.dumps(value)


def read_lookup(body: bytes) -> Lookup:
    """The lookup of a record."""
    return Lookup(**orjson.loads(body))


def read_request(body: bytes) -> Request:
    """The request of a record."""
    fields = orjson.loads(body)
    code = fields["code"] and Proof(**{**fields["code"], "sent_at": tuple(fields["code"]["sent_at"])})
    return Request(**{**fields, "answer": Answer(fields["answer"]), "code": code})
