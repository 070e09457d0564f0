"""Which settings of a Redis keep what the store promises: pure judgement over what Redis reported."""

from collections.abc import Iterator, Mapping

SETTINGS = (
    "appendonly",
    "appendfsync",
    "no-appendfsync-on-rewrite",
    "maxmemory-policy",
    "min-replicas-to-write",
)
"""The settings that are looked at."""


def problems(
    settings: Mapping[str, str], info: Mapping[str, str], *, relaxed: bool, replicas: int
) -> Iterator[str]:
    """One sentence for each promise that cannot be kept.

    `settings` and `info` are the answers of CONFIG GET and INFO, as far as Redis gave any: what it does
    not tell is a problem too, unless `relaxed` says that the operator answers for it.
    """
    unknown = [] if info else ["version", "role", "replicas"]
    unknown += [name for name in SETTINGS if name not in settings]
    if unknown and not relaxed:
        yield f"Redis does not let these be checked: {', '.join(unknown)}."
    yield from _unfit(info, replicas=replicas)
    yield from _unsafe(settings, relaxed=relaxed, replicas=replicas)


def durability(settings: Mapping[str, str], *, relaxed: bool, replicas: int) -> str:
    """What is promised, in words."""
    confirmed = f"; replicas that confirm: {replicas}" if replicas else ""
    if not relaxed:
        return "strict" + confirmed
    if settings.get("appendfsync") == "always":
        return "relaxed, but Redis syncs every write" + confirmed
    return "relaxed: a power loss may take the last two seconds" + confirmed


def _unfit(info: Mapping[str, str], *, replicas: int) -> Iterator[str]:
    """What is wrong with the server itself."""
    if int(info.get("redis_version", "7").partition(".")[0]) < 7:
        yield "Redis must be version 7 or newer, or Valkey."
    if info.get("cluster_enabled", "0") == "1":
        yield "This Redis is a node of a cluster, which is not supported yet."
    if info.get("role", "master") != "master":
        yield "This Redis is a replica and refuses writes."
    if info.get("aof_last_write_status", "ok") != "ok":
        yield "Redis could not write its append-only file the last time."
    if info and int(info.get("connected_slaves", "0")) < replicas:
        yield f"Redis has fewer than {replicas} replicas connected, so writes cannot be confirmed."


def _unsafe(settings: Mapping[str, str], *, relaxed: bool, replicas: int) -> Iterator[str]:
    """What is wrong with how the server is set."""
    required = {"appendonly": {"yes"}, "appendfsync": {"always"}, "maxmemory-policy": {"noeviction"}}
    if relaxed:
        required["appendfsync"] = {"always", "everysec"}
    else:
        required["no-appendfsync-on-rewrite"] = {"no"}
    for name, allowed in required.items():
        value = settings.get(name)
        if value is not None and value not in allowed:
            yield f"Redis has {name} {value}, but needs {' or '.join(sorted(allowed))}."
    if replicas and settings.get("min-replicas-to-write") == "0":
        yield "Redis has min-replicas-to-write 0, but needs at least 1 where replicas must confirm."
