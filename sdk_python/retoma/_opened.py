"""A draft of either kind as this program has it open: its names, saving it, handing it on."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ._errors import RejectedError
from ._help import Assist, Helper, StaffAnswer, entered_by_staff, helpers
from ._models import Entry, Event, Handoff, OfferedHandoff, Position, Rejection, SaveResult, moment
from ._ops import Gathering, Op
from ._paging import items
from ._problems import Reply
from ._stored import Base
from ._syncing import Local, Syncing
from ._transport import Transport

if TYPE_CHECKING:
    from ._client import Client

Gathered = TypeVar("Gathered", bound=Gathering)


class Opened(ABC, Generic[Local]):
    """The saved state of one process for one customer: what forms and carts share; made by a client.

    Edits are kept here, and shown, until `save()`. They are not kept anywhere else: what is not
    saved ends with this running instance. It belongs to one thread.
    """

    def __init__(
        self,
        client: "Client",
        draft: Mapping[str, Any],
        epoch: str | None,
        wish: Mapping[str, Any] | None = None,
    ) -> None:
        """Hold a draft as the server sent it; `epoch` is that of its ETag, where it came with one.

        A `wish` is what to open when there is something to save, for a draft that is not there yet.
        """
        self._syncing = Syncing(client, self._held(Base(draft, epoch)), wish)

    # -- reading ---------------------------------------------------------------------------------

    @property
    def client(self) -> "Client":
        """The client that this draft speaks through: for a redeemed handoff, one of its own."""
        return self._syncing.client

    @property
    def id(self) -> str:
        """The draft's id; empty for a cart that no `save()` has made yet."""
        return self._syncing.id

    @property
    def process(self) -> str:
        """The name of what the customer is doing."""
        return str(self._stored["process"])

    @property
    def key(self) -> str:
        """What tells it from other drafts of the same process and customer."""
        return str(self._stored["key"])

    @property
    def customer(self) -> str:
        """The id of the customer whose draft it is."""
        return str(self._stored["customer"])

    @property
    def status(self) -> str:
        """`open`, `completed`, `discarded` or `expired`.

        Also `claiming` and `merged` (a guest who signs in), and `parked`; of a cart `completing` and
        `unknown` (an order).
        """
        return str(self._stored["status"])

    @property
    def merged_into(self) -> str | None:
        """The id of the customer's draft that a guest's one became, or came into, by a claim; or None."""
        return self._stored.get("merged_into")

    @property
    def revision(self) -> int:
        """The revision that this draft was last told of."""
        return self._local.base.revision

    @property
    def created_at(self) -> datetime | None:
        """When it was begun."""
        return moment(self._stored.get("created_at"))

    @property
    def updated_at(self) -> datetime | None:
        """When it was last changed."""
        return moment(self._stored.get("updated_at"))

    @property
    def expires_at(self) -> datetime | None:
        """When it ends if nobody changes it."""
        return moment(self._stored.get("expires_at"))

    @property
    def position(self) -> Position | None:
        """Where the customer is, or None when nobody said."""
        there = self._local.position
        return None if there is None else Position(there["step"], there.get("cursor"))

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that the server has not acknowledged."""
        return bool(self._local.outbox.changes)

    @property
    def rejected(self) -> tuple[Rejection, ...]:
        """The changes that were refused for good since this draft was made, with all that was in them."""
        return self._local.rejected

    def __repr__(self) -> str:
        """Its names and revision, never its data: representations end up in logs."""
        return f"<{type(self).__name__} {self.id} {self.process}/{self.key} {self.status} at {self.revision}>"

    # -- saving ----------------------------------------------------------------------------------

    def save(self) -> SaveResult:
        """Send what is not saved, exactly once, and take in what others have changed.

        Conflicts, warnings and rejections are in the answer, they do not raise. Whatever does raise
        leaves every unacknowledged edit here: calling again sends the same changes under the same numbers.
        """
        return self._syncing.save()

    def refresh(self) -> None:
        """Take in what others have changed; unsaved edits stay on top."""
        self._syncing.refresh()

    def receive(self, event: Event) -> None:
        """Take in an event of this draft, fetching what it does not carry; others are ignored."""
        if not self.id and event.process == self.process:
            self.refresh()  # somebody else may have made it
        elif event.draft == self.id and event.delta is not None:
            self._syncing.receive(event.delta)

    def discard(self) -> None:
        """Close the draft as not wanted; doing it again does no harm."""
        if self.id:
            self._transport.request("DELETE", self._syncing.path())
        self._local = self._local.discarded()

    def history(self) -> Iterator[Entry]:
        """Every change to the draft, newest first."""
        entries = items(self._transport, f"{self._syncing.path()}/history", {}) if self.id else iter(())
        return map(Entry.read, entries)

    # -- handing on ------------------------------------------------------------------------------

    def handoff(
        self,
        to: Literal["device", "email", "phone", "staff"] = "device",
        url: str | None = None,
        *,
        address: str | None = None,
        language: str | None = None,
        confirm: bool | None = None,
        scope: Literal["view", "edit", "complete"] | None = None,
        show_answers: bool | None = None,
    ) -> Handoff:
        """Let another device (link, QR) or staff (short code) go on with what is saved.

        `url` is the page to open instead of the process's own; its origin must be on the tenant's list. By
        `email` or `phone` a link is sent to an `address`, in a `language` (`en`, `es`), and is in the
        message only; it opens with a code that is then sent there too. With `confirm` another device goes
        on once its two digits were picked (see `handoffs`); None: if the draft holds `restricted` values.
        Staff may `edit` unless `scope` says otherwise, and see personal answers whole with `show_answers`.
        Raises ServerError `sending-failed`, and InvalidRequestError `sending-unavailable` where nothing is
        sent that way.
        """
        more = {"url": url, "address": address, "language": language, "confirm": confirm}
        more |= {"scope": scope, "show_answers": show_answers}
        body = {"to": to, **{name: value for name, value in more.items() if value is not None}}
        return Handoff.read(self._transport.request("POST", f"{self._syncing.path()}/handoffs", body).body)

    def handoffs(self) -> list[OfferedHandoff]:
        """What is on offer; where a device waits for its two digits to be picked, with three choices."""
        shown = self._transport.request("GET", f"{self._syncing.path()}/handoffs").body
        return [OfferedHandoff.read(each) for each in shown["items"]]

    def confirm(self, handoff: Handoff | OfferedHandoff, digits: str) -> None:
        """Let the device go on that shows these digits; any others end the handoff.

        Raises PermissionDeniedError `match-wrong` for those, ConflictError `handoff-not-waiting` where
        none waits.
        """
        self._transport.request("POST", f"/v1/handoffs/{handoff.id}/confirm", {"digits": digits})

    def revoke(self, handoff: Handoff | OfferedHandoff) -> None:
        """End a handoff at once, used or not."""
        self._transport.request("DELETE", f"/v1/handoffs/{handoff.id}")

    # -- help by staff ---------------------------------------------------------------------------

    @property
    def assist(self) -> Assist | None:
        """By which consent this member of staff is in it, as last told; None for everybody else."""
        lease = self.client._leases.get(self.id)
        return None if lease is None else lease.assist

    def helpers(self) -> list[Helper]:
        """Who of staff helps with it now, whoever came last first; for its customer."""
        return helpers(self._transport, self._syncing.path()) if self.id else []

    def entered_by_staff(self) -> list[StaffAnswer]:
        """What staff entered and its customer has neither confirmed nor changed, by path."""
        return entered_by_staff(self._transport, self._syncing.path()) if self.id else []

    # -- within ----------------------------------------------------------------------------------

    @abstractmethod
    def _held(self, base: Base) -> Local:
        """What this kind of draft is held as."""

    @property
    def _transport(self) -> Transport:
        return self._syncing.transport

    @property
    def _local(self) -> Local:
        return self._syncing.local

    @_local.setter
    def _local(self, local: Local) -> None:
        self._syncing.local = local

    @property
    def _stored(self) -> Mapping[str, Any]:
        return self._local.base.draft

    def _ready_for(self, ops: Iterable[Op]) -> None:
        """Make ready for edits; a cart that was ordered gives way to the next one."""

    def _edit(self, ops: Iterable[Op]) -> None:
        self._ready_for(ops)
        self._local = self._local.edited(ops)

    @contextmanager
    def _gathering(self, transaction: Gathered) -> Iterator[Gathered]:
        """Take in what was gathered in a block, if the block ends well."""
        yield transaction
        self._ready_for(transaction._ops)
        self._local = self._local.transacted(transaction._ops)

    def _saved_as_seen(self) -> int:
        """Save; the revision that may be completed, because it is the one that was on screen.

        Whoever completes must have seen what is completed: what others changed during the save was
        not. Raises RejectedError when a change was refused.
        """
        seen = self.revision
        saved = self.save()
        if saved.rejected:
            raise RejectedError("changes-rejected", facts={"rejected": saved.rejected})
        # After a restore the older number may be one that is there again.
        return min(seen, max(saved.revision - 1, 0)) if saved.arrived else saved.revision

    def _complete(self, body: Mapping[str, Any], how: str) -> None:
        # The key follows from what is asked, so that asking again after a lost answer is the same request.
        key = f"{self._local.writer}-{body['seen']}-{how}"
        reply = self._syncing.write(f"{self._syncing.path()}/complete", body, key)
        self._take(reply)

    def _take(self, reply: Reply) -> None:
        """Take in the whole draft from an answer."""
        self._local = self._local.reread(reply.body, reply.epoch, self._local.writer)
