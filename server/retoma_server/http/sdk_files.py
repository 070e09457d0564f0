"""The SDK for browsers as a single file, for pages that have no build step of their own."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound as FileIsMissing

from retoma_server.domain.errors import NotFound

FILES = ("retoma.js", "retoma.global.js")
"""The module, and the same for a classic script element."""

MISSING = "Installed without the SDK for browsers: `make sdk` first, then `pip install ./server`."
FOLDER = Path(__file__).parent / "static" / "sdk"


def has_sdk() -> bool:
    """Whether this server was installed with the SDK, which is built before the server is packaged."""
    return all((FOLDER / name).exists() for name in FILES)


def sdk_blueprint(folder: Path = FOLDER) -> Blueprint:
    """`/sdk/retoma.js` and `/sdk/retoma.global.js` from `folder`, for pages on any origin."""
    sdk = Blueprint("sdk", __name__)

    @sdk.get("/sdk/<name>")
    def sdk_file(name: str) -> Response:
        if name not in FILES:
            raise NotFound
        try:
            answer = send_from_directory(folder, name, mimetype="text/javascript")
        except FileIsMissing:
            raise NotFound(detail=MISSING) from None
        # A script of another origin is only run when it says that it may be; it holds no secret.
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    return sdk
