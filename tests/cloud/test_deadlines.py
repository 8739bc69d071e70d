"""Every public wait ends at its time, in both clients, whatever Heap or a fault does."""

import asyncio
import gzip
import sqlite3
import threading
import time
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from heap_web.cloud import AsyncHeapCloud, Delivery, DeliveryError, HeapCloud, Outbox, OutboxError, Retry
from heap_web.cloud.client import COUNTING
from heap_web.dev.serve.heap_api import Heap
from tests.cloud import odd_heap

SLACK = 2.0
"""Seconds that a loaded machine may take longer."""

Work = Callable[[Any], Awaitable[Any]]


def timed(kind: str, work: Work, **settings: Any) -> tuple[Any, float]:
    """What a client does, and how long it takes. The client for threads is driven by the same text."""

    async def run() -> tuple[Any, float]:
        client = AsyncHeapCloud("11", **settings) if kind == "asyncio" else _Awaitable(HeapCloud("11", **settings))
        begun = time.monotonic()
        try:
            result = await work(client)
            return result, time.monotonic() - begun
        finally:
            await client.close(0)

    return asyncio.run(run())


class _Awaitable:
    """`HeapCloud`, its methods awaited."""

    def __init__(self, client: HeapCloud) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **named: Any) -> Any:
            return getattr(self._client, name)(*arguments, **named)

        return call


@pytest.fixture(params=["threads", "asyncio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each of the clients."""
    return str(request.param)


ODD: list[Callable[[], AbstractContextManager[str]]] = [
    lambda: odd_heap.serving(odd_heap.silent),
    lambda: odd_heap.serving(odd_heap.dripping),
    lambda: odd_heap.serving(odd_heap.dripping_body),
    lambda: odd_heap.serving(odd_heap.whole("503 Busy", b"", "Retry-After: 3600")),
]


@pytest.mark.parametrize("heap_of", ODD, ids=["silent", "dripping", "dripping body", "asks to wait an hour"])
@pytest.mark.parametrize("background", [False, True])
def test_flush_and_close(
    *,
    kind: str,
    heap_of: Callable[[], AbstractContextManager[str]],
    background: bool,
    sqlite_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A flush, and the end of a client, return within their time; the call waits for the next start, and this is
    said.
    """

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann")
        begun = time.monotonic()
        done = await client.flush(0.3)
        flushed = time.monotonic() - begun
        await client.close(0.3)
        return done, flushed

    with heap_of() as url:
        settings = {"outbox": sqlite_url, "base_url": url, "background": background, "linger": 0.0}
        (done, flushed), taken = timed(kind, work, **settings)
    assert done == Delivery(waiting=1)
    said = [
        message for message in caplog.messages if message.startswith("the client is closed: 1 calls wait in sqlite")
    ]
    assert len(said) == 1
    assert flushed < 0.3 + SLACK
    assert taken < 0.6 + 2 * SLACK
    outbox = Outbox(sqlite_url, app_id="11")
    assert outbox.waiting() == 1
    outbox.close()


def test_while_the_background_waits_out_a_fault(kind: str, sqlite_url: str) -> None:
    """Heap cannot be reached and the background pauses for long: a flush still tries at once, and ends at its time."""
    settings: dict[str, Any] = {"outbox": sqlite_url, "base_url": "http://127.0.0.1:9", "linger": 0.0}

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann")
        await asyncio.sleep(0.3)  # the background has failed by now, and waits; if not, the flush does
        return await client.flush(0.4)

    done, taken = timed(kind, work, **settings, retry=Retry(first=12.0))
    assert done == Delivery(waiting=1)
    assert taken < 0.7 + SLACK


def test_a_request_ends_after_the_flush(kind: str, heap: Heap, heap_url: str, sqlite_url: str) -> None:
    """A request that is on its way when a flush's time is over still counts when it is answered."""
    heap.slow = 0.8

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann", message_id="m")
        first = await client.flush(0.2)
        return first, await client.flush(20)

    (first, second), _ = timed(kind, work, outbox=sqlite_url, base_url=heap_url, background=False)
    assert first == Delivery(waiting=1)
    assert second.waiting == 0
    assert heap.arrivals == {"m": 1}


def test_closed_meanwhile(kind: str, sqlite_url: str) -> None:
    """A flush without a time ends when another thread or task closes the client, and tells what it has done."""

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann")
        flush = client.flush if kind == "asyncio" else lambda: asyncio.to_thread(client._client.flush)
        flushing = asyncio.ensure_future(flush())
        await asyncio.sleep(0.2)
        await client.close(0.1)
        return await asyncio.wait_for(flushing, 20)

    with odd_heap.serving(odd_heap.silent) as url:
        done, _ = timed(kind, work, outbox=sqlite_url, base_url=url, background=False)
    assert done == Delivery(waiting=1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (odd_heap.whole("200 OK", b"<!doctype html><title>Log in</title>"), "with a web page"),
        (odd_heap.whole("200 OK", b" \n<html>", "Content-Type: application/json"), "with a web page"),
        (odd_heap.whole("200 OK", gzip.compress(b"<html>"), "Content-Encoding: gzip"), "with a web page"),
        (odd_heap.whole("200 OK", zlib.compress(b"<html>"), "Content-Encoding: deflate"), "with a web page"),
        (odd_heap.whole("407 Proxy", b""), "HTTP 407"),
        (odd_heap.whole("429 Slow", b"", "Retry-After: Sat, 21 Nov 99999999999 12:00:30 GMT"), "HTTP 429"),
        (odd_heap.whole("302 Found", b"", "Location: https://elsewhere.example/"), "HTTP 302"),
        (odd_heap.whole("500 Oops", b"caf\xe9", "Content-Type: text/plain; charset=rot13"), "HTTP 500: caf"),
        (odd_heap.whole("500 Oops", b"caf\xe9", "Content-Type: text/plain; charset=nonsense\0"), "."),
        (odd_heap.whole("503 Busy", b"\x1f\x8b" * 50, "Content-Encoding: gzip"), "compressed"),
        (lambda connection, _: connection.sendall(b"what?\r\n\r\n"), "ProtocolError"),
        (odd_heap.silent, "no answer within 0.3 s"),
        (odd_heap.dripping, "no answer within 0.3 s"),
    ],
)
def test_no_delivery(kind: str, answer: odd_heap.Answering, said: str, sqlite_url: str) -> None:
    """What is no answer of Heap's is none: the call waits, and the error says what came."""

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann")
        with pytest.raises(DeliveryError, match=said):
            await client.flush(20)

    retry = Retry(first=0.001, attempts=2)
    with odd_heap.serving(answer) as url:
        timed(kind, work, outbox=sqlite_url, base_url=url, background=False, timeout=0.3, retry=retry)
    outbox = Outbox(sqlite_url, app_id="11")
    assert outbox.waiting() == 1
    outbox.close()


def test_answers_are_read_to_a_bound(kind: str, sqlite_url: str) -> None:
    """Of an answer without end only the beginning is read."""

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann")
        return await client.flush(20)

    with odd_heap.serving(odd_heap.huge) as url:
        done, _ = timed(kind, work, outbox=sqlite_url, base_url=url, background=False)
    assert done == Delivery(refused=1)
    outbox = Outbox(sqlite_url, app_id="11")
    assert [refusal.reason for refusal in outbox.refusals()] == ["x" * 500]
    outbox.close()


def test_a_locked_outbox(kind: str, heap_url: str, tmp_path: Path) -> None:
    """Another process keeps the whole outbox locked: a flush, a health check and the end of the client still come to
    an end, and say why.
    """
    file = tmp_path / "outbox.db"

    async def work(client: Any) -> None:
        await client.track("E", user_id="ann")
        (client if kind == "asyncio" else client._client).outbox.database.close()  # it is open again when needed
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        try:
            begun = time.monotonic()
            with pytest.raises(OutboxError, match="does not answer"):
                await client.flush(0.3)
            assert time.monotonic() - begun < 0.3 + COUNTING + SLACK
            health = await client.health()
            assert not health.ok
            assert "does not answer" in health.problems[0]
            begun = time.monotonic()
            await client.close(0.3)
            assert time.monotonic() - begun < 0.3 + COUNTING + SLACK
        finally:
            holder.close()

    timed(kind, work, outbox=str(file), base_url=heap_url, background=False)
    outbox = Outbox(file, app_id="11")
    assert outbox.waiting() == 1
    outbox.close()


@pytest.mark.parametrize("timeout", [float("inf"), 1e300, threading.TIMEOUT_MAX * 2])
def test_endless_times(kind: str, timeout: float, heap_url: str, sqlite_url: str) -> None:
    """A time that is longer than a thread can wait is as good as none."""

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann")
        return await client.flush(timeout)

    done, _ = timed(kind, work, outbox=sqlite_url, base_url=heap_url, background=False)
    assert done == Delivery(delivered=1)


@pytest.mark.parametrize("ends", [SystemExit, KeyboardInterrupt, LookupError])
def test_callbacks_that_raise(kind: str, ends: type[BaseException], heap: Heap, heap_url: str, sqlite_url: str) -> None:
    """Whatever a callback raises, the sender's thread lives on: no later flush waits for it in vain."""

    def fail(*_: object) -> None:
        raise ends

    async def work(client: Any) -> Any:
        await client.track("E", user_id="ann")
        first = await client.flush(20)
        await client.track("E", user_id="ann")
        with pytest.raises((RuntimeError, LookupError)):
            await client.flush(20, fail)
        return first, await client.flush(20)

    heap.trouble.append(400)
    (first, last), _ = timed(kind, work, outbox=sqlite_url, base_url=heap_url, background=False, on_refused=fail)
    assert (first, last) == (Delivery(refused=1), Delivery())


def test_waits_in_callbacks(heap: Heap, heap_url: str, sqlite_url: str) -> None:
    """A flush in a callback says that it would wait for itself; a close there ends the client without a wait."""
    said: list[str] = []

    def flush(_: object) -> None:
        try:
            client.flush()
        except RuntimeError as error:
            said.append(str(error))
        client.close()

    heap.trouble.append(400)
    client = HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, on_refused=flush)
    client.track("E", user_id="ann")
    assert client.flush(20).refused == 1
    assert ["would wait for itself" in text for text in said] == [True]


def test_the_event_loop_is_never_blocked(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """While 300 tasks make calls and Heap is slow, the application's loop goes on."""
    heap.slow = 0.2

    async def work() -> float:
        longest = 0.0
        async with AsyncHeapCloud("11", outbox=sqlite_url, base_url=heap_url, linger=0.0) as client:
            calls = asyncio.gather(*(client.track("E", user_id=f"u{n}", message_id=f"m{n}") for n in range(300)))
            while not calls.done():
                begun = time.monotonic()
                await asyncio.sleep(0.001)
                longest = max(longest, time.monotonic() - begun)
            await calls
        return longest

    longest = asyncio.run(work())
    assert len(heap.events) == 300
    assert longest < 1.0
