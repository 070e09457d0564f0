"""Promises of the two digits from Python: the phone shows them, the desk picks them."""

import time
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer


@pytest.fixture
def draft(server: RetomaServer) -> retoma.Draft:
    """A draft that holds a value which is not for everybody."""
    service = retoma.Client(server.url, server.secret_key)
    service.processes.register("sensitive", titles={"en": "Loan"}, fields={"/ssn": "restricted"})
    draft = retoma.Client(server.url, server.publishable_key).visitor().draft("sensitive")
    draft.set("ssn", "078-05-1120")
    draft.save()
    return draft


def phone(server: RetomaServer) -> retoma.Client:
    """A device that asks again at once."""
    return retoma.Client(server.url, device="phone", sleep=lambda _: time.sleep(0.05))


def shown_on(server: RetomaServer, link: str) -> tuple["Queue[str]", ThreadPoolExecutor, object]:
    """A phone that waits: what it shows, and the draft that it will have."""
    shown: Queue[str] = Queue()
    pool = ThreadPoolExecutor(1)
    return shown, pool, pool.submit(phone(server).redeem, link, show=shown.put)


def test_the_phone_goes_on_once_its_digits_are_picked(server: RetomaServer, draft: retoma.Draft) -> None:
    """They are among the three that the desk sees, beside the name of the phone."""
    handoff = draft.handoff()
    shown, pool, waiting = shown_on(server, handoff.url or "")
    with pool:
        digits = shown.get(timeout=30)
        [offered] = draft.handoffs()
        assert (offered.id, offered.device, offered.status) == (handoff.id, "phone", "matching")
        assert digits in offered.choices
        draft.confirm(offered, digits)
        assert waiting.result(timeout=30)["ssn"] == "078-05-1120"  # type: ignore[attr-defined]
    assert draft.handoffs() == []


def test_a_wrong_pick_leaves_the_phone_with_nothing(server: RetomaServer, draft: retoma.Draft) -> None:
    """The desk is told that they were wrong, and the link is over."""
    shown, pool, waiting = shown_on(server, draft.handoff().url or "")
    with pool:
        digits = shown.get(timeout=30)
        [offered] = draft.handoffs()
        other = next(each for each in offered.choices if each != digits)
        with pytest.raises(retoma.PermissionDeniedError, match="match-wrong"):
            draft.confirm(offered, other)
        with pytest.raises(retoma.NotFoundError, match="handoff-invalid"):
            waiting.result(timeout=30)  # type: ignore[attr-defined]
        with pytest.raises(retoma.ConflictError, match="handoff-not-waiting"):
            draft.confirm(offered, digits)


def test_who_shows_nothing_is_told_what_is_needed(server: RetomaServer, draft: retoma.Draft) -> None:
    """The refusal has the digits; a handoff without them is for whoever says so."""
    with pytest.raises(retoma.PermissionDeniedError, match="match-required") as refusal:
        phone(server).redeem(draft.handoff().url or "")
    assert len(refusal.value.facts["digits"]) == 2
    spared = phone(server).redeem(draft.handoff(confirm=False).url or "")
    assert spared.id == draft.id
