"""`make bench`: adds to one cart and to ten thousand, on Retoma and on a database of whole documents."""

import importlib.metadata
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer, free_port

from ..load import children_seconds
from ..machine import busy_seconds, cpu_seconds, family
from ..page import write_section
from .report import Adds, System, markdown

HERE = Path(__file__).parent
CARTS = 10_000
FILE = 1_000
CONNECTIONS = 32
SECONDS = 6
PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Side:
    """One system that runs: how carts are made in it, and how many pieces they hold."""

    kind: str
    url: str
    key: str
    programs: Sequence[int]
    make: Callable[[int], list[str]]
    pieces: Callable[[Sequence[str]], int]


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def retoma(server: RetomaServer, programs: Sequence[int]) -> Side:
    """A Retoma server, filled and read as a shop does."""
    headers = {"Authorization": f"Bearer {server.secret_key}", "Content-Type": "application/x-ndjson"}

    def make(first: int) -> list[str]:
        lines = [
            json.dumps({"id": f"b-{number}", "external_id": f"u-{number}", "lines": [{"sku": "tee-0"}]})
            for number in range(first, first + FILE)
        ]
        body = "\n".join(lines).encode()
        answer = requests.post(f"{server.url}/v1/carts/import", body, headers=headers, timeout=10 * PAUSE)
        return [json.loads(line)["draft"] for line in answer.iter_lines()]

    def pieces(carts: Sequence[str]) -> int:
        wanted = set(carts)
        place = f"{server.url}/v1/carts/export"
        with requests.get(place, headers=headers, stream=True, timeout=PAUSE) as answer:
            found = [json.loads(line)["cart"] for line in answer.iter_lines()]
        return sum(cart["totals"]["quantity"] for cart in found if cart and cart["id"] in wanted)

    return Side("retoma", server.url, server.secret_key, programs, make, pieces)


@contextmanager
def pouch(folder: Path) -> Iterator[Side]:
    """express-pouchdb, as a program of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["node", HERE / "pouch.mjs", str(port), folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout is not None
            running.stdout.readline()
            requests.put(f"{url}/carts", timeout=PAUSE)
            yield pouch_side(url, running.pid)
        finally:
            running.terminate()


def pouch_side(url: str, pid: int) -> Side:
    """How its carts are made and counted."""

    def make(first: int) -> list[str]:
        names = [f"cart-{number}" for number in range(first, first + FILE)]
        docs = [{"_id": name, "lines": {"tee-0": {"quantity": 1}}} for name in names]
        requests.post(f"{url}/carts/_bulk_docs", json={"docs": docs}, timeout=PAUSE).raise_for_status()
        return names

    def pieces(carts: Sequence[str]) -> int:
        answer = requests.post(
            f"{url}/carts/_all_docs?include_docs=true", json={"keys": carts}, timeout=PAUSE
        )
        lines = [each["doc"]["lines"].values() for each in answer.json()["rows"]]
        return sum(line["quantity"] for cart in lines for line in cart)

    return Side("pouch", url, "", family(pid), make, pieces)


def measured(name: str, side: Side, folder: Path) -> System:
    """Make the carts, and add to one of them and to all."""
    say(f"{name}: making {CARTS:,} carts")
    began = time.monotonic()
    carts = [cart for first in range(0, CARTS, FILE) for cart in side.make(first)]
    made = CARTS / (time.monotonic() - began)
    say(f"  {made:,.0f} a second; adding to one")
    hot = load(side, carts[:1], folder)
    say(f"  {hot.adds / hot.took:,.0f} adds a second; adding to all")
    spread = load(side, carts, folder)
    say(f"  {spread.adds / spread.took:,.0f} adds a second")
    return System(hot, spread, made)


def load(side: Side, carts: Sequence[str], folder: Path) -> Adds:
    """Add to these carts for a while, and count what is there."""
    file = folder / "carts"
    file.write_text("\n".join(carts))
    before = side.pieces(carts)
    command = ["node", HERE / "load.mjs", side.kind, side.url, file, str(SECONDS), str(CONNECTIONS)]
    used, client, busy = cpu_seconds(side.programs), children_seconds(), busy_seconds()
    began = time.monotonic()
    done = subprocess.run([*command, side.key], stdout=subprocess.PIPE, check=True)
    took = time.monotonic() - began
    used, client = cpu_seconds(side.programs) - used, children_seconds() - client
    foreign = max(0.0, busy_seconds() - busy - used - client) / took
    counted = json.loads(done.stdout)
    each = used / max(1, counted["adds"]) * 1e6
    return Adds(**counted, server_us=each, found=side.pieces(carts) - before, foreign=foreign)


def bench(folder: Path) -> dict[str, System]:
    """Measure each system by itself, one after the other."""
    systems = {}
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer("--appendfsync", "everysec"))
        relaxed = {"RETOMA_DURABILITY": "relaxed", "RETOMA_LOG_LEVEL": "warning"}
        server = RetomaServer(made(folder, "redis"), redis.url(), "api", RETOMA_WORKERS="2", **relaxed)
        stack.enter_context(server)
        side = retoma(server, [*family(server.pid), *family(redis.pid)])
        systems["Retoma, Redis (AOF everysec), two workers"] = measured("Redis", side, folder)
    for name, durability in (("relaxed", "relaxed"), ("strict", "strict")):
        variables = {"RETOMA_DURABILITY": durability, "RETOMA_LOG_LEVEL": "warning"}
        with RetomaServer(made(folder, name), **variables) as server:
            side = retoma(server, family(server.pid))
            systems[f"Retoma, SQLite ({name})"] = measured(f"SQLite, {name}", side, folder)
    with pouch(made(folder, "pouch")) as side:
        systems["express-pouchdb, LevelDB"] = measured("express-pouchdb", side, folder)
    return systems


def made(folder: Path, name: str) -> Path:
    """A folder of one's own."""
    (folder / name).mkdir()
    return folder / name


def versions() -> dict[str, str]:
    """What was measured."""
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    ours = {name: importlib.metadata.version(name) for name in ("flask", "granian", "gevent", "orjson")}
    theirs = {name: packages[f"node_modules/{name}"]["version"] for name in ("express-pouchdb", "pouchdb")}
    return {**ours, **theirs, "Node": subprocess.check_output(["node", "--version"], text=True).strip()[1:]}


def main() -> None:
    """Measure, and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        systems = bench(Path(folder))
    write_section("carts", markdown(systems, versions(), CARTS, CONNECTIONS, SECONDS))


if __name__ == "__main__":
    main()
