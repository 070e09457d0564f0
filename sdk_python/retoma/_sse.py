"""Server-sent events: from bytes as they come to messages (WHATWG HTML §9.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One message: its type, its data, and the id to resume from, where it has one."""

    event: str
    data: str
    id: str | None


def messages(chunks: Iterable[bytes]) -> Iterator[Message]:
    """The messages in a stream, each as soon as it is whole; what a cut leaves unfinished is dropped."""
    fields: dict[str, list[str]] = {}
    for line in lines(chunks):
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        else:
            if "data" in fields:
                yield message(fields)
            fields = {}


def message(fields: dict[str, list[str]]) -> Message:
    """One message from its fields: data lines are joined, of the others the last counts."""
    event = fields.get("event", ["message"])[-1]
    return Message(event, "\n".join(fields["data"]), fields.get("id", [None])[-1])


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The complete lines in a stream, however its chunks were cut; they end with LF or CR LF."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")
