"""A draft: read it, edit it, save it, hand it on."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, overload

from ._errors import RejectedError
from ._local import LocalDraft
from ._models import Conflict, Entry, Event, Handoff, Position, Rejection, SaveResult, moment
from ._ops import JSON, Editing, Op, Transaction
from ._paging import items
from ._pointer import ABSENT, pointer, read
from ._syncing import Syncing, new_writer
from ._view import Base

if TYPE_CHECKING:
    from ._client import Client


class Draft(Editing):
    """The saved state of one process for one customer; made by a client.

    Edits are kept here, and shown, until `save()`. They are not kept anywhere else: what is not
    saved ends with this running instance. A draft belongs to one thread.
    """

    def __init__(self, client: "Client", draft: Mapping[str, Any], epoch: str | None) -> None:
        """Hold a draft as the server sent it; `epoch` is that of its ETag, where it came with one."""
        #: The client that this draft speaks through: for a redeemed handoff, one of its own.
        self.client = client
        self._transport = client._transport
        self._syncing = Syncing(self._transport, LocalDraft(new_writer(), Base(draft, epoch)))

    # -- reading ---------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The draft's id."""
        return str(self._stored["id"])

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
        """`open`, `completed`, `discarded` or `expired`."""
        return str(self._stored["status"])

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
    def data(self) -> dict[str, Any]:
        """All fields, with the edits that are not saved yet; a copy that is yours to alter."""
        return copy.deepcopy(self._local.view)

    @property
    def position(self) -> Position | None:
        """Where the customer is, or None when nobody said."""
        there = self._local.position
        return None if there is None else Position(there["step"], there.get("cursor"))

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The conflicts that wait for a choice."""
        return tuple(Conflict.read(each) for each in self._local.conflicts)

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that the server has not acknowledged."""
        return bool(self._local.outbox.changes)

    @property
    def rejected(self) -> tuple[Rejection, ...]:
        """The changes that were refused for good since this draft was made, with all that was in them."""
        return self._local.rejected

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a path, or `default` where there is none; items of a list by index."""
        return copy.deepcopy(read(self._local.view, pointer(path), default))

    def __getitem__(self, path: str) -> Any:
        """The value at a path; raises KeyError where there is none."""
        value = read(self._local.view, pointer(path), ABSENT)
        if value is ABSENT:
            raise KeyError(path)
        return copy.deepcopy(value)

    def __repr__(self) -> str:
        """Its names and revision, never its data: representations end up in logs."""
        return f"<Draft {self.id} {self.process}/{self.key} {self.status} at {self.revision}>"

    # -- editing ---------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Edits that are saved all together or not at all; none are kept when the block raises."""
        transaction = Transaction()
        yield transaction
        self._local = self._local.transacted(transaction._ops)

    @overload
    def resolve(self, conflict: Conflict, choice: Literal["stored", "arriving"]) -> None: ...
    @overload
    def resolve(self, conflict: Conflict, *, value: JSON) -> None: ...
    def resolve(self, conflict: Conflict, choice: str | None = None, *, value: Any = ABSENT) -> None:
        """Settle a conflict: by one of the values that met, or with `value=` by one of your own.

        It is an edit like any other: `save()` sends it. Raises KeyError for a conflict that is not
        open, and TypeError unless exactly one of `choice` and `value` is given.
        """
        if (choice is None) == (value is ABSENT):
            raise TypeError('resolve() takes "stored", "arriving" or value=…, and only one of them')
        self._local = self._local.resolved(conflict.id, choice or "value", value)

    def _edit(self, ops: Iterable[Op]) -> None:
        self._local = self._local.edited(ops)

    # -- saving ----------------------------------------------------------------------------------

    def save(self) -> SaveResult:
        """Send what is not saved, exactly once, and take in what others have changed.

        Conflicts and rejections are in the answer, they do not raise. Whatever does raise leaves
        every unacknowledged edit here: calling again sends the same changes under the same numbers.
        """
        return self._syncing.save()

    def refresh(self) -> None:
        """Take in what others have changed; unsaved edits stay on top."""
        self._syncing.refresh()

    def receive(self, event: Event) -> None:
        """Take in an event of this draft, fetching what it does not carry; others are ignored."""
        if event.draft == self.id and event.delta is not None:
            self._syncing.receive(event.delta)

    def complete(self, *, keep_stored: bool = False) -> None:
        """Save, and close the draft as done; `keep_stored` settles open conflicts by what is stored.

        Raises RejectedError when a change that had to be saved first was refused, and ConflictError
        when others changed the draft since you last looked (`revision-conflict`) or conflicts are
        open (`conflicts-open`); the draft is then still open.
        """
        seen = self._local.base.revision
        saved = self.save()
        if saved.rejected:
            raise RejectedError("changes-rejected", facts={"rejected": saved.rejected})
        # Whoever completes must have seen what is completed: what others changed during the save was not.
        seen = seen if saved.arrived else saved.revision
        self._close({"seen": seen, "keep_stored": keep_stored})

    def discard(self) -> None:
        """Close the draft as not wanted; doing it again does no harm."""
        self._transport.request("DELETE", self._syncing.path)
        self._local = self._local.discarded()

    def history(self) -> Iterator[Entry]:
        """Every change to the draft, newest first."""
        return map(Entry.read, items(self._transport, f"{self._syncing.path}/history", {}))

    # -- handing on ------------------------------------------------------------------------------

    def handoff(self, to: Literal["device", "staff"] = "device", url: str | None = None) -> Handoff:
        """Let another device (link, QR) or staff (short code) go on with what is saved.

        `url` is the page to open instead of the process's own; its origin must be on the tenant's list.
        """
        body = {"to": to} if url is None else {"to": to, "url": url}
        return Handoff.read(self._transport.request("POST", f"{self._syncing.path}/handoffs", body).body)

    def revoke(self, handoff: Handoff) -> None:
        """End a handoff at once, used or not."""
        self._transport.request("DELETE", f"/v1/handoffs/{handoff.id}")

    # -- within ----------------------------------------------------------------------------------

    @property
    def _local(self) -> LocalDraft:
        return self._syncing.local

    @_local.setter
    def _local(self, local: LocalDraft) -> None:
        self._syncing.local = local

    @property
    def _stored(self) -> Mapping[str, Any]:
        return self._local.base.draft

    def _close(self, body: Mapping[str, Any]) -> None:
        # The key follows from what is asked, so that asking again after a lost answer is the same request.
        key = f"{self._local.writer}-{body['seen']}-{'kept' if body['keep_stored'] else 'clean'}"
        reply = self._transport.request("POST", f"{self._syncing.path}/complete", body, key=key)
        self._local = self._local.reread(reply.body, reply.epoch, self._local.writer)
