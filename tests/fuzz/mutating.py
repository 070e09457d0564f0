"""Cases without a coverage tool: what is good or nearly so, broken a little, the same each time."""

import random
from collections.abc import Callable, Iterator, Sequence

from tests.fuzz import targets
from tests.fuzz.targets import CURSORS, CUSTOMER, NOW, POSITION, PREVIEWS, QUERY, SHOWN, TENANT, TOKENS

SECRET = "0aZ" * 14 + "9"
JSON_SEEDS = (
    b'{"seen":12,"ops":[{"op":"set","path":"/a/b","value":"x:y"},{"op":"unset","path":"/c"}]}',
    b'[1.5,-0,1e20,9007199254740991,-9007199254740992,0.30000000000000004,"\\u003a\\ud83d\\ude00"]',
    b'{"a":{"a":[{"":null},true,false]},"\\u0061b":"\\"\\\\","c":"' + "é😀".encode() + b'"}',
    b"[" * 31 + b'"[{"' + b"]" * 31,
    b'{"a":1,"\\u0061":2}',
    b'[{"x":1,"y":":"},{"x":"\\u003A"}]',
)
SEEDS: dict[str, tuple[bytes, ...]] = {
    "strict_json": JSON_SEEDS,
    "credentials": (
        f"sk_3f0123456789_{SECRET}".encode(),
        f"vt_3f0123456789_3f01234567890123456789_{SECRET}".encode(),
        b"pk_3f0123456789",
        b"ct_eyJhIjoxfQ.c2ln",
        b"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ),
    "signed": (
        TOKENS.mint(TENANT, CUSTOMER)[0].encode(),
        CURSORS.sign(TENANT, QUERY, POSITION).encode(),
        PREVIEWS.sign("cl_1", NOW + 1, SHOWN).encode(),
    ),
    "short_codes": (b"BCDF-GHJK", b"bcdf ghjk", "B C D F\u2013G.H_J\u2011K".encode()),
    "ids": (b"dr_3f01234567890123456789", b"te_3f0123456789", b"cu_ffabcdefghijABCDEFGHIJ"),
    "identifiers": (
        b"Ann.Example+tag@Example.com",
        "józef@bücher.example".encode(),
        b"+34 612 345 678",
        b"612-345-678",
        "\uff17 012 345 \ufb03".encode(),
        b'"a b"@example.com',
    ),
    "headers": (b'"e.7"', b'W/"e.7", *', b'"8e03978e-40d5-43dd-bc93-6894a57f9324"', b"first-edit.1:2"),
    "places": (b"12", b"e.12", b"0", b"123456789012345", "٣".encode()),
}
FRAGMENTS = [
    *(
        b'"',
        b"\\",
        b":",
        b",",
        b"{",
        b"}",
        b"[",
        b"]",
        b".",
        b"_",
        b"-",
        b"=",
        b"@",
        b"+",
        b" ",
        b"\t",
        b"\0",
    ),
    *(
        b"\\u0000",
        b"\\ud800",
        b"\\u003a",
        b"NaN",
        b"1e999",
        b"9" * 20,
        b"__proto__",
        b"\r\n",
        b"\xff",
        b"\xed\xa0\x80",
    ),
    *("\u0663", "\uff11", "\u2011", "\u0130", "\ufb03", "\xa0", "\u2028", "\x85"),
]
PIECES = [each if isinstance(each, bytes) else each.encode() for each in FRAGMENTS]

ENDLESS = (
    (b"[", b"1", b"!"),
    (b'{"', b'\\"', b"!"),
    (b"", b'"\\', b""),
    (b"[1.5,", b"1.e+-", b"]"),
    (b"ct_", b"a.", b"!"),
    (b"ey", b"a", b"!"),
    (b"", b"4111 ", b"!"),
    (b"", b"4 - ", b"x"),
    (b"a", b".a", b"@"),
    (b'"', b" ", b"!"),
    (b"", b"cvC", b"!"),
    (b"", b"\xe2\x80\x91", b"B"),
)
"""Beginning, what is repeated, and end of texts that some pattern could go over again and again."""
LONG = 100_000

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def flipped(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """One bit is another."""
    at = rng.randrange(len(data)) if data else 0
    return data[:at] + bytes(each ^ 1 << rng.randrange(8) for each in data[at : at + 1]) + data[at + 1 :]


def inserted(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A piece that has meaning to some parser comes in."""
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(PIECES) + data[at:]


def cut(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A slice is missing."""
    start, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:start] + data[end:]


def doubled(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A slice comes twice."""
    start, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:end] + data[start:]


def spliced(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """It goes on as another one does."""
    other = rng.choice(seeds)
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


MUTATIONS: tuple[Mutation, ...] = (flipped, inserted, inserted, cut, doubled, spliced)


def endless(length: int = LONG) -> dict[str, bytes]:
    """Those texts at about so many bytes."""
    return {repr(piece): head + piece * (length // len(piece)) + tail for head, piece, tail in ENDLESS}


def cases(target: str, amount: int, seed: int) -> Iterator[bytes]:
    """So many cases for a target, each a seed with up to four mutations; the same again for the same seed."""
    rng, seeds = random.Random(seed), SEEDS[target]
    for _ in range(amount):
        data = rng.choice(seeds)
        for _ in range(rng.randint(0, 4)):
            data = rng.choice(MUTATIONS)(rng, data, seeds)
        yield data


def run(target: str, amount: int, seed: int) -> None:
    """So many cases of one target. Raises AssertionError with the case that failed."""
    check = targets.TARGETS[target]
    for data in cases(target, amount, seed):
        try:
            check(data)
        except Exception as fault:
            raise AssertionError(f"{target} on {data!r}") from fault
