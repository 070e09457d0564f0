"""Serves a plain form that is never lost, until Ctrl-C."""

import argparse
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import retoma

from .stage import stage

PORT = 8090


def main() -> int:
    """Run the example; returns the exit code."""
    parser = argparse.ArgumentParser(prog="plain_form", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="the page's port; 0: any free one")
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is up is then taken down
    with tempfile.TemporaryDirectory(prefix="retoma-form-") as folder:
        try:
            with stage(Path(folder), port) as at, suppress(KeyboardInterrupt):
                print(f"Fill it in, reload it, send it:  {at.shop.url}/\nCtrl-C ends it.", flush=True)
                threading.Event().wait()
        except (RuntimeError, OSError, retoma.RetomaError) as error:
            print(f"The example broke off: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
