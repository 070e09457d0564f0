"""Promises of the log: one line a request, only listed fields, nothing that anybody sent."""

import io
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from retoma_server.actions.deps import Deps
from retoma_server.actions.tenants import create_tenant
from retoma_server.http.access_log import FIELDS, json_log, register_access_log


@pytest.fixture
def written() -> io.BytesIO:
    """What was logged."""
    return io.BytesIO()


@pytest.fixture
def logged(app: Flask, written: io.BytesIO) -> FlaskClient:
    """Somebody whose requests are logged; one address fails."""

    @app.get("/fails/<name>")
    def fails(name: str) -> str:
        raise ValueError(f"canary-inside {name}") from KeyError("canary-cause")

    register_access_log(app, json_log("info", written))
    return app.test_client()


def lines(written: io.BytesIO) -> list[dict[str, Any]]:
    """The lines of the log."""
    return [orjson.loads(line) for line in written.getvalue().splitlines()]


def test_a_request_is_one_line(logged: FlaskClient, written: io.BytesIO, deps: Deps) -> None:
    """The line names the request, the route's template, the tenant and the answer's status."""
    tenant = create_tenant(deps.store, deps.vault, deps.ids, "shop", frozenset())
    response = logged.get("/v1/processes/a", headers={"Authorization": f"Bearer {tenant.publishable_key}"})
    [line] = lines(written)
    assert line["request_id"] == response.headers["Retoma-Request-Id"]
    assert (line["method"], line["status"], line["tenant"]) == ("GET", response.status_code, tenant.id)
    assert line["route"].startswith("/v1/processes/<")
    assert line["level"] == "info"
    assert line["duration_ms"] >= 0


def test_nothing_that_was_sent_is_logged(logged: FlaskClient, written: io.BytesIO) -> None:
    """No query, body, header, id or method of the caller's making gets into the log."""
    secrets = {
        "Authorization": "Bearer canary-1",
        "X-Request-Id": "canary-2",
        "User-Agent": "canary-3",
    }
    logged.post("/v1/drafts/canary-4/changes?q=canary-5", json={"canary-6": "canary-7"}, headers=secrets)
    logged.get("/canary-8", headers=secrets)
    logged.open("/v1/drafts", method="CANARY", headers=secrets)
    logged.get("/fails/canary-9")
    assert len(lines(written)) == 4
    assert b"canary" not in written.getvalue().lower()


def test_a_failure_is_logged_by_place_not_by_words(logged: FlaskClient, written: io.BytesIO) -> None:
    """A failure's line tells its kind, its cause's kind and where it was raised."""
    response = logged.get("/fails/x")
    [line] = lines(written)
    assert response.status_code == 500
    assert (line["level"], line["error"], line["cause"]) == ("error", "ValueError", "KeyError")
    assert line["at"][-1].endswith(" fails")


def test_a_field_that_is_not_listed_is_dropped(written: io.BytesIO) -> None:
    """Whoever logs something by mistake does not leak it."""
    json_log("info", written).info("request", status=200, token="canary")
    [line] = lines(written)
    assert line.keys() <= FIELDS
    assert "token" not in line


def test_a_quiet_log_still_tells_of_failures(app: Flask, written: io.BytesIO) -> None:
    """From level `warning` up, only answers of 500 and above are logged."""

    @app.get("/fails")
    def fails() -> str:
        raise ValueError

    register_access_log(app, json_log("warning", written))
    client = app.test_client()
    client.get("/healthz")
    client.get("/fails")
    assert [line["status"] for line in lines(written)] == [500]
