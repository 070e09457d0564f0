"""`make bench`: start the real server in its roles on a real Redis, load it, write the table."""

import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import requests
from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer, free_port

from retoma_server.adapters.settings import Settings
from retoma_server.app import wire

from .fill import fill
from .load import Load, run
from .page import write_section
from .report import Results, markdown
from .streams import STREAMS, Streams, measure

WORKERS = 2
SIZE = 2_000
SIZES = {"1 KiB": 1_024, "16 KiB": 16_384, "128 KiB": 131_072}
OF_EACH = 500
"""Drafts of each size: far more than there are connections, which must not meet at one draft."""
NUMBERS = {"1,000": 1_000, "100,000": 100_000}
PACKAGES = ("flask", "granian", "gunicorn", "gevent", "redis", "hiredis", "orjson", "cryptography")


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


@contextmanager
def hello() -> Iterator[tuple[str, int]]:
    """A bare Flask hello, served like the API."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.hello", str(port), str(WORKERS)]
    with subprocess.Popen(command) as running:
        url = f"http://127.0.0.1:{port}/hello"
        try:
            wait_for(url)
            yield url, running.pid
        finally:
            running.terminate()


def wait_for(url: str) -> None:
    """Wait until something answers there."""
    for _ in range(200):
        try:
            requests.get(url, timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.05)
    raise RuntimeError(f"nothing answers at {url}")


class Bench:
    """A Redis, a server on it, and drafts to load it with."""

    def __init__(self, folder: Path, stack: ExitStack, appendfsync: str) -> None:
        """Start both, Redis with the given `appendfsync`."""
        self.folder = folder
        folder.mkdir(parents=True)
        self.redis = stack.enter_context(RedisServer("--appendfsync", appendfsync))
        self.server = RetomaServer(
            folder,
            self.redis.url(),
            "api",
            RETOMA_DURABILITY="relaxed",
            RETOMA_WORKERS=str(WORKERS),
            RETOMA_LOG_LEVEL="warning",
        )
        stack.enter_context(self.server)

    def drafts(self, number: int, size: int) -> Path:
        """So many drafts of such a size, made on all cores."""
        say(f"  making {number:,} drafts of {size:,} bytes")
        file = self.folder / f"drafts-{number}-{size}"
        parts = [file.with_suffix(f".{part}") for part in range(WORKERS)]
        share = number // WORKERS
        with ProcessPoolExecutor(WORKERS) as pool:
            jobs = [pool.submit(self.fill, share, size, part) for part in parts]
        file.write_text("".join(job.result().read_text() for job in jobs))
        return file

    @property
    def fill(self) -> partial[Path]:
        """Makes drafts in a program of its own, with the server's collaborators."""
        return partial(filled, self.server.environment, self.server.publishable_key)

    def load(self, script: str, drafts: Path) -> Load:
        """Load it with a script over these drafts."""
        say(f"  {script} over {drafts.name}")
        result = run(self.server.url, script, drafts, self.server.pid, self.redis.pid)
        say(
            f"    {result.rate:,.0f}/s, {result.server_us:.0f} µs of the server, {result.foreign:.0%} foreign"
        )
        return result


def filled(environment: Mapping[str, str], publishable_key: str, number: int, size: int, file: Path) -> Path:
    """Make drafts with the collaborators of a server that has this environment."""
    return fill(wire(Settings.from_env(environment)), publishable_key, number, size, file)


def bench(folder: Path) -> Results:
    """Measure everything."""
    with ExitStack() as stack:
        say("hello")
        url, pid = stack.enter_context(hello())
        bar = run(url, None, None, pid, None)
        say("Redis, AOF everysec (relaxed)")
        relaxed = Bench(folder / "relaxed", stack, "everysec")
        drafts = relaxed.drafts(2_000, SIZE)
        loads = {name: relaxed.load(f"{name}.lua", drafts) for name in ("resume", "save")}
        streams = measure_streams(relaxed)
        growth = measure_growth(relaxed)
        relaxed.server.stop()
        say("Redis, AOF always")
        strict = Bench(folder / "strict", stack, "always")
        loads["save, AOF always"] = strict.load("save.lua", strict.drafts(2_000, SIZE))
        versions = {name: importlib.metadata.version(name) for name in PACKAGES}
        versions["Redis"] = strict.redis.command("INFO", "server")["redis_version"]
        return Results(versions, bar, loads, growth, streams)


def measure_growth(relaxed: Bench) -> dict[str, dict[str, Load]]:
    """The same load over larger drafts, and over more of them."""
    growth = {}
    shapes = [(f"{OF_EACH} of {name}", OF_EACH, size) for name, size in SIZES.items()]
    shapes += [(f"{name} of 2 kB", number, SIZE) for name, number in NUMBERS.items()]
    for name, number, size in shapes:
        drafts = relaxed.drafts(number, size)
        resume = relaxed.load("resume.lua", drafts)
        growth[name] = {"resume": resume, "save": relaxed.load("save.lua", drafts)}
    return growth


def measure_streams(relaxed: Bench) -> Streams:
    """A second server, in the role of streams, on the same Redis."""
    say(f"{STREAMS:,} streams")
    events = RetomaServer(
        relaxed.folder,
        relaxed.redis.url(),
        "events",
        RETOMA_DURABILITY="relaxed",
        RETOMA_WORKERS="1",
    )
    with events:
        drafts = relaxed.drafts(STREAMS, SIZE)
        return measure(events.url, relaxed.server.url, drafts, events.pid)


def main() -> None:
    """Measure, and write the table."""
    if shutil.which("wrk") is None:
        sys.exit("The load comes from wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        results = bench(Path(folder))
    write_section("server", markdown(results))


if __name__ == "__main__":
    main()
