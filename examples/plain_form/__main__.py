"""Serves a plain form that is never lost, until Ctrl-C."""

import sys

from ..command import run
from .stage import stage

PORT = 8090


def main() -> int:
    """Run the example; returns the exit code."""
    return run(
        "plain_form", __doc__, PORT, stage, lambda at: f"Fill it in, reload it, send it:  {at.shop.url}/"
    )


if __name__ == "__main__":
    sys.exit(main())
