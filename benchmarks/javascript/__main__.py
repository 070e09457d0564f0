"""`make bench`: weigh the SDK beside others, drive it in a real browser on the real server, write it down."""

import json
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.servers.retoma_server import RetomaServer, free_port

from ..machine import busy_seconds
from ..page import write_section
from .report import Kills, Results, markdown

HERE = Path(__file__).parent


def node(script: str, **variables: str) -> Any:
    """What a script beside this file prints, read as JSON."""
    command = ["node", HERE / script]
    done = subprocess.run(command, env=os.environ | variables, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def pages(folder: Path) -> tuple[Any, float]:
    """Drive two devices on a server of their own; also returns the share of a core that others used."""
    port = str(free_port())
    began, busy, own = time.monotonic(), busy_seconds(), children_seconds()
    with RetomaServer(folder) as server:
        server.cli("tenants", "allow", "default", "--origin", f"http://127.0.0.1:{port}")
        measured = node("pages.mjs", SERVER=server.url, KEY=server.publishable_key, PORT=port)
    foreign = (busy_seconds() - busy) - (children_seconds() - own)
    return measured, max(0.0, foreign / (time.monotonic() - began))


def children_seconds() -> float:
    """CPU time of the programs that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, and write the table."""
    weighed = node("sizes.mjs")
    with tempfile.TemporaryDirectory() as folder:
        driven, foreign = pages(Path(folder))
    kills = Kills(**driven.pop("kills"))
    write_section("javascript", markdown(Results(**weighed, **driven, kills=kills, foreign=foreign)))


if __name__ == "__main__":
    main()
