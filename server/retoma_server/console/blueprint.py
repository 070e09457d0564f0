"""The blueprint of `/staff`: its files, and the headers of every answer."""

from pathlib import Path

from flask import Blueprint, Response, request

from retoma_server.http.auth import deps

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Pico draws ticks and arrows as data images
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors {ancestor}",
        "base-uri 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types retoma-markup retoma-inspection",
    )
)
STATIC = Path(__file__).parent / "static"

console = Blueprint(
    "console",
    __name__,
    url_prefix="/staff",
    template_folder="templates",
    static_folder=STATIC,
    static_url_path="/assets",
)


@console.after_request
def secured(response: Response) -> Response:
    """The answer, with what keeps a page of staff to itself."""
    ancestor = deps().frame_ancestor or "'none'"
    response.headers["Content-Security-Policy"] = POLICY.format(ancestor=ancestor)
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    is_file = request.endpoint == "console.static"
    response.headers["Cache-Control"] = "no-cache" if is_file else "no-store"
    return response
