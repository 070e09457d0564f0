"""`python -m benchmarks.fuzzing`: cases for all that reads strangers' bytes (`make fuzz`)."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.fuzz.mutating import SEEDS
from tests.fuzz.targets import TARGETS

from .page import write_section

ATONCE = 2
SLOWEST = 20
"""A case that takes so many seconds, by the clock, is a fault; a busy machine stands still for some."""
DONE = re.compile(r"^Done (\d+) runs in (\d+) second", re.MULTILINE)

TEXT = """## Fuzzing

{day}, written by `make fuzz`: {cases:,} cases of the {wanted:,} that
it was asked for{bound}, {faults} faults.

Each target reads bytes of strangers and has an oracle (`tests/fuzz/targets.py`): only our own refusals may
escape, and what is accepted must mean the same elsewhere; JSON is compared with the standard library's
reading. [Atheris](https://pypi.org/project/atheris/) looks for branches that no case has taken yet. A case
that takes {slowest} seconds would be a fault as well. `make test` runs 100,000 cases, the same each time.

| target | cases | seconds | faults |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Ran:
    """What became of one target: how many cases, in how many seconds."""

    target: str
    cases: int
    seconds: int


def fuzz(target: str, cases: int, seconds: int) -> Ran:
    """Fuzz one target. Raises SystemExit with what libFuzzer said of a fault."""
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS[target]):
            (Path(folder) / str(number)).write_bytes(seed)
        options = (f"-runs={cases}", f"-max_total_time={seconds}", f"-timeout={SLOWEST}", "-max_len=1024")
        command = (sys.executable, "-m", "tests.fuzz.guided", target, *options, folder)
        said = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    done = DONE.search(said.stderr)
    if said.returncode or not done:
        raise SystemExit(f"{target}:\n{said.stdout[-2_000:]}\n{said.stderr[-4_000:]}")
    return Ran(target, int(done[1]), int(done[2]))


def section(ran: list[Ran], wanted: int, seconds: int) -> str:
    """The section of the page. It is written only where no fault was found."""
    head = TEXT.format(
        day=time.strftime("%Y-%m-%d"),
        cases=sum(each.cases for each in ran),
        wanted=wanted,
        bound=f" within {seconds} seconds a target" if seconds else "",
        faults=0,
        slowest=SLOWEST,
    )
    return head + "".join(f"| {each.target} | {each.cases:,} | {each.seconds} | 0 |\n" for each in ran)


def main() -> None:
    """Fuzz every target, two at a time, and write the section."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=10_000_000, help="over all targets")
    asked.add_argument("--seconds", type=int, default=0, help="at most so long a target; 0: without end")
    wish = asked.parse_args()
    each = partial(fuzz, cases=wish.cases // len(TARGETS), seconds=wish.seconds)
    with ThreadPoolExecutor(ATONCE) as pool:
        ran = list(pool.map(each, TARGETS))
    write_section("fuzzing", section(ran, wish.cases, wish.seconds))


if __name__ == "__main__":
    main()
