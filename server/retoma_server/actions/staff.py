"""Members of staff and the tokens they call with."""

from dataclasses import dataclass, field

from retoma_server.adapters.codec import json_bytes
from retoma_server.adapters.ids import Ids, partition_of
from retoma_server.adapters.stores import Commit, Store, Write
from retoma_server.adapters.tokens import credential_text, hash_secret

from . import records


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A member of staff just added, with the only sight of their token."""

    id: str
    name: str
    token: str = field(repr=False)


def add_staff(store: Store, ids: Ids, tenant: str, name: str) -> NewStaff:
    """Add a member of staff who calls by token."""
    staff = ids.new("st", partition_of(tenant))
    secret = ids.secret()
    body = json_bytes({"name": name, "hash": hash_secret(secret), "disabled": False})
    write = Write(records.staff(tenant, staff), body)
    store.commit(partition_of(staff), Commit({write.key: 0}, [write]))
    return NewStaff(staff, name, credential_text("sf", tenant, subject=staff, secret=secret))
