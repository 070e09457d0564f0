"""The bar: the least that Flask does."""

from flask import Flask


def app() -> Flask:
    """A Flask app with one view."""
    hello = Flask(__name__)

    @hello.get("/hello")
    def say() -> str:
        return "hello"

    return hello


def serve(port: int, workers: int) -> None:
    """Serve it exactly as the API role is served."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        f"{__name__}:app",
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=1,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    import sys

    serve(int(sys.argv[1]), int(sys.argv[2]))
