"""Load from a second program (wrk), and what the server used meanwhile."""

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .machine import busy_seconds, cpu_seconds, family

CONNECTIONS = 32
SECONDS = 6
HERE = Path(__file__).parent
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """One run: requests a second, latency in ms, CPU µs a request of server and Redis, what failed.

    `foreign` is the share of one core that something else on the machine used meanwhile.
    """

    rate: float
    p50: float
    p99: float
    server_us: float
    redis_us: float
    failed: int
    foreign: float


def run(url: str, script: str | None, drafts: Path | None, server: int, redis: int | None) -> Load:
    """Load a server for some seconds; again, at most twice more, while the machine was not quiet."""
    runs = []
    for _ in range(3):
        runs.append(run_once(url, script, drafts, server, redis))
        if runs[-1].foreign < 0.15:
            break
    return min(runs, key=lambda each: each.foreign)


def run_once(url: str, script: str | None, drafts: Path | None, server: int, redis: int | None) -> Load:
    """Load a server once."""
    servers, redises = family(server), family(redis) if redis else []
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "--timeout", "10s"]
    command += ["-s", str(HERE / script), url, "--", str(drafts)] if script else [url]
    before, busy, began = (cpu_seconds(servers), cpu_seconds(redises)), busy_seconds(), time.monotonic()
    wrk = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    out, _ = wrk.communicate()
    took = time.monotonic() - began
    used = [cpu_seconds(servers) - before[0], cpu_seconds(redises) - before[1]]
    client = cpu_of_children() - run_once.client  # type: ignore[attr-defined]  # what wrk used, of all runs
    run_once.client += client  # type: ignore[attr-defined]
    foreign = max(0.0, busy_seconds() - busy - sum(used) - client) / took
    requests = int(found(r"(\d+) requests in", out))
    if drafts is not None and script == "save.lua":
        forward(drafts, requests)
    return Load(
        float(found(r"Requests/sec:\s+([\d.]+)", out)),
        milliseconds(found(r"50%\s+(\S+)", out)),
        milliseconds(found(r"99%\s+(\S+)", out)),
        used[0] / requests * 1e6,
        used[1] / requests * 1e6,
        int(found(r"Non-2xx or 3xx responses: (\d+)", out, "0")),
        foreign,
    )


def cpu_of_children() -> float:
    """CPU time of the load programs that have ended."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


run_once.client = 0.0  # type: ignore[attr-defined]


def forward(drafts: Path, requests: int) -> None:
    """Start the next run with writers that nobody has used."""


def found(pattern: str, text: str, otherwise: str | None = None) -> str:
    """The first group of a pattern in what wrk printed."""
    match = re.search(pattern, text)
    if match:
        return match[1]
    if otherwise is None:
        raise RuntimeError(f"wrk said: {text}")
    return otherwise


def milliseconds(text: str) -> float:
    """A latency as wrk writes it."""
    match = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    assert match is not None, text
    return float(match[1]) * UNITS[match[2]]


def medians(values: Sequence[float]) -> float:
    """The middle value."""
    return sorted(values)[len(values) // 2]
