"""What everything is called in Redis: names of keys, and the index entries by which records are found.

Whatever belongs to partition n carries the hash tag `{p%03x}`, so that it stays on one node of a cluster.
"""

import re
import struct
from collections.abc import Iterable

from retoma_server.adapters.stores.contract import PARTITIONS

EPOCH = "retoma:epoch"
NUDGES = "retoma:{p*}:nudges"
"""The pattern of every partition's channel."""

_SPECIAL = re.compile(r"[*?\[\]\\^]")
"""What means something in a pattern."""
_PREFIXES = tuple(f"retoma:{{p{partition:03x}}}:" for partition in range(PARTITIONS))


def records(partition: int) -> str:
    """Before a record's key: a HASH of r(evision), b(ody), t(erms, packed) and d(ue)."""
    return _PREFIXES[partition] + "r:"


def logs(partition: int) -> str:
    """Before a log's name: a STREAM whose ids are `<position>-0`."""
    return _PREFIXES[partition] + "l:"


def heads(partition: int) -> str:
    """A HASH of each log's last position."""
    return _PREFIXES[partition] + "heads"


def terms(partition: int) -> str:
    """A ZSET of index entries, all of score 0, in the order of their bytes."""
    return _PREFIXES[partition] + "terms"


def due(partition: int) -> str:
    """A ZSET of record keys by due time."""
    return _PREFIXES[partition] + "due"


def channel(partition: int) -> str:
    """Where the names of nudged logs are published."""
    return _PREFIXES[partition] + "nudges"


def partition_of(name: bytes) -> int:
    """The partition that a channel or a record is of."""
    return int(name[len("retoma:{p") :][:3], 16)


def anywhere(prefix: str) -> str:
    """The pattern of the records of all partitions whose keys begin with `prefix`."""
    return "retoma:{p*}:r:" + _SPECIAL.sub(r"\\\g<0>", prefix) + "*"


def key_in(name: bytes) -> str:
    """The key of the record of that name."""
    return name[len(_PREFIXES[0]) + len("r:") :].decode()


def under(term: str) -> bytes:
    """What the index entries of one term, and no others, begin with."""
    name = term.encode()
    return b"%04x%s" % (len(name), name)


def entry(term: str, rank: int, key: str) -> bytes:
    """The index entry of a record: in byte order, the entries of a term ascend by rank, then key."""
    return b"%s%016x%s" % (under(term), rank, key.encode())


def rank_and_key(term: str, entry: bytes) -> tuple[int, str]:
    """What an index entry of `term` points at."""
    rest = entry[len(under(term)) :]
    return int(rest[:16], 16), rest[16:].decode()


def pack(entries: Iterable[bytes]) -> bytes:
    """Index entries as one value: each behind its length in two bytes, as Lua's `>I2c0` reads them."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unpack(packed: bytes) -> list[bytes]:
    """The inverse of `pack`."""
    entries, at = [], 0
    while at < len(packed):
        (size,) = struct.unpack_from(">H", packed, at)
        entries.append(packed[at + 2 : at + 2 + size])
        at += 2 + size
    return entries
