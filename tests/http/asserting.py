"""What every answer that says no looks like."""

from typing import Any

from werkzeug.test import TestResponse

MEMBERS = {"type", "title", "status", "code", "retryable", "request_id"}


def assert_problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Assert that a response is this problem, whole and by RFC 9457; returns its body."""
    problem: dict[str, Any] = response.get_json(force=True)
    assert (response.status_code, problem.get("code")) == (status, code)
    assert response.content_type == "application/problem+json"
    assert problem.keys() >= MEMBERS
    assert problem["status"] == status
    assert problem["type"].endswith(f"/problems/{code}")
    assert isinstance(problem["retryable"], bool)
    assert response.headers["Retoma-Request-Id"] == problem["request_id"]
    assert response.headers["Cache-Control"] == "no-store"
    if status == 401:
        assert response.headers["WWW-Authenticate"] == "Bearer"
    if status in (429, 503):
        assert int(response.headers["Retry-After"]) >= 1
    return problem
