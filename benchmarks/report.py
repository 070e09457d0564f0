"""The table, a section of `benchmarks/results.md`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .load import CONNECTIONS, SECONDS, Load
from .machine import model
from .streams import SAVES, Streams

TARGETS = {"save": (0.20, 0.28), "resume": (0.33, 0.42), "save, AOF always": (0.10, None)}


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run measured."""

    versions: Mapping[str, str]
    hello: Load
    loads: Mapping[str, Load]
    growth: Mapping[str, Mapping[str, Load]]
    streams: Streams


def markdown(results: Results) -> str:
    """The section."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return "\n".join(
        [
            "## The server",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {model()}, written by `make bench`.",
            f"{versions}.",
            "",
            "Server (granian, one blocking thread a worker, two workers), Redis and the load (wrk,",
            f"{CONNECTIONS} connections, {SECONDS} s a row) share the same cores: absolute rates are not a",
            "server's capacity. Read the ratios, which are to a bare Flask hello on the same server in the",
            "same run, and the CPU time a request. *Foreign* is the share of one core that other programs of",
            "the machine used meanwhile. Authentication, encryption, conflict checks, exactly-once and",
            "events are all on; request limits and the log of requests are off.",
            "",
            *table_of_loads(results),
            "",
            "### Growth",
            "",
            *table_of_growth(results),
            "",
            "### Streams",
            "",
            *table_of_streams(results.streams),
            "",
        ]
    )


def table_of_loads(results: Results) -> Iterable[str]:
    """Rates, latencies and ratios, beside what they should be."""
    names = ("row", "requests/s", "of hello", "to reach (aim)", "p50 ms", "p99 ms", "server µs", "Redis µs")
    yield row(*names, "failed", "foreign")
    yield row(*["---"] * 10)
    yield load_row("hello", results.hello, results.hello)
    for name, load in results.loads.items():
        yield load_row(name, load, results.hello)


def load_row(name: str, load: Load, hello: Load) -> str:
    """One row of the table."""
    least, aim = TARGETS.get(name, (None, None))
    target = "" if least is None else f"{least:.2f}" + (f" ({aim:.2f})" if aim else "")
    return row(
        name,
        f"{load.rate:,.0f}",
        f"{load.rate / hello.rate:.2f}",
        target,
        f"{load.p50:.1f}",
        f"{load.p99:.1f}",
        f"{load.server_us:.0f}",
        f"{load.redis_us:.0f}",
        str(load.failed),
        f"{load.foreign:.0%}",
    )


def row(*cells: str) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def table_of_growth(results: Results) -> Iterable[str]:
    """How cost grows with the size of a draft and with the number of drafts."""
    yield "| drafts | save/s | save p99 ms | save server µs | resume/s | resume p99 ms | resume server µs |"
    yield "|---|---|---|---|---|---|---|"
    for name, loads in results.growth.items():
        save, resume = loads["save"], loads["resume"]
        yield (
            f"| {name} | {save.rate:,.0f} | {save.p99:.1f} | {save.server_us:.0f} "
            f"| {resume.rate:,.0f} | {resume.p99:.1f} | {resume.server_us:.0f} |"
        )


def table_of_streams(streams: Streams) -> Iterable[str]:
    """From a save to its arrival on another device."""
    yield "| open streams | events sent and arrived | p50 ms | p99 ms (to reach: 10) | kB a stream |"
    yield "|---|---|---|---|---|"
    yield (
        f"| {streams.streams:,} | {SAVES} and {streams.arrived} | {streams.p50:.1f} | {streams.p99:.1f} "
        f"| {streams.kilobytes:.1f} |"
    )
    yield ""
    yield "Timed from before the save is sent until its event is read: the save itself is in it."
