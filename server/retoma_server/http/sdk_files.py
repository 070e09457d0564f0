"""The SDK for browsers as a single file, for pages that have no build step of their own."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound as FileIsMissing

from retoma_server.domain.errors import NotFound

FILES = ("retoma.js", "retoma.global.js")
"""The module, and the same for a classic script element."""


def sdk_blueprint(folder: Path) -> Blueprint:
    """`/sdk/retoma.js` and `/sdk/retoma.global.js` from `folder`, for pages on any origin."""
    sdk = Blueprint("sdk", __name__)

    @sdk.get("/sdk/<name>")
    def sdk_file(name: str) -> Response:
        if name not in FILES:
            raise NotFound
        try:
            answer = send_from_directory(folder, name, mimetype="text/javascript")
        except FileIsMissing:
            raise NotFound(detail="This server was installed without the SDK for browsers.") from None
        # A script of another origin is only run when it says that it may be; it holds no secret.
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    return sdk
