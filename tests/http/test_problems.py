"""Promises of problems: every refusal and failure has the same shape, a known code, and no secrets."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

import retoma_server
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.stores.contract import (
    DurabilityUnconfirmed,
    StoreBusy,
    StoreFull,
    StoreUnavailable,
)
from retoma_server.domain.errors import Conflicting, RetomaError, TooMany
from retoma_server.http.problems import CATALOGUE, HTTP_CODES, register_problems
from retoma_server.http.request_ids import register_request_ids
from retoma_server.http.texts import LANGUAGES, read_texts
from tests.http.asserting import assert_problem

SOURCES = sorted(Path(retoma_server.__file__).parent.rglob("*.py"))


def failing(error: Exception) -> FlaskClient:
    """An app whose only page raises this."""
    app = Flask("test")
    register_request_ids(app)
    register_problems(app, "https://retoma.test")

    @app.get("/")
    def fail() -> str:
        raise error

    return app.test_client()


def error_names(root: type[RetomaError] = RetomaError) -> set[str]:
    """The names of an error class and all below it."""
    return {root.__name__} | {name for each in root.__subclasses__() for name in error_names(each)}


def literals(node: ast.expr) -> Iterator[str]:
    """The strings that an expression may be, where it says so itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def raised_codes() -> set[str]:
    """Every code that an error is made with anywhere in the server, and every class's own."""
    names = error_names() | {"Rejected"}
    nodes = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    made = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    codes = {
        code
        for call in made
        if isinstance(call.func, ast.Name) and call.func.id in names
        for code in literals(call.args[0])
    }
    classes = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name in names]
    assigned = [line for each in classes for line in each.body if isinstance(line, ast.Assign)]
    return codes | {code for line in assigned for code in literals(line.value)}


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    """No error can be raised that its answer does not know."""
    assert raised_codes() - CATALOGUE.keys() == set()
    assert set(HTTP_CODES.values()) <= CATALOGUE.keys()


def test_every_code_of_the_catalogue_is_used() -> None:
    """The catalogue explains nothing that cannot happen."""
    elsewhere = {path: path.read_text("utf-8") for path in SOURCES if path.name != "problems.py"}
    said = {
        node.value
        for source in elsewhere.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert CATALOGUE.keys() - said - set(HTTP_CODES.values()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_explained_in_every_language(language: str) -> None:
    """Each problem's page says what happened, why, and what to do."""
    explained = read_texts(language).problems
    assert explained.keys() == CATALOGUE.keys()
    for code, texts in explained.items():
        assert all((texts.title, texts.what, texts.why, texts.do)), code


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_problem_has_the_same_shape(code: str) -> None:
    """Whatever the code, the answer is whole, and its `type` is where the code is explained."""
    problem = assert_problem(failing(RetomaError(code)).get("/"), CATALOGUE[code].status, code)
    assert problem["type"] == f"https://retoma.test/problems/{code}"
    assert problem["retryable"] is CATALOGUE[code].retryable


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreBusy(), 503, "busy"),
        (StoreUnavailable(), 503, "store-unavailable"),
        (DurabilityUnconfirmed(), 503, "durability-unconfirmed"),
        (StoreFull(), 507, "storage-full"),
        (IntegrityFailure(), 500, "integrity-failure"),
    ],
    ids=lambda value: value.code if isinstance(value, RetomaError) else None,
)
def test_a_store_in_trouble_is_never_a_404(error: RetomaError, status: int, code: str) -> None:
    """What a store cannot do now is told apart from what does not exist, and may be tried again."""
    problem = assert_problem(failing(error).get("/"), status, code)
    assert problem["retryable"] is (code != "integrity-failure")


def test_facts_that_help_are_in_the_answer() -> None:
    """A conflict carries what resolves it."""
    response = failing(Conflicting("sequence-gap", expected=4)).get("/")
    assert assert_problem(response, 409, "sequence-gap")["expected"] == 4


def test_whoever_asks_too_often_is_told_when_to_come_back() -> None:
    """The wait is in Retry-After."""
    response = failing(TooMany(retry_after=42)).get("/")
    assert_problem(response, 429, "rate-limited")
    assert response.headers["Retry-After"] == "42"


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 406, 408, 413, 414, 415, 417, 422, 428, 429, 431, 501, 503]
)
def test_what_the_framework_refuses_has_the_same_shape(status: int) -> None:
    """Flask's and werkzeug's own errors are problems too."""
    app = Flask("test")
    register_request_ids(app)
    register_problems(app, "https://retoma.test")
    app.add_url_rule("/", view_func=lambda: abort(status))
    code = HTTP_CODES.get(status, "bad-request" if status < 500 else "internal-error")
    assert_problem(app.test_client().get("/"), CATALOGUE[code].status, code)


def test_an_unknown_address_is_a_problem(client: FlaskClient) -> None:
    """So is everything that no route matches."""
    assert_problem(client.get("/v1/nothing-here"), 404, "not-found")
    assert_problem(client.get("/nowhere"), 404, "not-found")


@pytest.mark.parametrize("method", ["PUT", "TRACE", "BREW"])
def test_another_method_names_those_that_exist(client: FlaskClient, method: str) -> None:
    """A method that an address does not have answers with those that it has."""
    response = client.open("/v1/visitors", method=method)
    assert_problem(response, 405, "method-not-allowed")
    assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_the_method_cannot_be_overridden(client: FlaskClient) -> None:
    """A header does not turn one method into another (case 20)."""
    response = client.get("/v1/visitors", headers={"X-HTTP-Method-Override": "POST"})
    assert_problem(response, 405, "method-not-allowed")


def test_redirects_are_left_alone() -> None:
    """What is no refusal is no problem."""
    app = Flask("test")
    register_problems(app, "https://retoma.test")
    app.add_url_rule("/there/", view_func=lambda: "")
    assert app.test_client().get("/there").status_code == 308


@pytest.mark.parametrize(
    "error", [ValueError("4111 1111 1111 1111"), KeyError("ct_secret"), RecursionError()]
)
def test_what_nobody_foresaw_tells_nothing(error: Exception) -> None:
    """A failure answers 500 with the request's id, and not a word of what happened inside (case 78)."""
    response = failing(error).get("/?secret=1")
    problem = assert_problem(response, 500, "internal-error")
    assert problem.keys() == {"type", "title", "status", "code", "retryable", "request_id"}


def test_validation_never_repeats_what_was_sent(client: FlaskClient) -> None:
    """A body that is not valid is answered with places and codes."""
    sent = {"token": ["canary-1"], "nonce": "canary-2" * 20, "canary-3": "canary-4"}
    response = client.post("/v1/handoffs/redeem", json=sent)
    problem = assert_problem(response, 422, "validation-failed")
    assert {"pointer": "/token", "code": "invalid"} in problem["errors"]
    assert b"canary" not in response.data


def test_a_field_that_does_not_exist_is_named_as_such(client: FlaskClient) -> None:
    """What the server alone sets cannot be slipped in."""
    sent = {"token": "ho_x", "nonce": "12345678", "status": "completed"}
    assert_problem(client.post("/v1/handoffs/redeem", json=sent), 422, "unknown-field")


def test_a_client_cannot_name_its_request(client: FlaskClient) -> None:
    """Ids are made here: nobody can write another's into the log."""
    response = client.get("/v1/nothing", headers={"X-Request-Id": "mine", "Retoma-Request-Id": "mine"})
    assert assert_problem(response, 404, "not-found")["request_id"] != "mine"
    other = client.get("/v1/nothing")
    assert other.headers["Retoma-Request-Id"] != response.headers["Retoma-Request-Id"]
