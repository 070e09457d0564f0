"""The customer's devices in the terminal's story: each a running instance of the JavaScript SDK."""

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any, Self

SCRIPT = Path(__file__).with_name("device.mjs")


class Device:
    """A device in node, told what to do line by line; see `device.mjs` for what it can do."""

    def __init__(self, **options: str) -> None:
        """Start it; `options` as `createRetoma` takes them, and `token`, that of the customer."""
        self._ids = itertools.count(1)
        self._running = subprocess.Popen(
            ["node", SCRIPT, json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        """Use it within a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Switch it off."""
        self._running.communicate(timeout=10)

    def do(self, deed: str, *given: Any) -> Any:
        """Do something and wait for the answer; raises RuntimeError if it went wrong."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        print(
            json.dumps({"id": next(self._ids), "do": deed, "with": given}),
            file=self._running.stdin,
            flush=True,
        )
        said = json.loads(self._running.stdout.readline() or '{"error": "the device stopped"}')
        if "error" in said:
            raise RuntimeError(f"{deed}: {said['error']}")
        return said["answer"]
