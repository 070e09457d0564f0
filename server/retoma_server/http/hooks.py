"""`/v1/hooks`: where a tenant's own back end is asked."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import hooks
from retoma_server.domain.rendering import hook_json

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .limiting import by_caller, limited
from .schemas.hooks import AddressOut, HookOut, NewAddress, NewHook, RegisteredAddressOut, RegisteredOut

blp = Blueprint("hooks", __name__, url_prefix="/v1/hooks", description="Where the shop is asked.")


@blp.route(f"/{hooks.VALIDATE}")
class Validate(MethodView):
    """The hook that is asked about prices and stock."""

    @limited("reads", by_caller)
    @blp.response(200, HookOut)
    @blp.fails("not-found")
    def get(self) -> Response:
        """Read the hook, without its secret (with a secret key)."""
        return json_answer(hook_json(hooks.get_hook(deps(), current_caller(), hooks.VALIDATE)))

    @limited("writes", by_caller)
    @blp.arguments(NewHook)
    @blp.response(200, RegisteredOut, description="Registered anew; the secret before signs for a day more.")
    @blp.alt_response(201, schema=RegisteredOut, description="Registered for the first time.")
    @blp.fails("hook-url-refused", body=True)
    def put(self, new: dict[str, Any]) -> Response:
        """Register the hook with a new secret, which is shown this once (with a secret key)."""
        blocks = new["when_silent"] == "block"
        made = hooks.register_hook(deps(), current_caller(), hooks.VALIDATE, new["url"], blocks)
        shown = hook_json(made.hook) | {"secret": made.secret}
        return json_answer(shown, 201 if made.fresh else 200, (("Cache-Control", "no-store"),))

    @limited("writes", by_caller)
    @blp.response(204, description="Nobody is asked any more, now or before.")
    @blp.fails("storage-full", "durability-unconfirmed")
    def delete(self) -> Response:
        """Take the hook away (with a secret key)."""
        hooks.delete_hook(deps(), current_caller(), hooks.VALIDATE)
        return Response(status=204)


@blp.route(f"/{hooks.TEXT}")
class Messages(MethodView):
    """The hook that is handed text messages."""

    @limited("reads", by_caller)
    @blp.response(200, AddressOut)
    @blp.fails("not-found")
    def get(self) -> Response:
        """Read the hook that takes text messages, without its secret (with a secret key)."""
        return json_answer({"url": hooks.get_hook(deps(), current_caller(), hooks.TEXT).url})

    @limited("writes", by_caller)
    @blp.arguments(NewAddress)
    @blp.response(
        200, RegisteredAddressOut, description="Registered anew; the secret before signs for a day more."
    )
    @blp.alt_response(201, schema=RegisteredAddressOut, description="Registered for the first time.")
    @blp.fails("hook-url-refused", body=True)
    def put(self, new: dict[str, Any]) -> Response:
        """Register the hook that takes text messages, with a new secret (with a secret key)."""
        made = hooks.register_hook(deps(), current_caller(), hooks.TEXT, new["url"], blocks=True)
        shown = {"url": made.hook.url, "secret": made.secret}
        return json_answer(shown, 201 if made.fresh else 200, (("Cache-Control", "no-store"),))

    @limited("writes", by_caller)
    @blp.response(204, description="No text message is handed over any more.")
    @blp.fails("storage-full", "durability-unconfirmed")
    def delete(self) -> Response:
        """Take the hook away that takes text messages (with a secret key)."""
        hooks.delete_hook(deps(), current_caller(), hooks.TEXT)
        return Response(status=204)
