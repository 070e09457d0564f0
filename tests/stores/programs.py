"""Programs that tests run as processes of their own, to be killed, limited or forked.

`python -m tests.stores.programs NAME URL` runs one on the store at the URL.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from retoma_server.adapters.stores import Append, Commit, Store, StoreFull, Write, open_store
from tests.stores.calls import increment, nudge

TWINS = ("left", "right")


def write_twins(store: Store) -> None:
    """Commit the same rising number into two records and a log for ever, printing each once acknowledged."""
    revision = store.read(0, TWINS).revision("left")
    while True:
        body = b"%d" % (revision + 1)
        writes = [Write(key, body * 500, ("twins",), revision, due=1) for key in TWINS]
        store.commit(0, Commit(dict.fromkeys(TWINS, revision), writes, appends=[Append("log", body, 10**6)]))
        revision += 1
        print(revision, flush=True)


def fill(store: Store) -> None:
    """Write records until the file may not grow any more, then say how many there are."""
    store.health()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    count = 0
    try:
        while True:
            store.commit(0, Commit({f"k{count}": 0}, [Write(f"k{count}", bytes(20_000))]))
            count += 1
    except StoreFull:
        print(count)


def count(store: Store) -> None:
    """Increment one number forty times."""
    for _ in range(40):
        increment(store, 0, "count")


def tell_count(store: Store) -> None:
    """Say the number."""
    print(store.read(0, ["count"]).records["count"].body.decode())


def count_forked(store: Store) -> None:
    """Use the store, fork, and count in the parent and in the child."""
    increment(store, 0, "count")
    child = os.fork()
    for _ in range(40):
        increment(store, 0, "count")
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


def nudge_once(store: Store) -> None:
    """Append to one log, with a nudge."""
    nudge(store, 77, "elsewhere")


def start(program: Callable[[Store], None] | str, url: str) -> subprocess.Popen[str]:
    """Start one of these programs, or a module beside this one, on the store at `url`."""
    if isinstance(program, str):
        arguments = ["-m", f"tests.stores.{program}", url]
    else:
        arguments = ["-m", "tests.stores.programs", program.__name__, url]
    root = Path(__file__).parents[2]
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, cwd=root)


def run(program: Callable[[Store], None] | str, url: str) -> str:
    """What a program printed, after it ended well."""
    with start(program, url) as process:
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    return output


PROGRAMS = {
    program.__name__: program
    for program in (
        write_twins,
        fill,
        count,
        count_forked,
        tell_count,
        nudge_once,
    )
}

if __name__ == "__main__":
    opened = open_store(sys.argv[2])
    PROGRAMS[sys.argv[1]](opened)
    opened.close()
