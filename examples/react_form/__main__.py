"""Serves the built page, with a real Retoma server beside it, until Ctrl-C."""

import argparse
import json
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import retoma

from ..three_devices.running import Server, free_port

PORT = 8091
PROCESS = "account-opening"
DESCRIPTION = {
    "titles": {"en": "Opening an account"},
    "steps": [{"id": "you"}, {"id": "home"}, {"id": "work"}, {"id": "check"}],
}
BUILT = Path(__file__).with_name("dist")


class Page(SimpleHTTPRequestHandler):
    """The built page, and where its server is."""

    def __init__(self, config: bytes, *request: Any) -> None:
        """Answer one request."""
        self._config = config
        super().__init__(*request, directory=str(BUILT))

    def do_GET(self) -> None:
        """Send the configuration, or a file."""
        if self.path != "/config.json":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self._config)

    def log_message(self, *_: object) -> None:
        """Keep quiet: the terminal shows the address."""


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    """The page at a port (0: any free one), and a Retoma server beside it; gives the address of the page."""
    page = f"http://127.0.0.1:{port or free_port()}"
    with Server(folder, free_port(), "127.0.0.1", "127.0.0.1") as server:
        publishable, secret = server.add_tenant("bank", page)
        retoma.Client(server.url, secret).processes.register(PROCESS, url=f"{page}/", **DESCRIPTION)
        config = json.dumps({"url": server.url, "publishableKey": publishable}).encode()
        address = ("127.0.0.1", int(page.rpartition(":")[2]))
        with ThreadingHTTPServer(address, partial(Page, config)) as site:
            threading.Thread(target=site.serve_forever, daemon=True).start()
            yield page
            site.shutdown()


def main() -> int:
    """Run the example; returns the exit code."""
    parser = argparse.ArgumentParser(prog="react_form", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="the page's port; 0: any free one")
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="retoma-react-") as folder:
        try:
            with serving(Path(folder), port) as page, suppress(KeyboardInterrupt):
                print(f"Fill it in, here and in a second window:  {page}/\nCtrl-C ends it.", flush=True)
                threading.Event().wait()
        except (RuntimeError, OSError, retoma.RetomaError) as error:
            print(f"The example broke off: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
