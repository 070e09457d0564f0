"""Promises of help by staff to programs: what staff do in a draft, and what its customer decides."""

from datetime import timedelta

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .people import service, somebody


def clerk(server: RetomaServer, name: str, *roles: str) -> retoma.Client:
    """A member of staff in a store."""
    return retoma.Client(server.url, server.staff(name, *roles), channel="store", retries=0)


def begun(server: RetomaServer, process: str = "loan") -> retoma.Draft:
    """A customer's draft with something in it."""
    draft = somebody(server).draft(process)
    draft.set("email", "ann@example.com")
    draft.save()
    return draft


def code_of(draft: retoma.Draft, **consent: bool) -> str:
    """A code for staff."""
    return draft.handoff(to="staff", **consent).code or ""


def test_both_sides_know_who_helps_how_far_and_until_when(server: RetomaServer) -> None:
    """The draft that staff opened and the customer's list say the same; others' `assist` is None."""
    draft = begun(server)
    helped = clerk(server, "Sam").assist.redeem(code_of(draft))
    (helper,) = draft.helpers()
    assert helped.assist is not None
    assert draft.assist is None
    assert (helper.id, helper.name, helper.store) == (helped.assist.id, "Sam", None)
    assert (helper.scope, helper.shows_answers, helper.method) == ("edit", False, "code")
    assert helper.ends_at - helper.began_at == timedelta(hours=1)
    with pytest.raises(retoma.PermissionDeniedError):
        helped.helpers()


def test_a_customer_shows_the_answers_takes_back_control_and_stops(server: RetomaServer) -> None:
    """Each at once; staff read it in `current`, and what they had not saved is kept."""
    draft, sam = begun(server), clerk(server, "Sam")
    helped = sam.assist.redeem(code_of(draft))
    assert draft.helpers()[0].show_answers(True).shows_answers
    shown = sam.get(draft.id)
    assert isinstance(shown, retoma.Draft)
    assert shown["email"] == "ann@example.com"
    assert draft.helpers()[0].take_back().scope == "view"
    assert sam.assist.current(helped).scope == "view"
    helped.set("income", 1)
    with pytest.raises(retoma.RetomaError):
        helped.save()
    (helper,) = draft.helpers()
    helper.stop()
    helper.stop()
    assert (draft.helpers(), helped.unsaved) == ([], True)
    with pytest.raises(retoma.NotFoundError):
        helper.take_back()
    with pytest.raises(retoma.NotFoundError):
        sam.assist.current(helped)


def test_what_staff_entered_is_named_until_the_customer_confirms_it(server: RetomaServer) -> None:
    """Also after they left. Completing waits for what must be confirmed, and edits before it are kept."""
    service(server).processes.register("confirmed-loan", titles={"en": "Loan"}, confirm=["/income"])
    draft, sam = begun(server, "confirmed-loan"), clerk(server, "Sam")
    helped = sam.assist.redeem(code_of(draft))
    helped.patch({"income": {"net": 1200}, "city": "Leeds"})
    helped.save()
    sam.assist.leave(helped)
    assert [(each.path, each.name, each.confirm) for each in draft.entered_by_staff()] == [
        ("/city", "Sam", False),
        ("/income/net", "Sam", True),
    ]
    draft.refresh()
    with pytest.raises(retoma.ConflictError) as refusal:
        draft.complete()
    assert refusal.value.code == "confirmation-needed"
    draft.go_to("end")
    draft.confirm_answers("income")
    assert draft["income.net"] == 1200
    draft.save()
    assert draft.position == retoma.Position("end", None)
    assert [each.path for each in draft.entered_by_staff()] == ["/city"]
    draft.complete()


def test_who_leaves_is_out_and_leaves_once(server: RetomaServer) -> None:
    """Nothing opens the draft then, and a draft that one was never in is a mistake in the program."""
    draft, sam = begun(server), clerk(server, "Sam")
    helped = sam.assist.redeem(code_of(draft))
    sam.assist.leave(helped)
    assert (draft.helpers(), helped.assist) == ([], None)
    with pytest.raises(retoma.NotFoundError):
        helped.refresh()
    for verb in (sam.assist.leave, sam.assist.journey, sam.assist.current, sam.assist.take_over):
        with pytest.raises(ValueError, match="was not let into"):
            verb(draft)


def test_a_supervisor_reads_one_answer_and_takes_over(server: RetomaServer) -> None:
    """For a reason; an assistant may do neither."""
    draft = begun(server)
    sam, eva = clerk(server, "Sam"), clerk(server, "Eva", "supervisor")
    first, second = sam.assist.redeem(code_of(draft)), eva.assist.redeem(code_of(draft))
    with pytest.raises(retoma.PermissionDeniedError):
        sam.assist.reveal(first, "email", "To spell it back")
    assert eva.assist.reveal(second, "email", "To spell it back") == "ann@example.com"
    first.set("income", 1)
    first.save()
    second.set("income", 2)
    with pytest.raises(retoma.LeaseLostError):
        second.save()
    eva.assist.take_over(second)
    second.save()
    with pytest.raises(retoma.PermissionDeniedError):
        sam.assist.take_over(first)
