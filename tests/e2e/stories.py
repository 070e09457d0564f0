"""Stories that Node tells in a real browser: they are run to their end, and what they ask is answered."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def tell(story: str, **variables: str) -> None:
    """Run the tests of a story. Raises AssertionError with all that it said when one of them fails."""
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", HERE / f"{story}.test.mjs"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def converse(story: str, answer: Callable[[str], str], *arguments: str) -> None:
    """Run a story that asks, by lines that begin with `? `. Raises AssertionError as `tell` does."""
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    said = []
    with subprocess.Popen(["node", HERE / f"{story}.test.mjs", *arguments], text=True, **pipes) as telling:
        assert telling.stdin is not None
        assert telling.stdout is not None
        for line in telling.stdout:
            said.append(line)
            if line.startswith("? "):
                telling.stdin.write(f"{answer(line[2:].strip())}\n")
                telling.stdin.flush()
    assert telling.returncode == 0, "".join(said)
