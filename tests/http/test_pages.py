"""Promises of the pages: in two languages, under a strict policy, and looking at them changes nothing."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from retoma_server.adapters.stores import open_store
from retoma_server.http.health import health_blueprint
from retoma_server.http.pages import Pages
from retoma_server.http.problems import CATALOGUE, register_problems
from retoma_server.http.request_ids import register_request_ids
from retoma_server.http.sdk_files import sdk_blueprint
from retoma_server.http.texts import LANGUAGES, read_texts
from tests.http.asserting import assert_problem
from tests.http.shop import Shop
from tests.servers.redis_server import RedisServer

PAGES = ["/r", "/problems", "/problems/draft-closed", "/docs"]


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    """Somebody who looks: that changes nothing, so one server does for all."""
    return shop.app.test_client()


def read(response: TestResponse) -> Any:
    """The JSON of an answer."""
    return response.get_json()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("query", "preferred", "language"),
    [
        ("", "", "en"),
        ("", "es-MX,es;q=0.9,en;q=0.5", "es"),
        ("", "fr,de;q=0.5", "en"),
        ("?lang=es", "en", "es"),
        ("?lang=en", "es", "en"),
        ("?lang=xx", "es", "es"),
    ],
)
def test_a_page_speaks_its_readers_language(
    client: FlaskClient, path: str, query: str, preferred: str, language: str
) -> None:
    """English or Spanish: as the address says, else as the browser prefers, else English."""
    response = client.get(path + query, headers={"Accept-Language": preferred})
    assert response.status_code == 200
    assert response.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in response.text
    assert "Accept-Language" in response.headers["Vary"]


def test_every_page_says_the_same_in_both_languages() -> None:
    """No text is missing in one of them."""
    english, spanish = (read_texts(language).pages for language in LANGUAGES)
    assert {name: texts.keys() for name, texts in english.items()} == {
        name: texts.keys() for name, texts in spanish.items()
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_cannot_be_framed_or_run_what_is_not_ours(client: FlaskClient, path: str) -> None:
    """Scripts are files of this server; nothing inline runs; nobody frames a page or learns its address."""
    response = client.get(path)
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=|javascript:", response.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', response.text)


def test_nothing_of_ours_makes_html_of_text() -> None:
    """What somebody wrote is set as text: neither the SDK nor a page's script can make HTML of it
    (case 57).
    """
    root = Path(__file__).parents[2]
    server = root / "server" / "retoma_server"
    pages = [server / "http" / "static" / name for name in ("landing.js", "docs.js")]
    console = (server / "console" / "static").glob("*.js")
    scripts = [*(root / "sdk_js" / "src").rglob("*.ts*"), *pages, *console]
    making = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|\beval\(")
    assert len(scripts) > 20
    assert [path.name for path in scripts if making.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", PAGES)
def test_what_a_page_loads_is_there(client: FlaskClient, path: str) -> None:
    """Every file that a page names is served by us."""
    files = re.findall(r'(?:src|href|spec-url)="(/(?:assets|openapi)[^"]+)"', client.get(path).text)
    assert files
    assert [client.get(file, buffered=True).status_code for file in files] == [200] * len(files)


def test_the_landing_page_is_kept_nowhere(client: FlaskClient) -> None:
    """No cache stores it and no search engine lists it."""
    response = client.get("/r")
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert "require-trusted-types-for 'script'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["email", "phone"])
def test_what_is_no_identifier_is_explained(client: FlaskClient, language: str, kind: str) -> None:
    """Who is told `invalid-phone` learns on the page of the problem what is missing."""
    page = client.get(f"/problems/validation-failed?lang={language}").text
    assert f"<code>invalid-{kind}</code>" in page
    assert "<code>retoma-server tenants region</code>" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_landing_page_explains_itself_without_scripts(client: FlaskClient, language: str) -> None:
    """Somebody without JavaScript reads what the link is, and how to go on."""
    texts = read_texts(language).pages["landing"]
    page = client.get(f"/r?lang={language}").text
    without = " ".join(re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL))
    assert "Retoma</span>" in without
    assert texts["about"] in without
    assert texts["no_script"] in without
    assert texts["continue"] in page
    assert texts["decline"] in page


def test_looking_at_a_link_does_not_use_it_up(client: FlaskClient, shop: Shop) -> None:
    """Whatever fetches the landing page (a preview bot, a mail scanner), the link still works once
    (case 52).
    """
    key = shop.tenant.publishable_key
    opened = read(client.post("/v1/visitors", headers={"Authorization": f"Bearer {key}"}))
    visitor = {"Authorization": f"Bearer {opened['token']}"}
    draft = read(client.post("/v1/drafts", json={"process": "mortgage"}, headers=visitor))
    path = f"/v1/drafts/{draft['id']}/handoffs"
    handoff = read(client.post(path, json={"to": "device"}, headers=visitor))
    page, _, token = handoff["url"].removeprefix(shop.deps.public_url).partition("#")
    for path in (page, f"{page}?token={token}", f"{page}?lang=es"):
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert_problem(client.post(page, data={"token": token}), 405, "method-not-allowed")
    assert client.post("/v1/handoffs/preview", json={"token": token}).status_code == 200
    redeemed = read(client.post("/v1/handoffs/redeem", json={"token": token, "nonce": "0123456789"}))
    assert redeemed["draft"]["id"] == draft["id"]


@pytest.mark.parametrize("code", CATALOGUE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_its_page(client: FlaskClient, code: str, language: str) -> None:
    """The page tells what happened, why and what to do, and is on the list."""
    explained = read_texts(language).problems[code]
    page = client.get(f"/problems/{code}?lang={language}")
    assert page.status_code == 200
    assert f"<code>{code}</code>" in page.text
    assert f"<h1>{explained.title}</h1>" in page.text
    assert page.text.count("`") == 0
    assert f'href="/problems/{code}?lang={language}"' in client.get(f"/problems?lang={language}").text


def test_a_problem_that_does_not_exist_is_not_repeated(client: FlaskClient) -> None:
    """An unknown code is a 404, without the code."""
    response = client.get("/problems/%3Cscript%3Ecanary")
    assert_problem(response, 404, "not-found")
    assert b"canary" not in response.data


def test_a_server_below_a_path_links_below_it() -> None:
    """Where a proxy serves us under a path, pages load their files from there."""
    app = Flask("test")
    app.register_blueprint(Pages("https://shop.test/retoma").blueprint())
    assert 'href="/retoma/assets/retoma.css"' in app.test_client().get("/problems").text


def test_a_living_server_says_so(client: FlaskClient) -> None:
    """It is alive, and ready with what its store promises."""
    assert read(client.get("/healthz")) == {"status": "ok"}
    ready = read(client.get("/readyz"))
    assert (ready["status"], ready["engine"]) == ("ready", "sqlite")


def watched(url: str) -> FlaskClient:
    """Somebody who watches a server on this store."""
    app = Flask("test")
    register_request_ids(app)
    register_problems(app, "https://retoma.test")
    app.register_blueprint(health_blueprint(open_store(url)))
    return app.test_client()


def test_a_store_that_could_lose_data_is_not_ready() -> None:
    """A Redis that writes no log is alive, not ready, and the answer says in words what is wrong."""
    with RedisServer("--appendonly", "no") as server:
        client = watched(server.url())
        assert client.get("/healthz").status_code == 200
        problem = assert_problem(client.get("/readyz"), 503, "store-unavailable")
    assert "appendonly" in problem["detail"]


def test_a_store_that_is_gone_is_not_ready() -> None:
    """Without its store a server is alive and not ready."""
    with RedisServer() as server:
        client = watched(server.url())
    assert client.get("/healthz").status_code == 200
    assert_problem(client.get("/readyz"), 503, "store-unavailable")


def test_the_sdk_may_be_loaded_by_any_page(tmp_path: Path) -> None:
    """A page of any origin can run it, as a module or as a script."""
    app = Flask("test")
    app.register_blueprint(sdk_blueprint(tmp_path))
    for name in ("retoma.js", "retoma.global.js"):
        (tmp_path / name).write_text("export const retoma = 1;")
        response = app.test_client().get(f"/sdk/{name}")
        assert response.data == b"export const retoma = 1;"
        assert response.mimetype == "text/javascript"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        response.close()


def test_an_sdk_that_was_not_built_is_missed_clearly(tmp_path: Path) -> None:
    """Where there is no build, the answer says so; any other file is simply not there."""
    app = Flask("test")
    register_request_ids(app)
    register_problems(app, "https://retoma.test")
    app.register_blueprint(sdk_blueprint(tmp_path))
    missing = assert_problem(app.test_client().get("/sdk/retoma.js"), 404, "not-found")
    assert "without the SDK" in missing["detail"]
    (tmp_path / "other.js").write_text("")
    assert_problem(app.test_client().get("/sdk/other.js"), 404, "not-found")
    assert_problem(app.test_client().get("/sdk/..%2f..%2fpages.py"), 404, "not-found")
