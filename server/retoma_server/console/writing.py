"""Every write of a member of staff from the console: merged with what was seen, and done once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Plain, change_plainly
from retoma_server.actions.deps import Deps
from retoma_server.actions.once import Once, fingerprint
from retoma_server.domain.assists import Assist


@dataclass(frozen=True, slots=True)
class Submit:
    """One submit of a form: a name that a repetition has too, and what was on screen meanwhile."""

    once: str = field(repr=False)
    seen: int
    epoch: str | None = None


def write(deps: Deps, caller: Caller, assist: Assist, submit: Submit, ops: Sequence[Any]) -> dict[str, Any]:
    """Merge ops into a draft; what meets another answer is kept beside it, and replaces nothing unseen.

    The lease is taken along, or had for longer: whoever has a page open writes as long as no colleague does.
    Raises what `change_plainly` raises.
    """
    once = Once(submit.once, fingerprint(caller.home, [submit.seen, *ops]))
    return change_plainly(
        deps, replace(caller, takes_lease=True), assist.draft, Plain(submit.seen, ops, once, submit.epoch)
    )
