"""The job, played for real: begun on a desktop, picked up on a phone, finished at the store's console."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

import retoma

from .devices import Counter, Device
from .process import PROCESS
from .transcript import Transcript


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


@dataclass(frozen=True)
class Clerk:
    """Who works in the store: the name that customers read, and by what they sign in, at which console."""

    name: str
    sign_in_name: str
    password: str
    console: str


class Story:
    """Three devices, one draft. `token` is the customer's."""

    def __init__(
        self, server: str, keys: tuple[str, str], clerk: Clerk, token: str, transcript: Transcript
    ) -> None:
        """Take note; `keys` are the publishable and the secret one."""
        self._customer = {"url": server, "publishableKey": keys[0]}
        self._token = token
        self._service = retoma.Client(server, keys[1])
        self._clerk = clerk
        self._says = transcript
        self._figures = Figures()

    def play(self) -> Figures:
        """Play it from the beginning to the end; raises RuntimeError or RetomaError where it breaks."""
        with (
            Device(**self._customer, channel="web", device="desktop", token=self._token) as desktop,
            Device(**self._customer, channel="mobile_web", device="phone") as phone,
            Counter(self._clerk.console) as counter,
        ):
            draft = self._begin(desktop)
            self._go_on(desktop, phone)
            self._come_apart(desktop, phone)
            self._choose(desktop, phone)
            self._help(desktop, counter)
            for device in (desktop, phone):
                device.do("untilCompleted")
        self._count_lost(draft)
        return self._figures

    def _begin(self, desktop: Device) -> str:
        self._says.chapter("An application is begun at home")
        draft: str = desktop.do("open", PROCESS)
        for path, value in (
            ("/name", "Ana Campos"),
            ("/email", "ana@example.com"),
            ("/birthday", "1991-04-02"),
            ("/contact", "email"),
        ):
            self._enter(desktop, "Desktop", path, value)
        desktop.do("saved")
        return draft

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

    def _help(self, desktop: Device, counter: Counter) -> None:
        self._says.chapter("It is finished in the store")
        name = self._clerk.name
        counter.do("signIn", self._clerk.sign_in_name, self._clerk.password)
        self._says.tell(name, "signs in at the console, in a browser")
        code = desktop.do("handoff", "staff")["code"]
        self._says.tell("Desktop", f"shows the code {code}")
        counter.do("help", code)
        hints = [counter.do("hint", path).split()[0] for path in ("/name", "/email")]
        self._says.tell(name, f"enters it, and sees {', '.join(hints)}")
        price = int(counter.do("value", "/home/price"))
        self._says.aside(f"what she may see is whole: a price of {price:,} €")
        for path, value in (
            ("/income/kind", "employed"),
            ("/income/net", 2_450),
            ("/iban", "ES91 2100 0418"),
        ):
            self._serve(counter, path, value, desktop)
        by = desktop.do("author", "/income/net")
        self._says.aside(f"the customer's devices show who it was: {by['name']}, {by['channel']}")
        self._says.aside(f"and the IBAN, once saved, is hidden from her too: {counter.do('hint', '/iban')}")
        counter.do("send")
        self._says.tell(name, "completes the application on behalf of the customer")

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

    def _serve(self, counter: Counter, path: str, value: Any, seen_by: Device) -> None:
        """Fill in a field that nobody has answered yet, as the clerk."""
        began = counter.do("enter", path, value)
        note = self._note_seen(seen_by.do("until", path, value) - began)
        self._figures.entered.append((path, value))
        self._says.enter(self._clerk.name, named(path), value, note)

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


def named(path: str) -> str:
    """A path as a person would call it."""
    return path.strip("/").replace("/", " ")
