"""Lists that come page by page, read as one."""

from collections.abc import Iterator, Mapping
from typing import Any

from ._transport import Transport


def items(transport: Transport, path: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every item of a list, newest first, fetching the next page when it is needed."""
    cursor = None
    while True:
        page = transport.request("GET", path, query={**query, "cursor": cursor}).body
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return
