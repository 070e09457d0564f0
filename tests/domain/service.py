"""The server in memory: the domain's own functions in the order in which a real one calls them."""

import json
from typing import Any

from retoma_server.domain.authors import Author
from retoma_server.domain.changes import Rejected, read_change
from retoma_server.domain.drafts import Draft, delta
from retoma_server.domain.merging import Merge, Outcome
from retoma_server.domain.rendering import delta_json
from retoma_server.domain.rules import Rules
from retoma_server.domain.writers import Result, Writer, check_owner, check_sequence, noted

from .oracle import Oracle

EPOCH = "e1"


class Service:
    """One draft and its writers; the oracle watches every change that is merged."""

    merging: type[Merge] = Merge

    def __init__(self, rules: Rules, oracle: Oracle) -> None:
        """Begin with an empty draft."""
        self.rules = rules
        self.oracle = oracle
        self.draft = Draft("dr_1", "loan", "form", "default", "cu_1", 0, 0, 0)
        self.writers: dict[str, Writer] = {}

    def answer(self, request: str) -> dict[str, Any]:
        """Take a request as it came over the wire, as often as it comes."""
        batch = json.loads(request)
        name = batch["writer"]
        writer = self.writers.get(name, Writer(name, "customer:cu_1"))
        check_owner(writer, "customer:cu_1")
        check_sequence(writer, [change["seq"] for change in batch["changes"]])
        author = Author("customer", "web", name, batch["installation"])
        results = []
        for change in batch["changes"]:
            writer, result = self.take(writer, change, author)
            results.append(result)
        self.writers[name] = writer
        return {"results": results, "delta": self.delta(batch["since"])}

    def take(self, writer: Writer, raw: dict[str, Any], author: Author) -> tuple[Writer, dict[str, Any]]:
        """Do one change, or answer it as it was answered before."""
        seq, mark = raw["seq"], json.dumps(raw["ops"], sort_keys=True)
        if seq <= writer.last:
            known = writer.answered(seq)
            assert known is None or known.fingerprint == mark, "a sent change was altered"
            return writer, {"seq": seq, "status": "replayed"}
        status = self.merge(raw, author)
        done = noted(writer, seq, Result(status, self.draft.revision, mark))
        return done, {"seq": seq, "status": status}

    def merge(self, raw: dict[str, Any], author: Author) -> str:
        """Merge one change, watched by the oracle."""
        before = self.draft
        try:
            change = read_change(raw, before.revision)
            merged, outcome = self.merging(before, author, self.rules, raw["seq"]).run(change)
        except Rejected:
            merged, outcome = before, Outcome("rejected")
        self.draft = merged
        self.oracle.merged((str(author.writer), raw["seq"]), before, merged, outcome.status)
        return outcome.status

    def delta(self, since: int) -> dict[str, Any]:
        """What a device that knows `since` has not heard of yet, over the wire."""
        told: dict[str, Any] = json.loads(json.dumps(delta_json(delta(self.draft, since), EPOCH)))
        return told
