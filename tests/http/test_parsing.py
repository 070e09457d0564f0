"""Promises of strict JSON: what is accepted means the same to every parser, the rest has its own code."""

import json
from typing import Any

import pytest
from flask import Flask, Response, request
from hypothesis import given, settings
from hypothesis import strategies as st

from retoma_server.adapters.codec import json_bytes
from retoma_server.domain.errors import RetomaError
from retoma_server.http.parsing import MAX_BODY, parse, read_object
from retoma_server.http.problems import register_problems
from retoma_server.http.request_ids import register_request_ids
from tests.http.asserting import assert_problem

MANY = settings(max_examples=300, deadline=None)

ACCEPTED: dict[str, tuple[bytes, Any]] = {
    "an empty object": (b"{}", {}),
    "space around": (b' {"a" : [ 1 , null ] }\r\n\t', {"a": [1, None]}),
    "minus zero": (b'{"a":-0}', {"a": 0}),
    "the greatest integers": (
        b"[9007199254740991,-9007199254740991]",
        [9_007_199_254_740_991, -9_007_199_254_740_991],
    ),
    "fractions": (b"[1.5,1e20,0.30000000000000004]", [1.5, 1e20, 0.30000000000000004]),
    "32 digits": (b"[0.1234567890123456789012345678901]", [0.12345678901234568]),
    "digits within a string": (b'[1.5,"' + b"1" * 99 + b'"]', [1.5, "1" * 99]),
    "32 levels": (b"[" * 32 + b"]" * 32, None),
    "brackets within a string": (b'["' + b"[" * 99 + b'"]', ["[" * 99]),
    "colons within strings": (b'{"a:b":"c:d","e":"\\u003a\\u003A","f":":\\""}', None),
    "the same key in two objects": (b'[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}]),
    "a backslash before u0000": (rb'["\\u0000"]', ["\\u0000"]),
    "an emoji, both ways": ('["😀","\\ud83d\\ude00"]'.encode(), ["😀", "😀"]),
    "2,000 members": (json_bytes({str(n): n for n in range(2_000)}), None),
    "a key of 256 bytes": (json_bytes({"é" * 128: 1}), None),
    "a string of 64 KiB": (json_bytes(["a" * 65_536]), None),
    "harmless keys": (b'{"proto":1,"__Proto__":2}', {"proto": 1, "__Proto__": 2}),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "malformed-json"),
    "space": (b"  ", "malformed-json"),
    "half an object": (b'{"a":1', "malformed-json"),
    "bytes after the end": (b"{} x", "malformed-json"),
    "NUL after the end": (b"{}\x00", "malformed-json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "malformed-json"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "malformed-json"),
    "invalid UTF-8": (b'["\xff"]', "malformed-json"),
    "a surrogate in UTF-8": (b'["\xed\xa0\x80"]', "malformed-json"),
    "an overlong form": (b'["\xc0\xaf"]', "malformed-json"),
    "NaN": (b'{"a":NaN}', "malformed-json"),
    "Infinity": (b'{"a":-Infinity}', "malformed-json"),
    "a single quote": (b"{'a':1}", "malformed-json"),
    "a comment": (b"{}//", "malformed-json"),
    "a trailing comma": (b"[1,]", "malformed-json"),
    "a leading zero": (b"[01]", "malformed-json"),
    "a raw control character": (b'["\x01"]', "malformed-json"),
    "a string without an end": (b'["' + b'\\"' * 1_000, "malformed-json"),
    "33 levels": (b"[" * 33 + b"]" * 33, "json-too-deep"),
    "33 levels of objects": (b'{"a":' * 33 + b"1" + b"}" * 33, "json-too-deep"),
    "100,000 levels": (b"[" * 100_000, "json-too-deep"),
    "100,000 closed levels": (b"[" * 100_000 + b"]" * 100_000, "json-too-deep"),
    "2^53": (b"[9007199254740992]", "number-out-of-range"),
    "-2^53": (b"[-9007199254740992]", "number-out-of-range"),
    "2^63": (b"[9223372036854775808]", "number-out-of-range"),
    "2^64": (b"[18446744073709551616]", "number-out-of-range"),
    "-2^64": (b'{"a":-18446744073709551616}', "number-out-of-range"),
    "5,000 digits": (b"[" + b"9" * 5_000 + b"]", "number-out-of-range"),
    "1e400": (b"[1e400]", "number-out-of-range"),
    "33 digits": (b"[0.12345678901234567890123456789012]", "number-out-of-range"),
    "a huge integer behind a string": (b'["a\\"",1.5,18446744073709551616]', "number-out-of-range"),
    "a key twice": (b'{"a":1,"a":1}', "duplicate-key"),
    "a key twice, once escaped": (b'{"a":1,"\\u0061":2}', "duplicate-key"),
    "a key twice beside a colon in a string": (b'{"a":1,"a":2,"b":"\\u003a"}', "duplicate-key"),
    "a key twice around an object": (b'{"a":{"b":1},"a":":"}', "duplicate-key"),
    "a key twice, deep inside": (b'[[{"x":[{"a":1,"a":2}]}]]', "duplicate-key"),
    "an empty key twice": (b'{"":1,"":2}', "duplicate-key"),
    "NUL": (b'["a\\u0000"]', "invalid-string"),
    "NUL in a key": (b'{"\\u0000":1}', "invalid-string"),
    "a lone surrogate": (b'["\\ud800"]', "invalid-string"),
    "a surrogate that trails alone": (b'["\\udc00x"]', "invalid-string"),
    "a surrogate in a key": (b'{"\\ud800":1}', "invalid-string"),
    "__proto__": (b'{"__proto__":{}}', "forbidden-key"),
    "constructor, deep inside": (b'{"a":[{"constructor":1}]}', "forbidden-key"),
    "prototype, escaped": (b'{"\\u0070rototype":1}', "forbidden-key"),
    "2,001 members": (json_bytes({str(n): n for n in range(2_001)}), "limit-exceeded"),
    "2,001 members in many objects": (json_bytes([{"a": n} for n in range(2_001)]), "limit-exceeded"),
    "a key of 257 bytes": (json_bytes({"é" * 128 + "a": 1}), "limit-exceeded"),
    "a string of 64 KiB and one byte": (json_bytes(["a" * 65_537]), "limit-exceeded"),
    "a string of 64 KiB of UTF-8 and more": (json_bytes(["é" * 32_769]), "limit-exceeded"),
}

texts = st.text(max_size=20).filter(lambda text: "\0" not in text)
integers = st.integers(-(2**53) + 1, 2**53 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | integers | floats | texts | st.sampled_from(["a:b", '"', "\\", "[{"])
keys = texts.filter(lambda key: key not in ("__proto__", "constructor", "prototype"))
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=30)
structure = ['{"a":', '"a"', ":", ",", "[", "]", "{", "}", "1", "-", "0.5", "1e9", "e", "9" * 20, "null", " "]
trouble = [r"\u0000", r"\u003a", r"\u0061", r"\ud800", "\\", '"', "NaN", "__proto__", "é", "\x00"]
fragments = st.sampled_from([*structure, *trouble])


@pytest.mark.parametrize(("body", "value"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_allowed_is_read(body: bytes, value: Any) -> None:
    """JSON within the limits is read, as any other parser would read it."""
    assert parse(body) == (json.loads(body) if value is None else value)


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_what_parsers_disagree_on_is_refused(body: bytes, code: str) -> None:
    """What is no JSON, is read differently elsewhere, or could harm its reader, has a code of its own
    (cases 21, 23, 24, 25, 26, 27, 28, 29, 31).
    """
    with pytest.raises(RetomaError) as refused:
        parse(body)
    assert refused.value.code == code


@MANY
@given(values, st.booleans(), st.sampled_from([(",", ":"), (" , ", " : ")]))
def test_any_ordinary_value_is_read(value: Any, escaped: bool, separators: tuple[str, str]) -> None:
    """Whatever a serializer writes of an ordinary value comes back equal."""
    body = json.dumps(value, ensure_ascii=escaped, separators=separators).encode()
    assert parse(body) == value


@MANY
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "a:", ":"]), st.booleans(), leaves), max_size=5))
def test_equal_keys_are_always_found(members: list[tuple[str, bool, Any]]) -> None:
    """An object is read exactly when no two of its keys are equal, however they are spelt."""
    spelt = [
        '"' + ("".join(f"\\u{ord(letter):04x}" for letter in key) if escaped else key) + '"'
        for key, escaped, _ in members
    ]
    body = (
        "{"
        + ",".join(f"{key}:{json.dumps(member[2])}" for key, member in zip(spelt, members, strict=True))
        + "}"
    )
    if len({key for key, _, _ in members}) == len(members):
        assert parse(body.encode()) == json.loads(body)
    else:
        with pytest.raises(RetomaError, match="duplicate-key"):
            parse(body.encode())


@MANY
@given(st.binary(max_size=60) | st.lists(fragments, max_size=12).map(lambda parts: "".join(parts).encode()))
def test_nothing_but_a_refusal_escapes(body: bytes) -> None:
    """Any bytes are read as Python's own parser reads them, or refused; nothing else can happen."""
    try:
        value = parse(body)
    except RetomaError:
        return
    assert value == json.loads(body)


@pytest.fixture
def app() -> Flask:
    """An app that gives back the object that it was sent."""
    app = Flask("test")
    register_request_ids(app)
    register_problems(app, "http://retoma.test")

    @app.route("/", methods=["POST", "PATCH"])
    def echo() -> Response:
        return Response(json_bytes(read_object(request)), content_type="application/json")

    return app


@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
    ],
)
def test_json_may_be_declared_in_any_spelling(app: Flask, media: str) -> None:
    """The media type is JSON in UTF-8, with or without saying so."""
    assert app.test_client().post("/", data=b'{"a":1}', content_type=media).json == {"a": 1}


@pytest.mark.parametrize(
    "media",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "application/json, text/plain",
        "application/jsonx",
        "application/merge-patch+json",
    ],
)
def test_anything_else_is_no_json(app: Flask, media: str) -> None:
    """A body that any page could send without being asked (a form, plain text) is not looked at (case 22)."""
    response = app.test_client().post("/", data=b"{}", content_type=media)
    assert_problem(response, 415, "unsupported-media-type")


def test_a_merge_patch_is_json_on_patch(app: Flask) -> None:
    """PATCH takes both media types."""
    for media in (
        "application/json",
        "application/merge-patch+json",
        "application/merge-patch+json; charset=utf-8",
    ):
        assert app.test_client().patch("/", data=b"{}", content_type=media).json == {}


def test_a_compressed_body_is_refused(app: Flask) -> None:
    """Nothing is unpacked: a small body cannot become a large one (case 30)."""
    response = app.test_client().post(
        "/", data=b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    assert_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"a"', b"1"])
def test_a_body_is_an_object(app: Flask, body: bytes) -> None:
    """Other JSON is understood, and refused as not valid (case 23)."""
    response = app.test_client().post("/", data=body, content_type="application/json")
    problem = assert_problem(response, 422, "validation-failed")
    assert problem["errors"] == [{"pointer": "", "code": "not-an-object"}]


def test_a_body_that_is_too_large_is_not_read(app: Flask) -> None:
    """A declared length above the limit is refused at once (case 30)."""
    body = b'{"a":"' + b"x" * MAX_BODY + b'"}'
    response = app.test_client().post("/", data=body, content_type="application/json")
    assert assert_problem(response, 413, "content-too-large")["most"] == MAX_BODY


class Endless:
    """A chunked body that never ends, and tells how much of it was read."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        """Some more of it."""
        if size < 0:
            raise AssertionError("nobody may ask for all of it")
        self.given += size
        return b" " * size

    def readinto(self, buffer: bytearray) -> int:
        """Some more of it, into a buffer."""
        buffer[:] = self.read(len(buffer))
        return len(buffer)


def test_reading_a_body_without_length_stops_early(app: Flask) -> None:
    """Of a body that does not say how long it is, no more is read than the limit and a little (case 30)."""
    body = Endless()
    response = app.test_client().post(
        "/",
        environ_overrides={
            "wsgi.input": body,
            "wsgi.input_terminated": True,
            "CONTENT_TYPE": "application/json",
            "HTTP_TRANSFER_ENCODING": "chunked",
        },
    )
    assert_problem(response, 413, "content-too-large")
    assert body.given <= 2 * MAX_BODY
