"""Load from a second program (wrk), and what the server used meanwhile."""

import re
import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from .machine import busy_seconds, cpu_seconds, family

CONNECTIONS = 32
SECONDS = 6
QUIET = 0.15
"""The share of one core that others may use while a row counts as undisturbed."""
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


RUNS = count(1)
"""Every run of the load has a number of its own, which names its writers."""


def run(url: str, script: str | None, drafts: Path | None, server: int, redis: int | None) -> Load:
    """Load a server for some seconds; again, at most twice more, while the machine was not quiet."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "--timeout", "10s"]
    command += ["-s", str(HERE / script), url, "--", str(drafts)] if script else [url]
    groups = (family(server), family(redis) if redis else [])
    runs = []
    for _ in range(3):
        runs.append(run_once([*command, str(next(RUNS))] if script else command, groups))
        if runs[-1].foreign < QUIET:
            break
    return min(runs, key=lambda each: each.foreign)


def run_once(command: Sequence[str], groups: tuple[list[int], list[int]]) -> Load:
    """Load a server once; `groups` are the programs of the server and of Redis."""
    before = [cpu_seconds(group) for group in groups]
    client, busy, began = children_seconds(), busy_seconds(), time.monotonic()
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    took, busy = time.monotonic() - began, busy_seconds() - busy
    used = [cpu_seconds(group) - earlier for group, earlier in zip(groups, before, strict=True)]
    requests = int(found(r"(\d+) requests in", out))
    return Load(
        float(found(r"Requests/sec:\s+([\d.]+)", out)),
        milliseconds(found(r"\n +50% +(\S+)", out)),
        milliseconds(found(r"\n +99% +(\S+)", out)),
        used[0] / requests * 1e6,
        used[1] / requests * 1e6,
        int(found(r"Non-2xx or 3xx responses: (\d+)", out, "0")),
        max(0.0, busy - sum(used) - (children_seconds() - client)) / took,
    )


def children_seconds() -> float:
    """CPU time of the load programs that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
