"""A thousand open streams: how long from a save to its arrival, and what a stream costs."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from .machine import family, resident_bytes

STREAMS = 1_000
SAVES = 400
PAUSE = 0.01


@dataclass(frozen=True, slots=True)
class Streams:
    """What was measured with so many streams open; latencies in ms, from before the save is sent."""

    streams: int
    arrived: int
    p50: float
    p99: float
    kilobytes: float


def measure(events: str, api: str, drafts: Path, server: int) -> Streams:
    """Open the streams of as many visitors, save to their drafts in turn, and time the arrivals."""
    lines = [line.split() for line in drafts.read_text().splitlines()[:STREAMS]]
    return asyncio.run(listen_and_save(events, api, lines, server))


async def listen_and_save(events: str, api: str, drafts: list[list[str]], server: int) -> Streams:
    """Listen on every stream in this program while saves are sent from a thread."""
    before = resident_bytes(family(server))
    host, _, port = events.removeprefix("http://").partition(":")
    arrivals: dict[str, asyncio.Future[float]] = {}
    readers = [await open_stream(host, int(port), token) for _, token in drafts]
    tasks = [
        asyncio.create_task(receive(reader, draft, arrivals))
        for (reader, _), (draft, _) in zip(readers, drafts, strict=True)
    ]
    await asyncio.sleep(2)
    held = (resident_bytes(family(server)) - before) / len(drafts) / 1024
    times = await publish(api, drafts, arrivals)
    for task in tasks:
        task.cancel()
    for _, writer in readers:
        writer.close()
    times.sort()
    return Streams(len(drafts), len(times), times[len(times) // 2], times[len(times) * 99 // 100], held)


async def open_stream(host: str, port: int, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open one stream and read until it says that it is ready."""
    reader, writer = await asyncio.open_connection(host, port)
    head = f"GET /v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    while b"event: ready" not in await reader.readline():
        pass
    return reader, writer


async def receive(
    reader: asyncio.StreamReader, draft: str, arrivals: dict[str, "asyncio.Future[float]"]
) -> None:
    """Note when a draft's change arrives."""
    while line := await reader.readline():
        waiting = arrivals.get(draft)
        if line.startswith(b"event: draft-changed") and waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter())


async def publish(
    api: str, drafts: list[list[str]], arrivals: dict[str, "asyncio.Future[float]"]
) -> list[float]:
    """Save to drafts in turn, one at a time, and wait for each save's arrival."""
    times = []
    with requests.Session() as session:
        for number in range(SAVES):
            draft, token = drafts[number * 7 % len(drafts)]
            arrivals[draft] = asyncio.get_running_loop().create_future()
            began = time.perf_counter()
            await asyncio.to_thread(save, session, api, draft, token, number)
            times.append((await asyncio.wait_for(arrivals[draft], 10) - began) * 1000)
            await asyncio.sleep(PAUSE)
    return times


def save(session: requests.Session, api: str, draft: str, token: str, number: int) -> None:
    """Save one field by a writer of its own."""
    ops = [{"op": "set", "path": f"/streams/field_{number}", "value": number, "seen": 0}]
    change = {"writer": f"w_streams_{number}", "changes": [{"seq": 1, "ops": ops}]}
    answer = session.post(
        f"{api}/v1/drafts/{draft}/changes",
        data=json.dumps(change),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=10,
    )
    answer.raise_for_status()
