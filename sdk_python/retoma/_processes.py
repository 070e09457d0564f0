"""Processes: what the tenant's customers do, as the tenant describes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from ._models import Process
from ._paging import items
from ._transport import Transport


class Processes:
    """The tenant's processes; made by a client as `client.processes`."""

    def __init__(self, transport: Transport) -> None:
        """Speak through a client's transport."""
        self._transport = transport

    def register(
        self,
        name: str,
        *,
        titles: Mapping[str, str],
        kind: Literal["form", "cart"] = "form",
        url: str | None = None,
        steps: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
        fields: Mapping[str, str] | None = None,
        groups: Sequence[str] = (),
        lookalikes: Sequence[str] = (),
        confirm: Sequence[str] = (),
        customer_only: Sequence[str] = (),
        policies: Mapping[str, str] | None = None,
        retention: Mapping[str, int] | None = None,
        spillover: bool = False,
    ) -> Process:
        """Register a process, or replace its registration; needs a secret key.

        `titles` by language (`{"en": "Mortgage"}`), `kind` of its drafts, `url` where its page
        lives, `steps` in order (`{"id": "you", "titles": {…}}`), `schema` a JSON Schema to complete
        against, `fields` the class of a pointer (public, personal, restricted, never_store), `groups`
        pointers that count as one field, `lookalikes` pointers whose numbers may look like card numbers (a
        loyalty number), `confirm` pointers at which the customer confirms what staff entered, `customer_only`
        those at which staff enter nothing (a signature), `policies` by pointer (incumbent, incoming),
        `retention` in days (`{"open_days": 30, "customer_days": 90, "closed_days": 30, "most_days": None}`).
        With `spillover`, what is added to a cart while it is being ordered goes into the next one.
        """
        given: dict[str, Any] = {
            "url": url,
            "steps": [dict(step) for step in steps],
            "schema": schema,
            "fields": fields,
            "groups": list(groups),
            "lookalikes": list(lookalikes),
            "confirm": list(confirm),
            "customer_only": list(customer_only),
            "policies": policies,
            "retention": retention,
            "spillover": spillover,
        }
        body = {"kind": kind, "titles": dict(titles)}
        body |= {member: value for member, value in given.items() if value}
        return Process.read(self._transport.request("PUT", f"/v1/processes/{quote(name, '')}", body).body)

    def get(self, name: str) -> Process:
        """One process; NotFoundError when it is not registered."""
        return Process.read(self._transport.request("GET", f"/v1/processes/{quote(name, '')}").body)

    def list(self) -> Iterator[Process]:
        """Every registered process."""
        return map(Process.read, items(self._transport, "/v1/processes", {}))
