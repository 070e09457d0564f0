"""`/v1/me/devices`, and the same under `/v1/customers/{id}` for the service: where drafts are held."""

from typing import Any

from flask import Flask, Response, g
from flask.views import MethodView

from retoma_server.actions import devices
from retoma_server.actions.noting import note_device
from retoma_server.actions.staff_sessions import note_use
from retoma_server.domain.people_rendering import device_json

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.devices import DeviceName, DeviceOut, DevicesOut

blp = Blueprint(
    "devices", __name__, url_prefix="/v1", description="The devices that hold a customer's drafts."
)


def register_devices(app: Flask) -> None:
    """Note the device of every request that was answered."""
    app.after_request(noted)


def noted(response: Response) -> Response:
    """The answer, after it was noted on whose device it was seen, or in whose session."""
    caller = g.get("caller")
    if caller is not None and caller.proved and response.status_code < 400:
        note_device(deps(), caller)
        note_use(deps(), caller)
    return response


def listed(customer: str | None) -> Response:
    """A customer's devices."""
    items = devices.list_devices(deps(), current_caller(), customer)
    return json_answer({"items": [device_json(each.device, each.current) for each in items]})


def renamed(customer: str | None, device: str, name: str | None) -> Response:
    """A device under its new name."""
    known = known_id(device, "dv")
    shown = devices.rename_device(deps(), current_caller(), customer, known, name and name.strip())
    return json_answer(device_json(shown.device, shown.current))


def revoked(customer: str | None, device: str) -> Response:
    """Nothing: the device is signed out."""
    devices.revoke_device(deps(), current_caller(), customer, known_id(device, "dv"))
    return Response(status=204)


# -- the customer's own ------------------------------------------------------------------------


@blp.route("/me/devices")
class MyDevices(MethodView):
    """One's own devices."""

    @limited("reads", by_caller)
    @blp.response(200, DevicesOut)
    @blp.fails("not-found", "integrity-failure")
    def get(self) -> Response:
        """List the devices that hold one's own drafts, the one seen last first."""
        return listed(None)


@blp.route("/me/devices/<string:device>")
class MyDevice(MethodView):
    """One of one's own devices."""

    @limited("writes", by_caller)
    @blp.arguments(DeviceName)
    @blp.response(200, DeviceOut)
    @blp.fails("not-found", "integrity-failure", body=True)
    def patch(self, new: dict[str, Any], device: str) -> Response:
        """Name one of one's own devices."""
        return renamed(None, device, new["name"])

    @limited("writes", by_caller)
    @blp.response(204, description="It is signed out, at once.")
    @blp.fails("not-found", "integrity-failure", "storage-full", "durability-unconfirmed")
    def delete(self, device: str) -> Response:
        """Sign one of one's own devices out, this one too; a link's access ends with it."""
        return revoked(None, device)


# -- the same for the service ------------------------------------------------------------------


@blp.route("/customers/<string:customer>/devices")
class CustomersDevices(MethodView):
    """A customer's devices."""

    @limited("reads", by_caller)
    @blp.response(200, DevicesOut)
    @blp.fails("not-found", "integrity-failure")
    def get(self, customer: str) -> Response:
        """List the devices that hold a customer's drafts (with the secret key)."""
        return listed(known_id(customer, "cu"))


@blp.route("/customers/<string:customer>/devices/<string:device>")
class CustomersDevice(MethodView):
    """One of a customer's devices."""

    @limited("writes", by_caller)
    @blp.arguments(DeviceName)
    @blp.response(200, DeviceOut)
    @blp.fails("not-found", "integrity-failure", body=True)
    def patch(self, new: dict[str, Any], customer: str, device: str) -> Response:
        """Name one of a customer's devices (with the secret key)."""
        return renamed(known_id(customer, "cu"), device, new["name"])

    @limited("writes", by_caller)
    @blp.response(204, description="It is signed out, at once.")
    @blp.fails("not-found", "integrity-failure", "storage-full", "durability-unconfirmed")
    def delete(self, customer: str, device: str) -> Response:
        """Sign one of a customer's devices out (with the secret key)."""
        return revoked(known_id(customer, "cu"), device)
