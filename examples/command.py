"""Runs an example from the command line until Ctrl-C."""

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TypeVar

import retoma

At = TypeVar("At")
Stage = Callable[[Path, int], AbstractContextManager[At]]
"""Sets an example up in a folder and at a port, 0 for any free one; gives where it is."""


def run(name: str, about: str | None, port: int, stage: Stage[At], say: Callable[[At], str]) -> int:
    """Put an example on its stage and say where it is; returns the exit code."""
    parser = argparse.ArgumentParser(prog=name, description=about)
    parser.add_argument("--port", type=int, default=port, help="the page's port; 0: any free one")
    asked = parser.parse_args().port
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is up is then taken down
    with tempfile.TemporaryDirectory(prefix=f"retoma-{name}-") as folder:
        try:
            with stage(Path(folder), asked) as at, suppress(KeyboardInterrupt):
                print(f"{say(at)}\nCtrl-C ends it.", flush=True)
                threading.Event().wait()
        except (RuntimeError, OSError, retoma.RetomaError) as error:
            print(f"The example broke off: {error}", file=sys.stderr)
            return 1
    return 0
