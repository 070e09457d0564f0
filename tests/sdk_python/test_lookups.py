"""Promises of help without a code to programs: the customer decides, and staff learn of a yes only."""

import uuid

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .people import service
from .test_assist import clerk

WHY = "You asked for help at the counter."


def known(server: RetomaServer, *processes: str) -> tuple[retoma.Client, str]:
    """A customer who has begun some processes, and their number with the shop."""
    name = f"u-{uuid.uuid4()}"
    customer = service(server).customer(name, channel="web")
    for process in processes:
        draft = customer.draft(process)
        draft.set("email", "ann@example.com")
        draft.save()
    return customer, name


def test_the_customer_is_asked_and_says_how_far(server: RetomaServer) -> None:
    """They read who asks and why; staff come in by their yes, write, and may be stopped."""
    customer, name = known(server, "loan")
    lookup = clerk(server, "Sam").assist.look_up("external_id", name, WHY, process="loan")
    (request,) = customer.assist_requests()
    assert (request.id, request.name, request.store, request.reason) == (lookup.id, "Sam", None, WHY)
    assert (request.process, request.draft) == ("loan", customer.draft("loan").id)
    assert request.expires_at == lookup.expires_at
    assert lookup.approved(timeout=0) is None
    helper = request.approve(show_answers=True)
    helped = lookup.approved()
    assert isinstance(helped, retoma.Draft)
    assert (helper.method, helper.scope, helped["email"]) == ("lookup", "edit", "ann@example.com")
    helped.set("income", 3100)
    helped.save()
    assert customer.draft("loan")["income"] == 3100
    helper.stop()
    with pytest.raises(retoma.NotFoundError):
        request.approve()


def test_the_customer_chooses_which(server: RetomaServer) -> None:
    """Where staff name no process; unless they do, nothing is opened."""
    customer, name = known(server, "loan", "mortgage")
    lookup = clerk(server, "Sam").assist.look_up("external_id", name, WHY)
    (request,) = customer.assist_requests()
    assert (request.process, request.draft) == (None, None)
    with pytest.raises(retoma.InvalidRequestError):
        request.approve()
    request.approve(draft=customer.draft("loan").id, scope="view")
    helped = lookup.approved()
    assert helped is not None
    assert (helped.process, helped.assist and helped.assist.scope) == ("loan", "view")


def test_a_no_is_never_heard_of(server: RetomaServer) -> None:
    """Staff are told the same of whoever said no and of nobody, and a code can only be wrong."""
    customer, name = known(server, "loan")
    sam = clerk(server, "Sam")
    lookups = [sam.assist.look_up("external_id", each, WHY) for each in (name, f"u-{uuid.uuid4()}")]
    (request,) = customer.assist_requests()
    request.deny()
    assert customer.assist_requests() == []
    for lookup in lookups:
        assert lookup.approved(timeout=0) is None
        with pytest.raises(retoma.PermissionDeniedError) as refusal:
            lookup.enter_code("471920")
        assert (refusal.value.code, refusal.value.facts["tries_left"]) == ("code-wrong", 4)
        with pytest.raises(retoma.InvalidRequestError) as unsent:
            lookup.send_code()
        assert unsent.value.code == "sending-unavailable"


def test_a_supervisor_looks_unasked_and_the_customer_stops_it(server: RetomaServer) -> None:
    """By number or by draft, masked; an assistant may not, and of somebody unknown there is nothing."""
    customer, name = known(server, "loan")
    eva, why = clerk(server, "Eva", "supervisor"), ("Court order, handed in", "HELP-4711")
    looked = eva.assist.override(*why, kind="external_id", value=name)
    assert isinstance(looked, retoma.Draft)
    assert looked["email"]["$masked"]
    (helper,) = customer.draft("loan").helpers()
    assert (helper.name, helper.method, helper.scope) == ("Eva", "override", "view")
    assert helper.reason == "Court order, handed in (HELP-4711)"
    (seen,) = service(server).get(looked.id).helpers()
    assert (seen.id, seen.reason) == (helper.id, None)
    helper.stop()
    with pytest.raises(retoma.NotFoundError):
        eva.assist.current(looked)
    assert eva.assist.override(*why, draft=looked.id).id == looked.id
    with pytest.raises(retoma.NotFoundError):
        eva.assist.override(*why, kind="external_id", value=f"u-{uuid.uuid4()}")
    with pytest.raises(retoma.PermissionDeniedError):
        clerk(server, "Sam").assist.override(*why, draft=looked.id)
