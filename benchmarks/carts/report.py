"""The table of carts, a section of `benchmarks/results.md`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..machine import model
from ..report import row

ABOUT = """An *add* is one piece more in a cart, by {connections} connections for {seconds} s a row, all from
one Node program that shares the cores with the server: read the rows beside each other, not as
a server's capacity. Retoma takes an add as one request; express-pouchdb (LevelDB, one program)
keeps whole documents, so an add reads the cart, writes it back, and begins again where somebody
else was faster. Retoma proves who calls, encrypts, keeps history and events and does each add
exactly once; of these express-pouchdb does none. *Server µs* is CPU time an add, of the store too
where it is apart. *Found* is what the carts hold afterwards beside what was answered as added.
*Failed* adds were told to be retried, or cut off at the end. *Foreign* is the share of one core that
other programs of the machine used meanwhile: where it is high, rates are lower than they would be."""


@dataclass(frozen=True, slots=True)
class Adds:
    """One run of the load: what was taken, what met a conflict and was tried again, and what it cost.

    `found` are the pieces that are there afterwards, beyond those before; `foreign` is the share of one
    core that something else on the machine used meanwhile.
    """

    adds: int
    failed: int
    conflicts: int
    took: float
    p50: float
    p99: float
    server_us: float
    found: int
    foreign: float


@dataclass(frozen=True, slots=True)
class System:
    """What was measured of one system: on one cart, over many, and carts a second at the making of these."""

    hot: Adds
    spread: Adds
    made: float


def markdown(
    systems: Mapping[str, System], versions: Mapping[str, str], carts: int, connections: int, seconds: int
) -> str:
    """The section."""
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return "\n".join(
        [
            "## Carts",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {model()}, written by `make bench`.",
            f"{listed}.",
            "",
            ABOUT.format(connections=connections, seconds=seconds),
            "",
            *table("One hot cart", [(name, each.hot) for name, each in systems.items()]),
            "",
            *table(f"Over {carts:,} carts", [(name, each.spread) for name, each in systems.items()]),
            "",
            "### Bringing carts",
            "",
            f"The {carts:,} carts above, of as many new customers, by `POST /v1/carts/import` in files of",
            "1,000; of express-pouchdb by `_bulk_docs`, which makes no customers.",
            "",
            row("system", "carts/s"),
            row("---", "---"),
            *(row(name, f"{each.made:,.0f}") for name, each in systems.items()),
            "",
        ]
    )


def table(title: str, rows: Sequence[tuple[str, Adds]]) -> Iterable[str]:
    """The rows of one load."""
    yield f"### {title}"
    yield ""
    names = ("system", "adds/s", "p50 ms", "p99 ms", "server µs", "conflicts", "failed", "found", "foreign")
    yield row(*names)
    yield row(*["---"] * len(names))
    for name, each in rows:
        yield row(
            name,
            f"{each.adds / each.took:,.0f}",
            f"{each.p50:.1f}",
            f"{each.p99:.1f}",
            f"{each.server_us:,.0f}",
            f"{each.conflicts:,}",
            str(each.failed),
            f"{each.found:,} of {each.adds:,}",
            f"{each.foreign:.0%}",
        )
