"""Changes as they come over the wire: what is read, and what is refused for ever."""

from typing import Any

import pytest

from retoma_server.domain.changes import (
    MAX_OPS,
    Move,
    Rejected,
    Resolve,
    Seen,
    Set,
    Unset,
    highest_seen,
    read_change,
)

REVISION = 9


def ops(*raw: Any, seen: int | None = 0) -> list[Any]:
    """The ops read from a change with these."""
    return list(read_change({"seq": 1, "ops": list(raw)}, REVISION, seen).ops)


def refusal(*raw: Any, seen: int | None = 0) -> Rejected:
    """Why a change with these ops is refused."""
    with pytest.raises(Rejected) as caught:
        ops(*raw, seen=seen)
    return caught.value


def put(path: str, value: Any = "x", **more: Any) -> dict[str, Any]:
    """An op that sets a value."""
    return {"op": "set", "path": path, "value": value, **more}


def test_every_op_is_read() -> None:
    """Set, unset, resolve and position, each with what was seen."""
    assert ops(
        put("/name", "Ann", seen=3, also={"w_0": 2}),
        {"op": "unset", "path": "/a", "seen": 4},
        {"op": "resolve", "conflict": "cf_1_0", "choice": "stored", "seen": 5},
        {"op": "resolve", "conflict": "cf_1_0", "choice": "value", "value": None, "seen": 5},
        {"op": "position", "step": "income", "cursor": "row 2"},
        {"op": "position", "step": "income"},
    ) == [
        Set("/name", "Ann", Seen(3, {"w_0": 2})),
        Unset("/a", Seen(4)),
        Resolve("cf_1_0", "stored", None, Seen(5)),
        Resolve("cf_1_0", "value", None, Seen(5)),
        Move("income", "row 2"),
        Move("income", None),
    ]


def test_an_object_is_read_leaf_by_leaf() -> None:
    """Setting an object sets each leaf in it; an array stays whole."""
    read = ops(put("/a", {"b": 1, "c/d": [{"e": 2}], "f": {}}))
    assert [(op.path, op.value) for op in read] == [("/a/b", 1), ("/a/c~1d", [{"e": 2}]), ("/a/f", {})]


def test_ops_without_seen_inherit_it() -> None:
    """Plain callers say once what they saw; an op's own word counts first."""
    inherited, own = ops(put("/a"), put("/b", seen=2), seen=7)
    assert (inherited.seen.revision, own.seen.revision) == (7, 2)


def test_a_change_may_do_nothing() -> None:
    """That uses up its number."""
    assert ops() == []


@pytest.mark.parametrize(
    "raw",
    [
        "set",
        None,
        {"op": "set", "path": "/a"},
        {"op": "set", "path": 1, "value": 1},
        {"op": "unset"},
        {"op": "resolve", "conflict": "cf_1_0", "choice": "both"},
        {"op": "resolve", "conflict": "cf_1_0", "choice": "value"},
        {"op": "resolve", "choice": "stored"},
        {"op": "position", "step": ""},
        {"op": "position", "step": "s" * 257},
        {"op": "position", "step": "s", "cursor": 1},
        {"op": "position", "step": "s", "cursor": "é" * 1025},
        put("/a", seen="1"),
        put("/a", seen=True),
        put("/a", seen=-1),
        put("/a", seen=REVISION + 1),
        put("/a", also=["w_0"]),
        put("/a", also={"w 0": 1}),
        put("/a", also={"w_0": -1}),
        put("/a", also={"w_0": True}),
    ],
)
def test_an_op_that_is_not_whole_is_refused(raw: Any) -> None:
    """Missing or wrong parts, and a `seen` that cannot have been."""
    assert refusal(raw).code == "invalid-op"


def test_an_op_without_seen_is_refused_where_none_is_inherited() -> None:
    """Nobody writes blindly."""
    assert refusal(put("/a"), seen=None).code == "invalid-op"


@pytest.mark.parametrize("raw", [{"op": "increment", "path": "/a"}, {}, {"op": None}])
def test_an_op_nobody_knows_is_refused(raw: Any) -> None:
    """Later versions may know more; this one says so."""
    assert refusal(raw).code == "unknown-op"


@pytest.mark.parametrize("broken", [{}, {"ops": None}, {"ops": {"op": "set"}}])
def test_a_change_without_a_list_of_ops_is_refused(broken: dict[str, Any]) -> None:
    """A change is its ops."""
    with pytest.raises(Rejected, match="invalid-op"):
        read_change(broken, REVISION)


@pytest.mark.parametrize("path", ["a", "/~2", "/a" * 33, ""])
def test_a_path_that_addresses_no_leaf_is_refused(path: str) -> None:
    """Malformed, too deep, or the whole draft."""
    assert refusal(put(path)).code == "invalid-path"


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype"])
@pytest.mark.parametrize("op", ["set", "unset"])
def test_names_that_reach_a_prototype_are_refused(name: str, op: str) -> None:
    """As a path, however deep, and as a member of a value."""
    assert refusal({"op": op, "path": f"/a/{name}/b", "value": 1}).code == "forbidden-key"
    assert refusal(put("/a", {"b": {name: 1}})).code == "forbidden-key"


def test_a_masked_value_is_no_value() -> None:
    """What staff were shown in place of a value never overwrites it."""
    masked = {"$masked": True, "hint": "A•••"}
    assert refusal(put("/name", masked)).code == "masked-value-echo"
    assert refusal(put("/home", {"street": masked})).code == "masked-value-echo"
    assert refusal({"op": "unset", "path": "/name/$masked"}).code == "masked-value-echo"


def test_limits_are_exact() -> None:
    """Names up to 256 bytes, texts up to 64 KiB, and 2,000 ops; one more is refused."""
    assert ops(put("/" + "n" * 256), put("/a", "é" * 32_768), put("/l", ["x" * 65_536]))
    assert refusal(put("/" + "é" * 129)).code == "limit-exceeded"
    assert refusal(put("/a", "é" * 32_769)).code == "limit-exceeded"
    assert refusal(put("/a", [{"b": "x" * 65_537}])).code == "limit-exceeded"
    assert len(ops(*[put("/a")] * MAX_OPS)) == MAX_OPS
    assert refusal(*[put("/a")] * (MAX_OPS + 1)).code == "limit-exceeded"
    assert refusal(put("/a", {str(n): n for n in range(MAX_OPS + 1)})).code == "limit-exceeded"


@pytest.mark.parametrize(
    "raw",
    [
        put("/note", "4111 1111 1111 1111"),
        put("/cards", ["none", {"number": 4111111111111111}]),
        put("/4111111111111111", True),
        put("/payment", {"cvv": "123"}),
        put("/payment/cvv/value", "123"),
        put("/payments", [{"cardCvv": "123"}]),
        {"op": "unset", "path": "/4111-1111-1111-1111"},
        {"op": "position", "step": "4111 1111 1111 1111"},
        {"op": "position", "step": "pay", "cursor": "4111 1111 1111 1111"},
    ],
)
def test_card_data_is_refused_wherever_it_stands(raw: Any) -> None:
    """In a value, a name, a path or a position; nor is it kept with the refusal."""
    refused = refusal(raw)
    assert refused.code == "payment-data-refused"
    assert not refused.keeps_payload
    assert "4111" not in (refused.path or "")


def test_the_highest_seen_is_found_in_anything() -> None:
    """It tells a client from another history, whatever else is wrong with what it sent."""
    changes = [{"ops": [put("/a", seen=3), "x", {"seen": True}]}, None, {"ops": 1}, {"ops": [{"seen": 8}]}]
    assert highest_seen(changes) == 8
    assert highest_seen([]) == 0
