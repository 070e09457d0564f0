"""`/staff/devices`: the tablets and tills on which a store's assistants sign in."""

from flask import Response, request

from retoma_server.actions import staffing, store_devices
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.refusing import words
from retoma_server.console.showing import YEAR, lead, show
from retoma_server.domain.errors import Invalid
from retoma_server.domain.staff import is_name
from retoma_server.http.auth import current_caller, deps, device_cookie
from retoma_server.http.drafts import known_id
from retoma_server.http.staff import set_cookie

SAID = ("registered", "taken-back")


@console.get("/devices")
@staffed("reads")
def devices() -> Response:
    """Which devices are registered, which of them this one is, and how it is."""
    return devices_shown()


def devices_shown(status: int = 200, **values: object) -> Response:
    """The page, with what was typed where that was not taken."""
    listed = store_devices.list_devices(deps(), current_caller())
    stores, said, held = (
        staffing.list_stores(deps(), current_caller()),
        request.args.get("said"),
        device_cookie(),
    )
    about = {"devices": sorted(listed, key=lambda each: -each.registered_at), "stores": stores}
    names = {each.id: each.name for each in stores}
    here = {"this": held.subject if held else None, "said": said if said in SAID else None}
    return show("staff/devices.html", status, names=names, **about, **here, **values)


@console.post("/devices")
@staffed("writes")
def register_device() -> Response:
    """Register the browser that asks."""
    name = request.form.get("name", "").strip()
    try:
        if not is_name(name):
            raise Invalid("name-missing")
        store = request.form.get("store") or None
        made = store_devices.register_device(deps(), current_caller(), name, store)
    except Invalid as refusal:
        return devices_shown(422, refusal=words(said_of(refusal), 422), minutes=1, typed=name)
    return set_cookie(lead("/devices?said=registered"), "device", made.cookie, YEAR)


def said_of(refusal: Invalid) -> str:
    """What the console calls a refusal to register."""
    if refusal.code != "validation-failed":
        return refusal.code
    is_taken = any(each["code"] == "taken" for each in refusal.facts["errors"])
    return "device-name-taken" if is_taken else "store-unknown"


@console.post("/devices/<device>/take-back")
@staffed("writes")
def take_back(device: str) -> Response:
    """Take a registration back: whoever is signed in there is out at once."""
    store_devices.revoke_device(deps(), current_caller(), known_id(device, "sd"))
    return lead("/devices?said=taken-back")
