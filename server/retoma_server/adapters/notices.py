"""Notices as they are stored."""

import orjson

from retoma_server.domain.notices import Notice


def notice_bytes(notice: Notice) -> bytes:
    """A record of ids, times and names of staff and stores: where it goes is sealed."""
    return orjson.dumps(notice)


def read_notice(body: bytes) -> Notice:
    """The notice of a record."""
    return Notice(**orjson.loads(body))
