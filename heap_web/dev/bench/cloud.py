"""How fast calls go from a server through the outbox to a Heap on loopback, and how fast a killed sender recovers.

`python -m heap_web.dev.bench.cloud [EVENTS]`. Heap's own limits (250 events a second) are lifted for it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from rich.console import Console
from rich.table import Table

from heap_web.cloud import AsyncHeapCloud, HeapCloud, Limits, Message, Outbox
from heap_web.dev.check import postgres
from heap_web.dev.serve.heap_api import elsewhere

EVENTS = 100_000
ONE_BY_ONE = 2_000
TOGETHER = 16
"""Callers that call at the same time: threads, or tasks of an event loop."""
AT_ONCE = 1_000
AMID_REQUEST_S = 0.01
UNLIMITED = Limits(10**12, 10**12, 10**12)
PROPERTIES = {
    "total": 42.5,
    "currency": "EUR",
    "coupon": None,
    "order": {"id": "A-1", "lines": [{"sku": "a", "qty": 1}]},
}


def measure(events: int = EVENTS) -> dict[str, float]:
    """The figures, by name; the unit is the name's end."""
    figures: dict[str, float] = {}
    with elsewhere() as heap, tempfile.TemporaryDirectory() as folder, postgres.server() as server:
        for name, url in (("sqlite", f"sqlite:///{folder}/outbox.db"), ("postgresql", server)):
            figures |= {f"{name}: {what}": value for what, value in _throughput(heap, url, events).items()}
            figures |= {f"{name}: {what}": value for what, value in _recovery(heap, url, events).items()}
    return figures


def _throughput(heap: str, url: str, events: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    with _client(heap, url) as client:
        one_by_one = min(ONE_BY_ONE, events // 10)
        with _timed(figures, "track() one by one, calls/s", one_by_one):
            for n in range(one_by_one):
                client.track("Order Completed", user_id=f"user {n}", properties=PROPERTIES)
        with _timed(figures, f"track() by {TOGETHER} threads, calls/s", one_by_one * 2):
            _by_threads(client, one_by_one * 2 // TOGETHER)
        with _timed(figures, f"track() by {TOGETHER} tasks, calls/s", one_by_one * 2):
            asyncio.run(_by_tasks(client.outbox, heap, one_by_one * 2 // TOGETHER))
        with _timed(figures, "track_many(), calls/s", events):
            for start in range(0, events, AT_ONCE):
                client.track_many(
                    {"event": "Order Completed", "user_id": f"user {n}", "properties": PROPERTIES}
                    for n in range(start, min(start + AT_ONCE, events))
                )
        client.flush()
        with _timed(figures, "into the outbox in bulk, calls/s", events):
            _fill(client, events, "bulk")
        with _timed(figures, "outbox to Heap, events/s", events):
            delivered = client.flush().delivered
        if delivered != events:
            raise RuntimeError(f"{delivered} of {events} events were delivered")
    return figures


def _by_threads(client: HeapCloud, each: int) -> None:
    def work(who: int) -> None:
        for n in range(each):
            client.track("Order Completed", user_id=f"user {who} {n}", properties=PROPERTIES)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def _by_tasks(outbox: Outbox, heap: str, each: int) -> None:
    async def work(who: int) -> None:
        for n in range(each):
            await client.track("Order Completed", user_id=f"user {who} {n}", properties=PROPERTIES)

    client = AsyncHeapCloud("11", outbox=outbox, base_url=heap, background=False)
    await asyncio.gather(*(work(who) for who in range(TOGETHER)))
    await client.close(0)


def _recovery(heap: str, url: str, events: int) -> dict[str, float]:
    """Kills a sender about half way, starts another, and counts what came twice."""
    with _client(heap, url) as client:
        _fill(client, events, "recovery")
    before = _counts(heap)
    killed = _sender(heap, url, events // 2)
    killed.communicate()
    if killed.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the sender to be killed ended with {killed.returncode}")
    second = _sender(heap, url)
    said = json.loads(second.communicate()[0])
    after = _counts(heap)
    if after["events"] - before["events"] != events:
        raise RuntimeError(f"{after['events'] - before['events']} of {events} events arrived")
    return {
        "killed sender, restart to first delivery, s": said["first"],
        "killed sender, sent twice and counted once, events": after["arrivals"] - before["arrivals"] - events,
        "sender's peak memory, MB": said["memory"],
    }


def _sender(heap: str, url: str, most: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "heap_web.dev.bench.cloud", "--send", heap, url, str(most)],
        stdout=subprocess.PIPE,
        text=True,
    )


def _send(heap: str, url: str, most: int) -> None:
    """A sender's life; tells how long it took to the first delivery from the moment it was imported, and its memory.

    `most`: so many events delivered, it is killed amid the next request; 0: it lives.
    """
    begun = time.perf_counter()
    first: list[float] = []
    death = threading.Timer(AMID_REQUEST_S, os.kill, (os.getpid(), signal.SIGKILL))

    def progress(delivered: int, _refused: int) -> None:
        first.append(time.perf_counter() - begun)
        if most and delivered >= most and not death.is_alive():
            death.start()

    with _client(heap, url) as client:
        client.flush(progress=progress)
        if death.is_alive():
            death.join()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"first": first[0], "memory": memory}))


@contextmanager
def _client(heap: str, url: str) -> Iterator[HeapCloud]:
    outbox = Outbox(url, app_id="11")
    client = HeapCloud("11", outbox=outbox, base_url=heap, limits=UNLIMITED, background=False)
    try:
        yield client
    finally:
        client.close(0)
        outbox.close()


def _fill(client: HeapCloud, events: int, name: str) -> None:
    for start in range(0, events, AT_ONCE):
        messages = [
            Message(
                "track", f"user {n}", "Order Completed", PROPERTIES, message_id=f"{client.outbox.url[:6]} {name} {n}"
            )
            for n in range(start, start + AT_ONCE)
        ]
        client.put(entry for message in messages for entry in client.entries(message))


def _counts(heap: str) -> dict[str, int]:
    counts: dict[str, int] = httpx.get(f"{heap}/stats", timeout=30).json()
    return counts


@contextmanager
def _timed(figures: dict[str, float], name: str, calls: int) -> Iterator[None]:
    start = time.perf_counter()
    yield
    figures[name] = calls / (time.perf_counter() - start)


def main(arguments: list[str]) -> int:
    """Measures and shows."""
    if arguments[:1] == ["--send"]:
        _send(arguments[1], arguments[2], int(arguments[3]))
        return 0
    table = Table("figure", "value", title="Calls from a server, through the outbox, to a Heap on loopback")
    for name, value in measure(int(arguments[0]) if arguments else EVENTS).items():
        table.add_row(name, f"{value:,.2f}" if value < 100 else f"{value:,.0f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
