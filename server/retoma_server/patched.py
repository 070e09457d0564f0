"""The server that holds streams, as `python -m retoma_server.patched`: run by `serve`, never imported.

gevent replaces sockets, threads and locks with its own; whatever was imported before would keep the
ones that block.
"""

from gevent import monkey

monkey.patch_all()

from retoma_server.serving import serve_streams  # noqa: E402

if __name__ == "__main__":
    serve_streams()
