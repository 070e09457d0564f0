"""The table of the JavaScript SDK, a section of `benchmarks/results.md`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from ..machine import model
from ..report import row


@dataclass(frozen=True, slots=True)
class Kills:
    """What became of the edits of tabs that were killed."""

    kills: int
    typed: int
    kept: int
    survived: int
    lost: int


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run measured; times in milliseconds, sizes in bytes."""

    sizes: Mapping[str, int]
    versions: Sequence[str]
    durable: Sequence[float]
    seen: Sequence[float]
    blurred: Sequence[float]
    requests: int
    fields: int
    kills: Kills
    foreign: float
    """Share of one core that other programs used meanwhile."""


def markdown(results: Results) -> str:
    """The section."""
    return "\n".join(
        [
            "## The JavaScript SDK",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {model()}, written by `make bench`.",
            "",
            "### Size",
            "",
            "What a page loads at first: the same bundler (rolldown), minified, `gzip -9`, without what is",
            f"loaded later and without React. {', '.join(results.versions)}.",
            "",
            *table_of_sizes(results.sizes),
            "",
            "### From a keystroke",
            "",
            "Two devices in Chromium and the server (SQLite) on this machine. *Kept* is strictly durable in",
            "IndexedDB; *seen* is in the input of the other device. Other programs of the machine used up to",
            f"{results.foreign:.0%} of a core meanwhile: read the times as an upper bound.",
            "",
            *table_of_times(results),
            "",
            "### Requests",
            "",
            "For 1,000 keystrokes at 11 a second, once the draft is open.",
            "",
            row("typing", "requests", "aim"),
            row(*["---"] * 3),
            row("in one field", str(results.requests), "20"),
            row("leaving the field after every 25", str(results.fields), ""),
            "",
            "### Killed tabs",
            "",
            "The program behind a tab is ended at a random moment of typing, half of the time without a",
            "network, and the page opened again. *Called kept* is what the page had said to be saved, on the",
            "device or on the server.",
            "",
            *table_of_kills(results.kills),
            "",
        ]
    )


def table_of_sizes(sizes: Mapping[str, int]) -> Iterable[str]:
    """Bytes of each, and beside this SDK with its forms."""
    ours = sizes["retoma and retoma/form"]
    yield row("package", "bytes, gzipped", "of retoma and retoma/form")
    yield row(*["---"] * 3)
    for name, size in sizes.items():
        yield row(name, f"{size:,}", f"{size / ours:.1f}")


def table_of_times(results: Results) -> Iterable[str]:
    """Percentiles of each delay."""
    yield row("until it is", "p50 ms", "p99 ms", "aim for p99", "keystrokes")
    yield row(*["---"] * 5)
    yield times("kept on this device", results.durable, "")
    yield times("seen on the other device, typing", results.seen, "400")
    yield times("seen on the other device, after leaving the field", results.blurred, "60")


def times(name: str, measured: Sequence[float], aim: str) -> str:
    """One row of percentiles."""
    p50, p99 = (percentile(measured, share) for share in (0.50, 0.99))
    return row(name, f"{p50:.0f}", f"{p99:.0f}", aim, str(len(measured)))


def percentile(measured: Sequence[float], share: float) -> float:
    """The smallest value that this share of all does not exceed (nearest rank)."""
    return sorted(measured)[ceil(share * len(measured)) - 1]


def table_of_kills(kills: Kills) -> Iterable[str]:
    """What was typed, what was called kept, and what came back."""
    yield row("tabs killed", "edits made", "called kept", "came back", "called kept and lost")
    yield row(*["---"] * 5)
    yield row(*(f"{n:,}" for n in (kills.kills, kills.typed, kills.kept, kills.survived, kills.lost)))
