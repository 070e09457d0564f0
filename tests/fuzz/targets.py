"""What reads the bytes of strangers, each with an oracle: one call is one case, and an assertion is a fault.

Only a RetomaError may escape from what is called, and what is accepted must mean the same to others.
"""

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, NoReturn

from flask import Flask

from retoma_server.adapters.identifying import normalised
from retoma_server.adapters.ids import CODE_ALPHABET, display_code, is_id, normalise_code, partition_of
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.strict_json import parse
from retoma_server.adapters.tokens import (
    Cursors,
    CustomerTokens,
    Previews,
    credential_text,
    is_provider_token,
    parse_credential,
)
from retoma_server.domain.errors import RetomaError
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.http.answers import etag, idempotency, if_match, none_match, since_of

TENANT, CUSTOMER = "te_3f0123456789", "cu_3f01234567890123456789"
NOW = 1_800_000_000_000
QUERY, POSITION = "drafts", [NOW, "dr_3f01234567890123456789"]
SHOWN = {"dr_3f01234567890123456789": [3, None]}
TAG = etag("e", 7)
KEY = re.compile(r'"([A-Za-z0-9_.:-]{8,255})"|([A-Za-z0-9_.:-]{8,255})')
REVISION = re.compile(r"0|[1-9][0-9]{0,14}")
E164 = re.compile(r"\+[1-9][0-9]{4,14}")
JWT = re.compile(r"ey[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+){2}")

KEYRING = Keyring.create()
TOKENS, CURSORS, PREVIEWS = CustomerTokens(KEYRING, lambda: NOW), Cursors(KEYRING), Previews(KEYRING)
APP = Flask("fuzz")
REFUSED = object()

Target = Callable[[bytes], None]


class Code(str):
    """The code of a refusal, which no reader gives as what it read."""

    __slots__ = ()


def outcome_or_code(read: Callable[..., Any], *sent: Any) -> Any:
    """What was read, or the Code of the refusal; whatever else is raised escapes to whoever fuzzes."""
    try:
        return read(*sent)
    except RetomaError as refused:
        return Code(refused.code)


def outcome(read: Callable[..., Any], *sent: Any) -> Any:
    """What was read, or REFUSED."""
    value = outcome_or_code(read, *sent)
    return REFUSED if isinstance(value, Code) else value


def any_text(data: bytes) -> str:
    """Any text at all, lone surrogates too."""
    return data.decode("utf-8", "surrogateescape")


def strict_json(data: bytes) -> None:
    """What is read is what the standard library reads, types and all; what is no JSON is no JSON to both."""
    value = outcome_or_code(parse, data)
    if isinstance(value, Code):
        assert value != "malformed-json" or not is_json(data)
        assert value != "duplicate-key" or not has_unique_keys(data)
    else:
        assert repr(value) == repr(strictly(data))


def strictly(data: bytes) -> Any:
    """A body as the standard library reads it: ValueError for equal keys and for numbers that are none."""
    return json.loads(data.decode(), object_pairs_hook=unique, parse_constant=no_json)


def is_json(data: bytes) -> bool:
    """Whether the standard library reads it at all."""
    try:
        json.loads(data.decode(), parse_constant=no_json)
    except (ValueError, RecursionError):
        return False
    return True


def has_unique_keys(data: bytes) -> bool:
    """Whether the standard library reads it and finds no key twice in one object."""
    try:
        strictly(data)
    except ValueError:
        return False
    return True


def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys all differ."""
    made = dict(members)
    if len(made) < len(members):
        raise ValueError("a key twice")
    return made


def no_json(name: str) -> NoReturn:
    """Refuse NaN and Infinity."""
    raise ValueError(name)


def credentials(data: bytes) -> None:
    """What is taken apart can be put together again, letter by letter."""
    text = any_text(data)
    found = outcome(parse_credential, text)
    if found is not REFUSED:
        again = credential_text(found.kind, found.tenant, subject=found.subject, secret=found.secret)
        assert again == found.text == text
        assert text.isascii()
        assert text.isprintable()
    assert is_provider_token(text) == (JWT.fullmatch(text) is not None)


def signed(data: bytes) -> None:
    """Nothing verifies but what was signed here, and it says what was signed."""
    text = any_text(data)
    claims = outcome(TOKENS.verify, text)
    assert claims is REFUSED or (claims.tenant, claims.customer) == (TENANT, CUSTOMER)
    assert outcome(CURSORS.verify, TENANT, QUERY, text) in (REFUSED, POSITION)
    assert outcome(CURSORS.verify, TENANT, "another query", text) is REFUSED
    assert PREVIEWS.verify("cl_1", NOW, text) in (None, SHOWN)
    assert PREVIEWS.verify("cl_2", NOW, text) is None


def short_codes(data: bytes) -> None:
    """A code is the eight letters that were typed, and is read again as it is shown."""
    text = any_text(data)
    code = normalise_code(text)
    if code is not None:
        assert code == "".join(each.upper() for each in text if each.upper() in CODE_ALPHABET)
        assert len(code) == 8
        assert normalise_code(display_code(code)) == code


def ids(data: bytes) -> None:
    """What is an id is ASCII of a known length, with a partition that everybody reads there."""
    text = any_text(data)
    partition = outcome(partition_of, text)
    assert partition is REFUSED or text[3:5] == f"{partition:02x}"
    for prefix, length in (("te", 15), ("cu", 25), ("dr", 25)):
        if is_id(text, prefix):
            assert text.isascii()
            assert (len(text), text[:3]) == (length, f"{prefix}_")
            assert partition is not REFUSED


def identifiers(data: bytes) -> None:
    """An identifier has one form, which is its own form and can be hashed."""
    text = data.decode("utf-8", "replace")
    for kind in IdentifierKind:
        form = outcome(normalised, kind, text, "ES")
        if form is not REFUSED:
            assert form.encode()
            assert len(form) > 256 or normalised(kind, form) == form
            assert kind is not IdentifierKind.PHONE or E164.fullmatch(form)
            assert kind is not IdentifierKind.EMAIL or form.isprintable()


def headers(data: bytes) -> None:
    """ETags, places and keys are read as their specifications have them, and no other spelling is."""
    text = data.decode("latin-1")
    with APP.request_context(environ_of(text)):
        tag = outcome(if_match)
        assert tag is REFUSED or etag(*tag) == text.strip(" \t")
        assert not none_match(TAG) or TAG in text or "*" in text
        once = outcome(idempotency)
    match = KEY.fullmatch(text.strip(" \t"))
    assert (once is REFUSED) == (match is None)
    assert match is None or once.key in match.groups()


def environ_of(text: str) -> dict[str, Any]:
    """A request that says the same in every header of interest."""
    names = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IDEMPOTENCY_KEY")
    place = {"SERVER_NAME": "t", "SERVER_PORT": "80", "REQUEST_METHOD": "PATCH", "PATH_INFO": "/"}
    body = {"wsgi.url_scheme": "http", "wsgi.input": BytesIO()}
    return {**place, **body, **dict.fromkeys(names, text)}


def places(data: bytes) -> None:
    """A `since` is a revision, with its epoch or without, written in the one way to write it."""
    text = any_text(data)
    since = outcome(since_of, text)
    if since is not REFUSED:
        epoch, revision = since
        assert text == (f"{epoch}.{revision}" if epoch else str(revision))
        assert REVISION.fullmatch(str(revision))


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (strict_json, credentials, signed, short_codes, ids, identifiers, headers, places)
}
