"""`/v1/staff/devices`: the tablets and tills on which a store's assistants sign in."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import store_devices
from retoma_server.domain.rendering import timestamp
from retoma_server.domain.staff import StoreDevice

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.staff import NewStoreDevice, StoreDeviceOut, StoreDevicesOut
from .staff import set_cookie

YEAR = 365 * 24 * 3_600

blp = Blueprint(
    "store-devices", __name__, url_prefix="/v1/staff/devices", description="A store's tablets and tills."
)


def device_json(device: StoreDevice) -> dict[str, Any]:
    """A registered device."""
    return {
        "id": device.id,
        "name": device.name,
        "store": device.store,
        "registered_at": timestamp(device.registered_at),
    }


@blp.route("")
class StoreDevices(MethodView):
    """A tenant's registered devices."""

    @limited("reads", by_caller)
    @blp.response(200, StoreDevicesOut)
    @blp.fails()
    def get(self) -> Response:
        """List the registered tablets and tills of one's own store (supervisors), or of all (admins)."""
        listed = store_devices.list_devices(deps(), current_caller())
        return json_answer({"items": list(map(device_json, listed))})

    @limited("writes", by_caller)
    @blp.arguments(NewStoreDevice)
    @blp.response(201, StoreDeviceOut)
    @blp.fails(body=True)
    def post(self, new: dict[str, Any]) -> Response:
        """Register this browser for one's own store (supervisors), or for any that is named (admins)."""
        made = store_devices.register_device(deps(), current_caller(), new["name"], new["store"])
        return set_cookie(json_answer(device_json(made.device), 201), "device", made.cookie, YEAR)


@blp.route("/<string:device>")
class OneStoreDevice(MethodView):
    """One registered device."""

    @limited("writes", by_caller)
    @blp.response(204, description="Nobody signs in on it any more, and who had is out.")
    @blp.fails("not-found", "storage-full", "durability-unconfirmed")
    def delete(self, device: str) -> Response:
        """Take a registration back: at once (supervisors of that store, admins)."""
        store_devices.revoke_device(deps(), current_caller(), known_id(device, "sd"))
        return Response(status=204)
