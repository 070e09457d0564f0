"""Pages for people: a handoff link's landing page, the problems explained, the API documentation.

Nothing on them comes from a request but the language, and no request to them changes anything. Scripts
and styles are files of this server; the policy allows nothing else.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request

from retoma_server.actions.deps import Deps
from retoma_server.domain.errors import NotFound

from .health import health_blueprint
from .problems import CATALOGUE
from .sdk_files import sdk_blueprint
from .texts import LANGUAGES, language_of, prose, read_texts

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self'{images};"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'"
)
STRICT = POLICY.format(styles="", images="") + "; require-trusted-types-for 'script'"
# RapiDoc writes style attributes and draws markers as data images; its scripts stay as restricted.
FOR_DOCS = POLICY.format(styles=" 'unsafe-inline'", images=" data:")
STATIC = Path(__file__).parent / "static"


def register_pages(app: Flask, deps: Deps) -> None:
    """Serve every page, the SDK for browsers, and whether the server is alive and ready."""
    app.register_blueprint(Pages(deps.public_url).blueprint())
    app.register_blueprint(sdk_blueprint())
    app.register_blueprint(health_blueprint(deps.store))


class Pages:
    """The pages, in every language; links between them begin with the path of the public address."""

    def __init__(self, public_url: str) -> None:
        """Read all texts now, so that a mistake in them stops the start and not a visitor."""
        self.root = urlsplit(public_url).path
        self.texts = {language: read_texts(language) for language in LANGUAGES}

    def blueprint(self) -> Blueprint:
        """The addresses of the pages and of the files that they load."""
        pages = Blueprint(
            "pages", __name__, template_folder="templates", static_folder=STATIC, static_url_path="/assets"
        )
        pages.add_app_template_filter(prose, "prose")
        pages.add_url_rule("/", "home", self.home)
        pages.add_url_rule("/r", "landing", self.landing)
        pages.add_url_rule("/problems", "problems", self.problems)
        pages.add_url_rule("/problems/<code>", "problem", self.problem)
        pages.add_url_rule("/docs", "docs", self.docs)
        return pages

    def home(self) -> Response:
        """The address that the server tells of itself leads to its documentation."""
        answer = make_response(redirect(f"{self.root}/docs"))
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    def landing(self) -> Response:
        """Where a handoff's link leads. The link's secret is in the fragment, which browsers do not send."""
        channels = self.texts[language_of(request)].pages["channels"]
        answer = self.show("landing", channels=channels)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    def problems(self) -> Response:
        """Every type of problem, by status."""
        return self.show("problems", catalogue=CATALOGUE.items())

    def problem(self, code: str) -> Response:
        """One type of problem: the page that an answer's `type` names."""
        kind = CATALOGUE.get(code)
        if kind is None:
            raise NotFound
        return self.show("problem", code=code, kind=kind)

    def docs(self) -> Response:
        """The API documentation, drawn in the browser from /openapi.json."""
        return self.show("docs", FOR_DOCS)

    def show(self, name: str, policy: str = STRICT, **values: Any) -> Response:
        """A page in the language of this request."""
        texts = self.texts[language_of(request)]
        other = next(language for language in LANGUAGES if language != texts.language)
        answer = make_response(
            render_template(
                f"{name}.html",
                all=texts.pages["all"],
                page=texts.pages[name],
                explained=texts.problems,
                lang=texts.language,
                other=other,
                root=self.root,
                query="?lang=" + texts.language if "lang" in request.args else "",
                **values,
            )
        )
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["Content-Language"] = texts.language
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        answer.headers["Cache-Control"] = "no-cache"
        answer.vary.add("Accept-Language")
        return answer
