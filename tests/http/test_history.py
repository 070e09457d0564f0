"""Promises of a draft's history: everything that was changed or refused, by whom, newest first."""

from tests.http.asserting import assert_problem
from tests.http.shop import Shop, new_key, set_op


def test_every_change_is_there_with_its_author(shop: Shop) -> None:
    """Applied, in conflict and rejected ones, with channel, writer, device and the ops as sent."""
    visitor = shop.visitor().sending(Retoma_Device="Laptop", Retoma_Channel="web")
    draft = visitor.begin(name="Ann")
    grant = shop.grant(visitor, draft)
    grant.save(draft, 1, writer="w_2", name="Eve")
    visitor.send(draft, {"seq": 2, "ops": [{"op": "rename"}]})
    rejected, conflict, applied = visitor.history(draft)
    assert applied.keys() == {"revision", "at", "by", "status", "ops"}
    assert (applied["status"], applied["revision"]) == ("applied", 1)
    assert applied["ops"] == [set_op("/name", "Ann", 0)]
    laptop = {"kind": "visitor", "channel": "web", "writer": "w_1", "device": "Laptop", "name": None}
    assert applied["by"] == laptop
    assert (conflict["status"], conflict["by"]["kind"]) == ("conflict", "grant")
    assert (rejected["status"], rejected["code"]) == ("rejected", "unknown-op")


def test_a_history_is_read_page_by_page(shop: Shop) -> None:
    """Nothing twice and nothing left out, while more is added in front."""
    visitor = shop.visitor()
    draft = visitor.begin()
    for number in range(1, 8):
        visitor.save(draft, number, seen=number - 1, a=number)
    path, read = f"/v1/drafts/{draft}/history?limit=3", []
    cursor = ""
    while True:
        page = visitor.get(f"{path}{cursor}").get_json()
        read += [item["revision"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        visitor.plain(draft, visitor.draft(draft)["revision"], set_op("/b", new_key()))
    assert read == [7, 6, 5, 4, 3, 2, 1]


def test_a_cursor_goes_on_with_its_own_history_only(shop: Shop) -> None:
    """400 `invalid-cursor` for another draft's, another tenant's, a list's, a changed one, and words
    (case 67).
    """
    visitor = shop.visitor()
    draft, other = visitor.begin("one", a=1), visitor.begin("two", a=1)
    visitor.save(draft, 2, seen=1, a=2)
    cursor = visitor.get(f"/v1/drafts/{draft}/history?limit=1").get_json()["next"]
    listed = visitor.get("/v1/drafts?limit=1").get_json()["next"]
    for path in (
        f"/v1/drafts/{other}/history?cursor={cursor}",
        f"/v1/drafts/{draft}/history?cursor={listed}",
        f"/v1/drafts/{draft}/history?cursor=x{cursor}",
        f"/v1/drafts/{draft}/history?cursor=word",
        f"/v1/drafts/{draft}/history?cursor=%00",
        f"/v1/drafts/{draft}/history?cursor=%ED%A0%80",
        f"/v1/drafts?cursor={cursor}",
    ):
        assert_problem(visitor.get(path), 400, "invalid-cursor")


def test_a_page_has_a_sensible_size(shop: Shop) -> None:
    """1 to 100 items; anything else, and anything unknown, is 422."""
    visitor = shop.visitor()
    path = f"/v1/drafts/{visitor.begin(a=1)}/history"
    for query in ("limit=0", "limit=101", "limit=x", "limit=1.5", "limit=-1", "limit="):
        assert_problem(visitor.get(f"{path}?{query}"), 422, "validation-failed")
    assert_problem(visitor.get(f"{path}?other=1"), 422, "unknown-field")
    assert visitor.get(f"{path}?limit=100").status_code == 200


def test_a_completed_drafts_history_stays(shop: Shop) -> None:
    """With what came late in it."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 1}, Idempotency_Key=new_key())
    visitor.save(draft, 2, seen=1, name="Anne")
    assert [item["status"] for item in visitor.history(draft)] == ["rejected", "applied"]
