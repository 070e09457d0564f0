"""`python -m benchmarks.hot_path`: what a resume and a save cost now, beside an earlier commit."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from .machine import model
from .page import write_section

ROOT = Path(__file__).parents[1]
BEFORE = "2cc5587"
"""The last commit before identifiers, sign-in by providers, consents, devices and versions of keys."""
ROUNDS = 200

TEXT = """## The hot path, before and after identity

{day}, {model}, written by `python -m benchmarks.hot_path`.

What it costs a visitor's request that customers have identifiers, devices, consents, merges and keys with
versions: the commit `{before}`, the last one without them, beside `{after}`. Each runs in a program of its
own (SQLite in memory, without limits) and is asked in turn with the other, {rounds} rounds of 100 requests
each, straight through WSGI. The times are the CPU's in the best round. How they compare is the median over
all rounds of two that followed each other: the machine is another from minute to minute, but for both.

| request | before µs | after µs | after / before (aim: 1.05) |
| --- | --- | --- | --- |
"""


class Asked:
    """A program that asks the server of one folder, `benchmarks.asking`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Start it; the server's modules come from the folder."""
        environment = os.environ | {"PYTHONPATH": f"{folder / 'server'}"}
        command = (sys.executable, "-m", "benchmarks.asking")
        pipe = subprocess.PIPE
        running = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)
        self.running = stack.enter_context(running)

    def round(self, request: str) -> float:
        """The CPU time in µs of one request of a round. Raises SystemExit where the program has ended."""
        assert self.running.stdin
        assert self.running.stdout
        self.running.stdin.write(f"{request}\n")
        self.running.stdin.flush()
        said = self.running.stdout.readline()
        if not said:
            raise SystemExit(f"{request}: the server was not asked")
        return float(said)


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The repository as it was at a commit, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        git("worktree", "add", "--detach", folder, commit)
        try:
            yield Path(folder)
        finally:
            git("worktree", "remove", "--force", folder)


def git(*words: str) -> str:
    """What git says. Raises CalledProcessError where it refuses."""
    ran = subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def rows(before: Asked, after: Asked) -> Iterator[str]:
    """A row a request: both asked in turn, the best round of each, and the median of how they compare."""
    for request in ("resume", "save"):
        rounds = [(before.round(request), after.round(request)) for _ in range(ROUNDS)]
        one, two = (min(each) for each in zip(*rounds, strict=True))
        ratio = median(later / earlier for earlier, later in rounds)
        yield f"| {request} | {one:.0f} | {two:.0f} | {ratio:.3f} |\n"


def main() -> None:
    """Measure both, and write the section."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--against", default=BEFORE, help="the commit to compare with")
    commit = git("rev-parse", "--short", asked.parse_args().against)
    with checked_out(commit) as folder, ExitStack() as stack:
        table = "".join(rows(Asked(folder, stack), Asked(ROOT, stack)))
    facts = {"day": time.strftime("%Y-%m-%d"), "model": model(), "rounds": ROUNDS, "before": commit}
    text = TEXT.format(**facts, after=git("rev-parse", "--short", "HEAD"))
    write_section("hot_path", text + table)
    print(table, end="")


if __name__ == "__main__":
    main()
