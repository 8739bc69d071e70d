"""What operators see: callbacks, logs, counts, health, OpenTelemetry; and gzip, a proxy and certificates on the way."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from heap_web.cloud import (
    AsyncHeapCloud,
    DeliveryError,
    HeapCloud,
    Message,
    OutboxError,
    Refusal,
    Retry,
)
from heap_web.cloud.telemetry import Telemetry
from heap_web.core.errors import CallError, ConfigurationError
from heap_web.dev.serve.heap_api import Heap
from tests.cloud import odd_heap

QUICK = Retry(first=0.001, most=0.01, attempts=3)
AWAY = "http://127.0.0.1:9"


@pytest.fixture
def told() -> list[Any]:
    """What the callbacks were told."""
    return []


def test_refusals_are_told(
    heap_url: str, heap: Heap, sqlite_url: str, told: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A 401 in the background is a WARNING with fields, and a call of `on_refused` for each call."""
    heap.trouble.append(401)
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, linger=0.0, on_refused=told.append) as client:
        client.track("E", user_id="ann@example.com", message_id="m")
        client.flush(20)
        assert client.stats().kept_aside == 1
    (refusal,) = told
    assert isinstance(refusal, Refusal)
    assert (refusal.message_id, refusal.status) == ("m", 401)
    (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert record.getMessage().startswith("Heap refused 1 calls with HTTP 401: m. They are kept aside")
    assert record.__dict__["heap_web"] == {"event": "refused", "calls": 1, "status": 401, "path": "/api/track"}
    assert "ann@example.com" not in caplog.text


def test_errors_are_told(sqlite_url: str, told: list[Any]) -> None:
    """What makes the background pause goes to `on_error`; one that fails itself does no harm."""
    twice = threading.Event()

    def on_error(error: Exception) -> None:
        told.append(error)
        if len(told) >= 2:
            twice.set()
        raise ValueError("of the program")

    quick = Retry(first=0.001, most=0.001, attempts=2)
    client = HeapCloud("11", outbox=sqlite_url, base_url=AWAY, linger=0.0, retry=quick, on_error=on_error)
    client.track("E", user_id="ann")
    assert twice.wait(20)
    client.close(0)
    assert all(isinstance(error, DeliveryError) for error in told)


def test_stats_and_health(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """The counts tell what was done, and health that calls do not get through."""
    now = [1_000.0]
    client = HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, retry=QUICK, clock=lambda: now[0])
    with client:
        assert client.health().ok
        client.track("E", user_id="ann")
        now[0] += 400.0
        stats = client.stats()
        assert (stats.waiting, stats.oldest, stats.sending.delivered) == (1, 400.0, 0)
        assert client.health(longest_wait=500).ok
        heap.trouble.extend([503] * 3)
        with pytest.raises(DeliveryError):
            client.flush()
        health = client.health()
        assert not health.ok
        assert health.problems[0].startswith("1 calls wait, the oldest for 400 s; last error: HTTP 503")
        client.flush()
        stats = client.stats()
        assert (stats.waiting, stats.oldest) == (0, None)
        assert (stats.sending.requests, stats.sending.delivered, stats.sending.retries) == (1, 1, 3)
        assert stats.sending.last_delivery == 1_400.0
        assert client.health().ok


def test_health_without_an_outbox(tmp_path: Path) -> None:
    """An outbox that cannot be read is no health, and no exception."""
    client = HeapCloud("11", outbox=tmp_path / "outbox.db", base_url=AWAY, background=False)
    client.outbox.close()
    (tmp_path / "outbox.db").write_bytes(b"no database" * 1_000)
    health = client.health()
    assert (health.ok, health.stats) == (False, None)
    assert "damaged or no database" in health.problems[0]
    client.close(0)


def test_async_operators(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """The asynchronous client tells the same."""

    async def work() -> None:
        async with AsyncHeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False) as client:
            keys = await client.track_many([{"event": "E", "user_id": f"u{n}"} for n in range(3)])
            assert (await client.stats()).waiting == 3
            assert (await client.health()).ok
            await client.flush(20)
            assert list(heap.events) == keys

    asyncio.run(work())


@pytest.fixture
def client(heap_url: str, sqlite_url: str) -> Iterator[HeapCloud]:
    """A client that sends only when told."""
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, retry=QUICK) as client:
        yield client


def test_track_many(client: HeapCloud, heap: Heap) -> None:
    """Many events are taken at once, with their message ids in order; messages of other kinds too."""
    keys = client.track_many(
        [
            {"event": "A", "user_id": "ann", "properties": {"n": 1}},
            {"event": "B", "user_id": 7, "message_id": "mine"},
            Message("page", "ann", name="Home"),
        ]
    )
    assert client.flush().delivered == 3
    assert list(heap.events) == keys
    assert keys[1] == "mine"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"event": "E"}, "call 1: .*without a user id"),
        ({"event": "E", "userId": "ann"}, r"call 1: pass a mapping with some of .*not \['userId'\]"),
        ("E", "call 1: pass a mapping .*, or a Message, not str"),
        ({"user_id": "ann"}, "call 1: an event needs a name"),
        ({"event": "E", "user_id": "ann", "message_id": []}, "call 1: the message id is"),
        ({"event": "E", "user_id": "ann", "timestamp": "soon"}, "call 1: timestamp 'soon' is no time"),
    ],
)
def test_track_many_all_or_none(client: HeapCloud, wrong: Any, said: str) -> None:
    """One that Heap would not take is named by its place, and none is kept."""
    with pytest.raises(CallError, match=said):
        client.track_many([{"event": "E", "user_id": "ann"}, wrong])
    assert client.outbox.waiting() == 0


@pytest.mark.parametrize("wrong", [None, 7, "E", b"E", {"event": "E", "user_id": "ann"}, Message("track", "ann", "E")])
def test_track_many_of_one(client: HeapCloud, wrong: Any) -> None:
    """What is no iterable of calls, a single call among them, is refused with what to pass."""
    with pytest.raises(CallError, match="pass an iterable of calls, such as a list of mappings"):
        client.track_many(wrong)


def test_gzip(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """With `gzip` a large body is sent compressed, a small one as it is."""
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, gzip=True) as client:
        client.track("E", user_id="ann")
        client.flush(20)
        client.track("E", user_id="ann", properties={"text": "x" * 1_000, "more": "y" * 500})
        assert client.flush(20).delivered == 1
    assert (len(heap.events), heap.packed) == (2, 1)


def test_proxy(sqlite_url: str) -> None:
    """A proxy is asked for Heap's address."""
    seen: list[bytes] = []

    def proxy(connection: Any, _: threading.Event) -> None:
        seen.append(connection.getpeername())
        odd_heap.whole("200 OK", b"{}")(connection, _)

    with (
        odd_heap.serving(proxy) as url,
        HeapCloud("11", outbox=sqlite_url, base_url="http://heap.invalid", proxy=url, background=False) as client,
    ):
        client.track("E", user_id="ann")
        assert client.flush(20).delivered == 1
    assert seen


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "heapanalytics.com"}, "base_url 'heapanalytics.com' is no address of a server; pass one such as"),
        ({"base_url": "ftp://heap.example"}, "is no address of a server"),
        ({"base_url": "https://"}, "is no address of a server"),
        ({"base_url": "https://heap.example:port"}, "is no address of a server"),
        ({"base_url": "https://heap.example/?a=1"}, "is no address of a server"),
        ({"base_url": ""}, "is no address of a server"),
        ({"proxy": "no proxy"}, "proxy or verify cannot be used"),
        ({"verify": "/nowhere/ca.pem"}, "proxy or verify cannot be used"),
        ({"timeout": 0}, "timeout 0 lets no request end"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], said: str, sqlite_url: str) -> None:
    """A setting of the way to Heap that cannot work is named before any call is made."""
    with pytest.raises(ConfigurationError, match=said):
        HeapCloud("11", outbox=sqlite_url, **settings)


def test_opentelemetry(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """Where OpenTelemetry is installed, requests are spans and calls are counted by what came of them."""
    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    telemetry = Telemetry(MeterProvider([reader]).get_meter("test"), tracing.get_tracer("test"))
    heap.trouble.extend([503, 403])
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, retry=QUICK) as client:
        client._monitor._telemetry = telemetry
        client.track("E", user_id="ann")
        client.flush(20)
        client.track_many([{"event": "E", "user_id": "ann"}] * 2)
        client.flush(20)
    assert [span.name for span in spans.get_finished_spans()] == ["POST /api/track"] * 3
    statuses = [(span.attributes or {}).get("http.response.status_code") for span in spans.get_finished_spans()]
    assert statuses == [503, 403, 200]
    data = reader.get_metrics_data()
    assert data is not None
    metrics = {m.name: m for r in data.resource_metrics for scope in r.scope_metrics for m in scope.metrics}
    points = {dict(p.attributes or {})["outcome"]: p.value for p in metrics["heap_web.calls"].data.data_points}  # type: ignore[union-attr]
    assert points == {"retries": 1, "refused": 1, "delivered": 2}
    assert metrics["heap_web.request.duration"].data.data_points[0].count == 3  # type: ignore[union-attr]


def test_outbox_error_is_public(tmp_path: Path) -> None:
    """One exception, documented, for all that a database can do."""
    with closing(HeapCloud("11", outbox=tmp_path / "outbox.db", base_url=AWAY, background=False)) as client:
        client.outbox.close()
        (tmp_path / "outbox.db").write_bytes(b"no database" * 1_000)
        with pytest.raises(OutboxError):
            client.track("E", user_id="ann")
