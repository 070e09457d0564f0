"""Serves a shop whose cart goes from device to device, until Ctrl-C."""

import sys

from ..command import run
from .stage import stage

PORT = 8092


def main() -> int:
    """Run the example; returns the exit code."""
    return run("shop", __doc__, PORT, stage, lambda at: f"Fill a cart, also in a second browser:  {at.url}/")


if __name__ == "__main__":
    sys.exit(main())
