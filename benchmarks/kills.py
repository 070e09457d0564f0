"""`python -m benchmarks.kills`: 200 kills of a server on each store while people shop, as in `make soak`."""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.http.cart_kills import SHOPPERS, killed
from tests.http.shoppers import Tally

from .page import write_section

KILLS = 200
NAMES = {"sqlite": "SQLite (strict)", "redis": "Redis (AOF always)"}

TEXT = """## Carts through kills

{day}, written by `python -m benchmarks.kills`.

{shoppers} people shop over HTTP, each on several devices at once: they fill a cart as a guest and another one
as a customer, claim the one, half of the time just as a preview showed it (a tab that knows nothing of it
goes on adding), and order the other on two devices at once. At random moments the server is killed
(`kill -9`) and started again; on Redis at times Redis and the sweeper too. Whatever was not answered is sent
again, but some claims are sent only once: those that were cut short are the sweeper's. In the end each cart
is compared with what was acknowledged. *Amiss* would be a piece lost or counted twice, a second order, or a
claim without an end.

| store | kills | adds | claims | claims sent only once | orders | sent again | amiss |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def row(store: str, tally: Tally) -> str:
    """One store's row; it is written only where nothing was amiss."""
    counts = (KILLS, tally.adds, tally.claims, tally.left, tally.orders, tally.again, 0)
    return f"| {NAMES[store]} | " + " | ".join(f"{count:,}" for count in counts) + " |\n"


def run(store: str) -> str:
    """Kill on one store; its row."""
    with tempfile.TemporaryDirectory() as folder:
        return row(store, killed(store, Path(folder), KILLS))


def main() -> None:
    """Kill on both stores, and write the section."""
    with ProcessPoolExecutor(len(NAMES)) as both:
        rows = list(both.map(run, NAMES))
    text = TEXT.format(day=time.strftime("%Y-%m-%d"), shoppers=SHOPPERS)
    write_section("kills", text + "".join(rows))


if __name__ == "__main__":
    main()
