"""Keeping a local draft and the server's in step: the requests, and what each refusal asks for."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ._errors import (
    ClosedError,
    ConflictError,
    InvalidRequestError,
    MergedError,
    NetworkError,
    NotFoundError,
)
from ._local import LocalDraft
from ._models import Conflict, Result, SaveResult
from ._outbox import MAX_BATCH_CHANGES, Change
from ._paging import items
from ._problems import Reply
from ._transport import Transport

if TYPE_CHECKING:
    from ._client import Client

Local = TypeVar("Local", bound=LocalDraft)

#: How often one save may be told to count or to begin anew before that is an error of its own.
MOST_RECOVERIES = 3
#: A customer has one draft of a process and key that is any of these.
UNSETTLED = frozenset({"open", "completing", "unknown", "claiming"})


class Syncing(Generic[Local]):
    """A local draft (`local`) and the way to the server's; what fails leaves `local` able to go on."""

    def __init__(self, client: "Client", local: Local, wish: Mapping[str, Any] | None = None) -> None:
        """Sync a draft that was just opened, or (its id is empty) that `wish` will open."""
        self.client = client
        self.local = local
        self.wish = wish
        #: What has become of changes since a save could last tell.
        self.saving = Saving(self)

    @property
    def transport(self) -> Transport:
        """How the client speaks."""
        return self.client._transport

    @property
    def id(self) -> str:
        """The draft's id; empty until it is opened."""
        return str(self.local.base.draft["id"])

    def path(self) -> str:
        """Where the draft is on the server; one that is only wished for is opened, or made, first."""
        if not self.id:
            reply = self.transport.request("POST", "/v1/drafts", self.wish)
            self.local = self.local.reread(reply.body, reply.epoch, new_writer())
        return f"/v1/drafts/{self.id}"

    def write(self, path: str, body: Mapping[str, Any], key: str | None = None) -> Reply:
        """Send what is to be written, of staff under their lease."""
        lease = self.client._leases.get(self.id)
        if lease is not None:
            return lease.write(path, body, key)
        return self.transport.request("POST", path, body, key=key)

    def look(self) -> None:
        """Take in the draft that is wished for, if it is there; looking makes none."""
        wish = self.wish or {}
        query = {name: wish.get(name) for name in ("process", "customer")}
        for draft in items(self.transport, "/v1/drafts", query):
            same = all(draft[name] == wish[name] for name in ("kind", "key"))
            if same and draft["status"] in UNSETTLED:
                self.local = self.local.reread(draft, None, new_writer())
                return

    def save(self) -> SaveResult:
        """Send every change that is not acknowledged, oldest first, until none is left."""
        saving = self.saving.begun()
        if not self.local.outbox.changes:
            self.follow_claim()
        while self.local.outbox.changes:
            saving.step()
        self.saving = Saving(self)
        return saving.result()

    def refresh(self) -> None:
        """Take in what others have changed; the edits made here stay on top."""
        if not self.id:
            return self.look()
        with suppress(ConflictError, ClosedError):  # a refusal is an answer, and for `save` to raise
            while self.local.holds_news_back:
                self.saving.step()
        self.follow_claim()
        base = self.local.base
        try:
            delta = self.transport.request("GET", self.path(), query={"since": base.cursor}).body
        except ConflictError as error:
            if error.code != "resync":
                raise
            self.reread()
        else:
            self.local.check_not_older(delta["revision"], delta.get("epoch"))
            self.local = self.local.caught_up(delta)

    def reread(self) -> None:
        """Begin again from the whole draft, with the edits made here on top."""
        reply = self.transport.request("GET", self.path())
        self.local = self.local.reread(reply.body, reply.epoch, new_writer())

    def follow_claim(self) -> None:
        """Be the customer's cart where a claim merged this one into it, which the visitor cannot look at."""
        claimant = self.client._claimant
        if claimant is None or not self.id or self.local.holds_news_back:
            return
        with suppress(NotFoundError):  # it was not claimed
            cart = claimant._transport.request("GET", self.path()).body
            if cart.get("merged_into"):
                self.follow(cart["merged_into"])

    def follow(self, into: str | None) -> bool:
        """Be the cart that this one was merged into, with what that one has not; whether it is in reach."""
        for client in filter(None, (self.client, self.client._claimant)):
            with suppress(NotFoundError):
                reply = client._transport.request("GET", f"/v1/drafts/{into}")
                self.local = self.local.merged_into(reply.body, reply.epoch, new_writer())
                self.client = client
                return True
        return False

    def receive(self, delta: Mapping[str, Any]) -> None:
        """Take in a delta that came by an event; fetch what is missing when it does not go on from here."""
        if self.local.holds_news_back:
            return
        same_epoch = self.local.base.in_epoch(delta.get("epoch"))
        self.local = self.local.caught_up(delta)
        if not same_epoch or self.local.base.revision < delta["revision"]:
            self.refresh()


class Saving:
    """One save under way, however often it fails: a batch at a time, and what has become of them so far."""

    def __init__(self, syncing: Syncing[Any]) -> None:
        """Begin with nothing sent."""
        self.syncing = syncing
        self.most = MAX_BATCH_CHANGES
        self.recoveries = 0
        self.results: list[Result] = []
        self.conflicts: dict[str, Conflict] = {}
        self.told = len(syncing.local.rejected)
        self.before = syncing.local

    def begun(self) -> Self:
        """The same, tried once more: what is on screen now is what others may have changed."""
        self.most, self.recoveries, self.before = MAX_BATCH_CHANGES, 0, self.syncing.local
        return self

    def step(self) -> None:
        """Send one batch and take in its answer, or do what its refusal asks for."""
        syncing, path = self.syncing, self.syncing.path()
        batch = syncing.local.outbox.batch(self.most)
        syncing.local = syncing.local.sending(batch)
        body = syncing.local.request(batch)
        try:
            reply = self.ask(f"{path}/changes", body)
        except MergedError as error:
            self.go_on(batch, error)
        except ConflictError as error:
            self.recover(error)
        except InvalidRequestError as error:
            self.isolate(batch, error)
        else:
            self.take(batch, reply.body)

    def ask(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send a batch; when it is refused whole, that is an answer: nothing of it was done.

        A closed draft tells, though, what it had taken of it before.
        """
        try:
            return self.syncing.write(path, body)
        except (ConflictError, ClosedError, InvalidRequestError) as error:
            local = self.syncing.local
            local = local.with_outbox(local.outbox.answered())
            closed = isinstance(error, ClosedError)
            self.syncing.local = local.answered_closed(error.facts.get("results", ())) if closed else local
            raise

    def take(self, batch: tuple[Change, ...], reply: Mapping[str, Any]) -> None:
        """Take in the answer to a batch.

        Raises NetworkError when it answers none of the changes, and LostUpdateError when it is
        older than what the server had acknowledged; nothing is taken in then.
        """
        results = [Result.read(each) for each in results_for(batch, reply)]
        before = self.syncing.local
        before.check_not_older(reply["revision"], reply.get("epoch"))
        self.syncing.local = before.replied(reply)
        self.results += results
        self.conflicts |= {each["id"]: Conflict.read(each) for each in reply.get("conflicts", ())}

    def recover(self, error: ConflictError) -> None:
        """Count on from the number that the server expects, or begin again from the whole draft."""
        self.recoveries += 1
        if self.recoveries > MOST_RECOVERIES:
            raise error
        local = self.syncing.local
        if error.code == "sequence-gap" and error.expected is not None:
            self.syncing.local = local.with_outbox(local.outbox.filled_from(error.expected))
        elif error.code == "resync":
            self.syncing.reread()
        else:
            raise error

    def go_on(self, batch: tuple[Change, ...], error: MergedError) -> None:
        """Go on in the cart that this one was merged into, once it is known which changes are in there.

        Raises NetworkError as `take`, and MergedError where no credential at hand reaches that cart.
        """
        results, revision = results_for(batch, error.facts), self.syncing.local.base.revision
        self.syncing.local = self.syncing.local.answered_late(results)
        had = [each for each in results if each["status"] == "applied"]
        self.results += [Result.read({**each, "status": "replayed", "revision": revision}) for each in had]
        outbox = self.syncing.local.outbox
        if not any(change.sent for change in outbox.changes) and not self.syncing.follow(error.merged_into):
            error.facts = {**error.facts, "not_applied": outbox.waiting(error.code)}
            raise error

    def isolate(self, batch: tuple[Change, ...], error: InvalidRequestError) -> None:
        """Find the change because of which a request cannot even be read, and step over it alone.

        When its empty stand-in is refused too the fault is not the change's: it is put back.
        """
        local = self.syncing.local
        if error.status not in (400, 413, 422):
            raise error
        if len(batch) > 1:
            self.most = 1
        elif batch[0].ops:
            self.syncing.local = local.with_outbox(local.outbox.stepped_over(error.code))
        else:
            self.syncing.local = local.with_outbox(local.outbox.restored())
            raise error

    def result(self) -> SaveResult:
        """What became of the save."""
        local = self.syncing.local
        return SaveResult(
            local.base.revision,
            tuple(self.results),
            tuple(self.conflicts.values()),
            local.rejected[self.told :],
            local.arrived(self.before),
        )


def results_for(batch: tuple[Change, ...], answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The results in an answer; raises NetworkError when it answers none of the changes in a batch."""
    results: Sequence[Mapping[str, Any]] = answer.get("results") or ()
    if {change.seq for change in batch}.isdisjoint(result["seq"] for result in results):
        raise NetworkError("incomplete-answer", retryable=True)
    return results


def new_writer() -> str:
    """A name for a writer that no other has."""
    return f"w_{uuid.uuid4().hex}"


def wish(process: str, key: str, kind: str, customer: str | None) -> dict[str, str]:
    """Which draft of a customer to open, as the server is asked."""
    asked = {"process": process, "key": key, "kind": kind}
    return asked if customer is None else {**asked, "customer": customer}
