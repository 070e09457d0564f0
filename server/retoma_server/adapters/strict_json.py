"""Strict JSON: what every parser reads alike (RFC 8259, RFC 7493) and within limits, or nothing at all.

orjson parses. What it lets pass is found afterwards in the values and, only where these give cause
(a number with a fraction, a colon within a string), in the bytes: an ordinary body costs one walk.
"""

import json
import re
from collections.abc import Sequence
from math import isinf
from typing import Any, NoReturn

import orjson

from retoma_server.domain.changes import FORBIDDEN, MAX_DEPTH, MAX_STRING_BYTES
from retoma_server.domain.errors import Invalid, Malformed

MAX_MEMBERS = 2_000
"""No body has more members, over all its objects."""
MAX_KEY_BYTES = 256
MAX_INTEGER = 2**53 - 1
"""Every integer up to this is exact in a double, and so in every JSON parser."""
MAX_DIGITS = 32

# Possessive, and content with a string that never ends: linear in the body, whatever the body is.
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
LONG_NUMBER = re.compile(rb"[\d.eE+-]{33,}+")
INTEGER_OF_17_DIGITS = re.compile(rb"(?<![\d.eE+-])-?\d{17,}+(?![.eE])")
ZEROS = bytes.maketrans(b"123456789.eE+-", b"0" * 14)
SEVENTEEN = b"0" * 17
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
OPENING = frozenset(b"[{")


def parse(body: bytes) -> Any:
    """Read JSON text.

    Raises Malformed `malformed-json`, `json-too-deep`, `number-out-of-range`, `duplicate-key` or
    `invalid-string`; Invalid `forbidden-key` or `limit-exceeded`. Nothing else escapes.
    """
    try:
        value = orjson.loads(body)  # which gives up by itself at a depth of 1024
    except orjson.JSONDecodeError:
        raise fault(body) from None
    keys, values = walk(value, body)
    check_keys(keys, values, body)
    if b"\\u0000" in body and any("\0" in text for text in (*keys, *values) if isinstance(text, str)):
        raise Malformed("invalid-string")
    if len(body) > MAX_STRING_BYTES and too_long(values, MAX_STRING_BYTES):
        raise Invalid("limit-exceeded", limit="string-bytes", most=MAX_STRING_BYTES)
    return value


def walk(value: Any, body: bytes) -> tuple[list[str], list[Any]]:
    """Every key and every value, level by level, with depth and numbers checked on the way."""
    keys: list[str] = []
    values = level = [value]
    fractions = False
    for depth in range(MAX_DEPTH + 1):
        inside: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is str:
                continue
            if kind is dict or kind is list:
                if depth == MAX_DEPTH:
                    raise Malformed("json-too-deep")
                if kind is dict:
                    keys += each
                    inside += each.values()
                else:
                    inside += each
            elif kind is int:
                if not -MAX_INTEGER <= each <= MAX_INTEGER:
                    raise Malformed("number-out-of-range")
            elif kind is float:
                fractions = True
        if not inside:
            break
        values += inside
        level = inside
    if fractions and SEVENTEEN in body.translate(ZEROS):
        check_numbers(STRING.sub(b"", body))
    return keys, values


def check_numbers(bare: bytes) -> None:
    """Refuse what became a double but is none everywhere: a huge integer, or digits without end."""
    long = LONG_NUMBER.findall(bare)
    if INTEGER_OF_17_DIGITS.search(bare) or any(
        len(number.translate(None, b".eE+-")) > MAX_DIGITS for number in long
    ):
        raise Malformed("number-out-of-range")


def check_keys(keys: Sequence[str], values: Sequence[Any], body: bytes) -> None:
    """Refuse keys that come twice, that harm JavaScript's prototypes, or that are too many or too long."""
    if body.count(b":") != len(keys) and has_duplicates(keys, values, body):
        raise Malformed("duplicate-key")
    if not FORBIDDEN.isdisjoint(keys):
        raise Invalid("forbidden-key")
    if len(keys) > MAX_MEMBERS:
        raise Invalid("limit-exceeded", limit="members", most=MAX_MEMBERS)
    if len(body) > MAX_KEY_BYTES and too_long(keys, MAX_KEY_BYTES):
        raise Invalid("limit-exceeded", limit="key-bytes", most=MAX_KEY_BYTES)


def has_duplicates(keys: Sequence[str], values: Sequence[Any], body: bytes) -> bool:
    """Whether a key came twice in one object: the parser kept the last, so a colon is left over."""
    if b"\\u003" in body:  # a colon may be written as \u003a, so those in strings must be cut out
        return STRING.sub(b"", body).count(b":") != len(keys)
    inside = "".join([text for text in values if type(text) is str]).count(":")
    return body.count(b":") != len(keys) + inside + "".join(keys).count(":")


def too_long(texts: Sequence[Any], most: int) -> bool:
    """Whether one of these, where it is a string, is longer than that many bytes of UTF-8."""
    return any(isinstance(text, str) and len(text) * 4 > most and len(text.encode()) > most for text in texts)


def deeper_than(most: int, body: bytes) -> bool:
    """Whether more brackets than that are open at once, outside strings."""
    depth = 0
    for bracket in STRING.sub(b"", body).translate(None, NOT_BRACKETS):
        depth += 1 if bracket in OPENING else -1
        if depth > most:
            return True
    return False


def fault(body: bytes) -> Malformed:
    """Why orjson refused a body: its depth, a number, a lone surrogate, or it is no JSON at all."""
    if deeper_than(MAX_DEPTH, body):
        return Malformed("json-too-deep")
    try:
        json.loads(body.decode(), parse_int=finite, parse_float=finite, parse_constant=not_json)
    except ValueError:
        return Malformed("malformed-json")
    except OverflowError:
        return Malformed("number-out-of-range")
    return Malformed("invalid-string")


def finite(number: str) -> float:
    """The number, or OverflowError when it is too great for a double or too long to be looked at."""
    if len(number) > 2 * MAX_DIGITS or isinf(float(number)):
        raise OverflowError
    return 0.0


def not_json(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's parser would take."""
    raise ValueError
