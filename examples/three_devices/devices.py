"""Who takes part in the terminal's story, each driven by a script in node: devices, and the counter."""

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent


class Driven:
    """A script in node that is told line by line what to do."""

    def __init__(self, script: str, options: dict[str, str]) -> None:
        """Start it, with its options."""
        self._ids = itertools.count(1)
        self._running = subprocess.Popen(
            ["node", HERE / script, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        """Use it within a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Switch it off."""
        self._running.communicate(timeout=20)

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


class Device(Driven):
    """A device of the customer: the JavaScript SDK; see `device.mjs` for what it can do."""

    def __init__(self, **options: str) -> None:
        """Start it; `options` as `createRetoma` takes them, and `token`, that of the customer."""
        super().__init__("device.mjs", options)


class Counter(Driven):
    """The staff console in a real browser; see `counter.mjs` for what can be done there."""

    def __init__(self, console: str) -> None:
        """Open the browser, at the address of the console."""
        super().__init__("counter.mjs", {"console": console})
