"""Whether the server is alive, and whether it is ready: for whatever watches it."""

from flask import Blueprint, Response

from retoma_server.adapters.stores import Store
from retoma_server.adapters.stores.contract import StoreUnavailable

from .answers import json_answer


def health_blueprint(store: Store) -> Blueprint:
    """`/healthz` for restarting what hangs, `/readyz` for sending no requests where they would fail."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return json_answer({"status": "ok"})

    @health.get("/readyz")
    def readyz() -> Response:
        found = store.health()
        if found.problems:
            raise StoreUnavailable(engine=found.engine, detail=" ".join(found.problems))
        return json_answer({"status": "ready", "engine": found.engine, "facts": dict(found.facts)})

    return health
