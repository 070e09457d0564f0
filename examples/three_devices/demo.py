"""Plays the whole journey with the real server and SDKs, prints it, and stays up with three live devices."""

import argparse
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

import retoma

from .errand import Errand, run_errand
from .process import DESCRIPTION, PROCESS
from .running import Server, free_port, is_free, lan_address
from .shop import HOOK, Shop
from .story import Clerk, Figures, Story
from .transcript import Transcript

PORT = 8080
CLERK, STORE = "Marta", "Sol"
SIGN_IN = ("marta", "sun and shade")
"""The clerk's name and password, which the page tells: this is a demo."""


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: the server and the page are up."""

    server: str
    page: str
    publishable_key: str
    secret_key: str
    clerk: Clerk


@contextmanager
def stage(folder: Path, port: int | None, *, lan: bool) -> Iterator[Stage]:
    """Start the server and the page's site, furnished with a tenant, a process and a clerk.

    `port` is the page's, 0 for any free one; the server has the next. Raises RuntimeError.
    """
    ports = two_ports(port)
    host = lan_address() if lan else "127.0.0.1"
    bind = "0.0.0.0" if lan else host
    page = f"http://{host}:{ports[0]}"
    settings = {"RETOMA_CONSOLE_FRAME_ANCESTOR": page, "RETOMA_HOOKS_TO_LOOPBACK": "on"}
    with Server(folder, ports[1], host, bind, settings) as server:
        publishable, secret = server.add_tenant("demo", page)
        clerk = Clerk(CLERK, *SIGN_IN, server.add_staff(CLERK, SIGN_IN, STORE, "demo"))
        service = retoma.Client(server.url, secret)
        register(service, page)
        config = {
            "server": server.url,
            "publishableKey": publishable,
            "process": PROCESS,
            "console": clerk.console,
            "signInName": clerk.sign_in_name,
            "password": clerk.password,
        }
        hook = add_hook(server.url, secret, f"http://127.0.0.1:{ports[0]}{HOOK}")
        with Shop(bind, ports[0], service, config, hook):
            yield Stage(server.url, page, publishable, secret, clerk)


def register(service: retoma.Client, page: str) -> None:
    """Register what is carried from device to device; staff may read what products are called."""
    service.processes.register(PROCESS, url=f"{page}/", **DESCRIPTION)
    titles = {"en": "Cart", "es": "Cesta"}
    url = f"{page}/?story=cart"
    service.processes.register("cart", kind="cart", url=url, titles=titles, fields={"/info": "public"})


def add_hook(server: str, secret_key: str, url: str) -> str:
    """Have the shop asked for prices: staff put a product into a cart by its number. Returns the secret."""
    answer = requests.put(
        f"{server}/v1/hooks/cart.validate",
        json={"url": url},
        headers={"Authorization": f"Bearer {secret_key}"},
        timeout=10,
    )
    answer.raise_for_status()
    secret: str = answer.json()["secret"]
    return secret


def two_ports(port: int | None) -> tuple[int, int]:
    """Ports for the page and the server; without a wish the usual ones, or any where those are taken."""
    if port == 0 or (port is None and not (is_free(PORT) and is_free(PORT + 1))):
        return free_port(), free_port()
    first = port or PORT
    for each in (first, first + 1):
        if not is_free(each):
            raise RuntimeError(f"Port {each} is taken: PORT=… chooses another.")
    return first, first + 1


def play(at: Stage, transcript: Transcript) -> Figures:
    """Play the story there, as a customer of its own."""
    token = retoma.Client(at.server, at.secret_key).customer("story").token or ""
    keys = (at.publishable_key, at.secret_key)
    return Story(at.server, keys, at.clerk, token, transcript).play()


def report(figures: Figures, errand: Errand, transcript: Transcript) -> None:
    """Print what was measured."""
    transcript.chapter("Measured")
    transcript.figure("pieces put into the cart", str(errand.added))
    transcript.figure("pieces lost or doubled", str(errand.lost), good=not errand.lost)
    transcript.figure("orders made of it", str(errand.orders), good=errand.orders == 1)
    transcript.figure("fields entered", str(len(figures.entered)))
    transcript.figure("fields lost", str(len(figures.lost)), good=not figures.lost)
    transcript.figure("conflicts kept", str(figures.conflicts))
    seen = f"{figures.typical:.0f} ms (median of {len(figures.seen_after)})"
    transcript.figure("saved → seen on the other device", seen)
    transcript.line()


def invite(at: Stage, transcript: Transcript, *, lan: bool) -> None:
    """Say where the three devices are."""
    transcript.line(f"  Now you: three live devices at  {at.page}/")
    if lan:
        transcript.line("  Your own phone, in the same network, joins by “Continue on phone” there.")
    else:
        transcript.line("  Your own phone joins with  make demo LAN=1")
    transcript.line(
        f"  In the store sign in as  {at.clerk.sign_in_name}  with the password  {at.clerk.password}"
    )
    transcript.line("\n  Ctrl-C ends it.")


def wait() -> None:
    """Return on Ctrl-C or SIGTERM."""
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def main() -> int:
    """Run the demo; returns the exit code."""
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # whatever is up is then taken down on the way out
    transcript = Transcript(coloured=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    with tempfile.TemporaryDirectory(prefix="retoma-demo-") as folder:
        try:
            with stage(Path(folder), options.port, lan=options.lan) as at:
                figures = play(at, transcript)
                errand = run_errand(at.server, (at.publishable_key, at.secret_key), transcript)
                report(figures, errand, transcript)
                if not options.once:
                    invite(at, transcript, lan=options.lan)
                    wait()
                return 0 if not figures.lost and (errand.lost, errand.orders) == (0, 1) else 1
        except (RuntimeError, retoma.RetomaError) as error:
            print(f"The demo broke off: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="only play the story")
    parser.add_argument("--lan", action="store_true", help="let phones in the same network join")
    parser.add_argument("--port", type=int, help="the page's port; the server has the next; 0: any free ones")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
