"""The job, played through the real SDKs: begun on a desktop, picked up on a phone, finished in the store."""

import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import retoma

from .devices import Device
from .transcript import Transcript

TEXT = {"type": "string", "minLength": 1}
AMOUNT = {"type": "number"}


def answers(**fields: Any) -> dict[str, Any]:
    """The JSON Schema of an object in which all of these must be present."""
    return {"type": "object", "properties": fields, "required": list(fields)}


PROCESS = "mortgage-application"
DESCRIPTION: dict[str, Any] = {
    "titles": {"en": "Your mortgage", "es": "Tu hipoteca"},
    "steps": [
        {"id": "you", "titles": {"en": "You", "es": "Tú"}},
        {"id": "income", "titles": {"en": "Income", "es": "Ingresos"}},
        {"id": "home", "titles": {"en": "Home", "es": "Vivienda"}},
    ],
    "fields": {
        "/contact": "public",
        "/income": "public",
        "/home": "public",
        "/iban": "restricted",
    },
    "groups": ["/address"],
    "schema": answers(
        name=TEXT,
        email=TEXT,
        birthday=TEXT,
        contact=TEXT,
        income=answers(kind=TEXT, net=AMOUNT),
        address=answers(street=TEXT, city=TEXT),
        home=answers(kind=TEXT, price=AMOUNT),
    ),
}
"""The process as the business registers it.

What has no class here is personal; what is not in the schema may be missing when it is completed.
"""


@dataclass
class Figures:
    """What was measured on the way; times in milliseconds.

    `seen` are answers that were on screen when they were replaced, `kept` those that met in a conflict.
    """

    entered: list[tuple[str, Any]] = field(default_factory=list)
    seen: list[tuple[str, Any]] = field(default_factory=list)
    kept: list[tuple[str, Any]] = field(default_factory=list)
    conflicts: int = 0
    seen_after: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def typical(self) -> float:
        """The median time from save to seen on the other device."""
        return median(self.seen_after)


class Story:
    """Three devices, one draft. `token` is the customer's, `staff_token` the clerk's."""

    def __init__(
        self, server: str, keys: tuple[str, str], staff_token: str, token: str, transcript: Transcript
    ) -> None:
        """Take note; `keys` are the publishable and the secret one."""
        self._customer = {"url": server, "publishableKey": keys[0]}
        self._token = token
        self._service = retoma.Client(server, keys[1])
        self._clerk = retoma.Client(server, staff_token, channel="store")
        self._says = transcript
        self._figures = Figures()

    def play(self) -> Figures:
        """Play it from the beginning to the end; raises RuntimeError or RetomaError where it breaks."""
        with (
            Device(**self._customer, channel="web", device="desktop", token=self._token) as desktop,
            Device(**self._customer, channel="mobile_web", device="phone") as phone,
        ):
            self._begin(desktop)
            self._go_on(desktop, phone)
            self._come_apart(desktop, phone)
            self._choose(desktop, phone)
            draft = self._help(desktop, phone)
        self._count_lost(draft)
        return self._figures

    def _begin(self, desktop: Device) -> None:
        self._says.chapter("An application is begun at home")
        desktop.do("open", PROCESS)
        for path, value in (
            ("/name", "Ana Campos"),
            ("/email", "ana@example.com"),
            ("/birthday", "1991-04-02"),
            ("/contact", "email"),
        ):
            self._enter(desktop, "Desktop", path, value)
        desktop.do("saved")

    def _go_on(self, desktop: Device, phone: Device) -> None:
        self._says.chapter("It goes on, on the phone")
        link = desktop.do("handoff", "device")["url"]
        self._says.tell("Desktop", "shows a QR code")
        found = phone.do("redeem", link)
        self._says.tell("Phone", f"scans it and finds {len(found)} answers, {found['name']!r} among them")
        for path, value in (
            ("/home/kind", "flat"),
            ("/home/price", 210_000),
            ("/address/street", "Calle Real 12"),
            ("/address/city", "Vigo"),
        ):
            self._enter(phone, "Phone", path, value, seen_by=desktop)

    def _come_apart(self, desktop: Device, phone: Device) -> None:
        self._says.chapter("The desktop loses its connection, and both type")
        desktop.do("network", "offline")
        self._says.tell("Desktop", "is offline")
        self._enter(desktop, "Desktop", "/name", "Ana Campos Rey", note="kept on the desktop")
        self._enter(desktop, "Desktop", "/notes", "The garage too, please", note="kept on the desktop")
        self._enter(phone, "Phone", "/name", "Ana María Campos")
        phone.do("saved")

    def _choose(self, desktop: Device, phone: Device) -> None:
        self._says.chapter("The desktop returns")
        desktop.do("network", "online")
        desktop.do("saved")
        self._says.tell("Desktop", "is online again")
        (conflict,) = desktop.do("untilConflict")
        self._figures.conflicts += 1
        sides = {side: conflict[side] for side in ("stored", "arriving")}
        self._figures.kept += [(conflict["path"], side["value"]) for side in sides.values()]
        phone.do("untilConflict")
        both = " and ".join(f"{side['value']!r} ({side['by']['device']})" for side in sides.values())
        self._says.aside(
            f"two answers for {conflict['path']}: {both}. Both are kept, both devices show them."
        )
        phone.do("until", "/notes", "The garage too, please")
        self._says.aside("what was typed in other fields has merged by itself")
        phone.do("choose", conflict["id"], "arriving")
        desktop.do("untilSettled")
        self._says.tell("Phone", f"chooses {sides['arriving']['value']!r}")

    def _help(self, desktop: Device, phone: Device) -> str:
        self._says.chapter("It is finished in the store")
        code = desktop.do("handoff", "staff")["code"]
        self._says.tell("Desktop", f"shows the code {code}")
        draft = self._clerk.assist.redeem(code)
        self._says.tell("Marta", f"enters it, and sees {shown(draft['name'])}, {shown(draft['email'])}")
        self._says.aside(f"what she may see is whole: a {draft['home.kind']} for {draft['home.price']:,} €")
        for path, value in (
            ("/income/kind", "employed"),
            ("/income/net", 2_450),
            ("/iban", "ES91 2100 0418"),
        ):
            self._serve(draft, path, value, desktop)
        by = desktop.do("author", "/income/net")
        self._says.aside(f"the customer's devices show who it was: {by['name']}, {by['channel']}")
        draft.refresh()
        self._says.aside(f"and the IBAN, once saved, is hidden from her too: {shown(draft['iban'])}")
        draft.complete()
        self._says.tell("Marta", "completes the application on behalf of the customer")
        for device in (desktop, phone):
            device.do("untilCompleted")
        return draft.id

    def _enter(
        self, device: Device, who: str, path: str, value: Any, seen_by: Device | None = None, note: str = ""
    ) -> None:
        """Fill in a field on a device of the customer, and wait until another shows it."""
        made = device.do("set", path, value)
        self._figures.seen.append((path, made["before"]))
        if seen_by is not None:
            note = self._note_seen(seen_by.do("until", path, value) - made["at"])
        self._figures.entered.append((path, value))
        self._says.enter(who, named(path), value, note)

    def _serve(self, draft: retoma.Draft, path: str, value: Any, seen_by: Device) -> None:
        """Fill in a field as the clerk."""
        self._figures.seen.append((path, draft.get(path)))
        began = time.time() * 1000
        draft.set(path, value)
        draft.save()
        note = self._note_seen(seen_by.do("until", path, value) - began)
        self._figures.entered.append((path, value))
        self._says.enter("Marta", named(path), value, note)

    def _note_seen(self, milliseconds: float) -> str:
        self._figures.seen_after.append(milliseconds)
        return f"seen on the other device after {milliseconds:.0f} ms"

    def _count_lost(self, draft: str) -> None:
        """Compare what was entered with what the service reads back, by the promise that Retoma makes.

        Every answer is in the draft, or was seen by whoever replaced it, or was kept as one of two.
        """
        final = self._service.get(draft)
        figures = self._figures
        accounted = figures.seen + figures.kept
        figures.lost = [
            path
            for path, value in figures.entered
            if final.get(path) != value and (path, value) not in accounted
        ]


def shown(value: Any) -> str:
    """A value as staff get it: a hint where it is masked."""
    return str(value.get("hint", "•••")) if isinstance(value, dict) else repr(value)


def named(path: str) -> str:
    """A path as a person would call it."""
    return path.strip("/").replace("/", " ")
