"""The entry point `retoma-server`: what must be settled before anything else is imported."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retoma_server.adapters.root_keys import MakeRootKeys


def main(root_keys: "MakeRootKeys | None" = None) -> None:
    """Run the command line; `root_keys` makes those that are held elsewhere than in the keyring.

    A server that holds streams runs on gevent, which replaces sockets, threads and locks by its own;
    whatever was imported before would keep the ones that block.
    """
    if holds_streams(sys.argv[1:]):
        from gevent import monkey

        monkey.patch_all()
    from retoma_server.commands import commands

    commands(obj=root_keys)


def holds_streams(arguments: list[str]) -> bool:
    """Whether these arguments start a server with streams: `serve` in any role but `api`."""
    role = arguments[arguments.index("--role") + 1 :][:1] if "--role" in arguments else []
    return arguments[:1] == ["serve"] and role != ["api"] and "--role=api" not in arguments
