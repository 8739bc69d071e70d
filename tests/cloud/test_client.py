"""The clients against a Heap on loopback."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from heap_web.cloud import AsyncHeapCloud, Delivery, DeliveryError, HeapCloud, Limits, Message, Outbox, Retry
from heap_web.core.errors import CallError, ConfigurationError
from heap_web.dev.serve.heap_api import Heap

QUICK = Retry(first=0.001, most=0.01, attempts=6)


@pytest.fixture
def client(heap_url: str, sqlite_url: str) -> Iterator[HeapCloud]:
    """A client that sends only when told."""
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, retry=QUICK) as client:
        yield client


def test_calls(client: HeapCloud, heap: Heap) -> None:
    """Every kind of call reaches Heap in its documented shape."""
    client.identify("ann", {"plan": "pro", "since": datetime(2026, 1, 2, tzinfo=UTC)})
    keys = [
        client.track("Order Completed", user_id="ann", properties={"total": 42}, timestamp="2026-01-31T12:00:00Z"),
        client.page("Home", user_id="ann", message_id="the message id"),
        client.screen("Dashboard", user_id=7),
    ]
    assert client.flush() == Delivery(delivered=4)
    assert heap.users == {"ann": {"plan": "pro", "since": "2026-01-02T00:00:00.000Z"}}
    assert list(heap.events) == keys
    assert keys[1] == "the message id"
    assert heap.events[keys[0]] == {
        "identity": "ann",
        "event": "Order Completed",
        "timestamp": "2026-01-31T12:00:00.000Z",
        "properties": {"total": 42},
        "idempotency_key": keys[0],
    }
    assert [heap.events[key]["event"] for key in keys[1:]] == ["Page viewed", "Screen viewed"]


def test_time_of_the_call(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """An event without a time has that of the call, not that of its delivery."""
    now = [1_000_000.0]
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, clock=lambda: now[0]) as client:
        key = client.track("E", user_id="ann")
        now[0] += 86_400
        client.flush()
    assert heap.events[key]["timestamp"] == "1970-01-12T13:46:40.000Z"


def test_partner_endpoints(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """With api="integrations" the partner endpoints are told, also of anonymous users."""
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, api="integrations", background=False) as client:
        client.track("E", anonymous_id="anon-1", properties={"lines": [{"sku": "a"}]}, message_id="message 1")
        client.identify("ann", {"plan": "pro"})
        client.flush()
    assert heap.events["message 1"]["user_identifier"] == {"anonymous_id": "anon-1"}
    assert heap.events["message 1"]["custom_properties"]["lines.0.sku"] == "a"
    assert heap.users == {"ann": {"plan": "pro"}}


def test_no_user(client: HeapCloud, heap: Heap) -> None:
    """A call without a user id is refused before anything is kept or sent."""
    with pytest.raises(CallError, match="without a user id"):
        client.track("E", properties={"a": 1})
    with pytest.raises(CallError, match="without a user id"):
        client.identify("", {"a": 1})
    assert client.flush() == Delivery()
    assert not heap.answers


def test_values_are_those_of_the_call(client: HeapCloud, heap: Heap) -> None:
    """What the caller does to its objects afterwards changes nothing."""
    properties: dict[str, Any] = {"list": [1]}
    key = client.track("E", user_id="ann", properties=properties)
    properties["list"].append(2)
    client.flush()
    assert heap.events[key]["properties"] == {"list": "[1]"}


def test_same_key_on_every_retry(client: HeapCloud, heap: Heap) -> None:
    """Answers lost and servers busy: the event arrives more than once and counts once."""
    key = client.track("E", user_id="ann")
    heap.trouble.extend([503, "drop", (429, {"Retry-After": "0"}), "drop"])
    assert client.flush() == Delivery(delivered=1)
    assert list(heap.events) == [key]
    assert heap.arrivals[key] == 3


def test_refusals(client: HeapCloud, heap: Heap) -> None:
    """What Heap says no to is reported with what it said; the rest arrives."""
    client.track("E", user_id="ann", message_id="good")
    client.put(client.entries(Message("track", "bob", "E", message_id="bad")))
    heap.trouble.extend([400, 200, 400])
    done = client.flush()
    assert (done.delivered, done.refused) == (1, 1)
    (refusal,) = client.refusals()
    assert (refusal.message_id, refusal.status) == ("bad", 400)
    assert json.loads(refusal.reason) == {"error": "told to answer 400"}


def test_heap_is_away(heap_url: str, sqlite_url: str, heap: Heap) -> None:
    """Heap cannot be reached: flush says so, nothing is lost, the next start delivers."""
    with HeapCloud("11", outbox=sqlite_url, base_url="http://127.0.0.1:9", background=False, retry=QUICK) as client:
        client.track("E", user_id="ann")
        with pytest.raises(DeliveryError, match=r"ConnectError: .* 1 are safe in the outbox"):
            client.flush()
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False) as client:
        assert client.flush().delivered == 1


def test_flush_timeout(client: HeapCloud, heap: Heap) -> None:
    """A flush with a timeout leaves the rest for later."""
    client.track("E", user_id="ann")
    heap.trouble.append((503, {"Retry-After": "60"}))
    assert client.flush(timeout=0.05) == Delivery(waiting=1)
    assert client.flush() == Delivery(delivered=1)


def test_background(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """A thread of its own sends, also what a predecessor left; leaving the block sends the rest."""
    dead = HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False)
    dead.track("left behind", user_id="ann", message_id="left behind")
    dead.close(0)
    arrived = threading.Event()
    take = heap.take

    def taken(path: str, body: Any) -> None:
        take(path, body)
        arrived.set()

    heap.take = taken  # type: ignore[method-assign]
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, linger=0.0) as client:
        assert arrived.wait(20)
        client.track("E", user_id="ann", message_id="new")
    assert set(heap.events) == {"left behind", "new"}


def test_background_lives_on(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """A Heap that is away for long does not end the background sender."""
    quick = Retry(first=0.001, most=0.001, attempts=2)
    heap.trouble.extend([503] * 7)
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, linger=0.0, retry=quick) as client:
        client.track("E", user_id="ann", message_id="m")
        for _ in range(2_000):
            if client.outbox.waiting() == 0:
                break
            threading.Event().wait(0.01)
        assert set(heap.events) == {"m"}


def test_threads(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """Calls may come from many threads while the background sender works."""
    with HeapCloud(
        "11", outbox=sqlite_url, base_url=heap_url, linger=0.0, limits=Limits(10**6, 10**6, 10**6)
    ) as client:

        def work(n: int) -> None:
            for m in range(25):
                client.track("E", user_id=f"user {n}", message_id=f"{n} {m}")

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(heap.events) == {f"{n} {m}" for n in range(4) for m in range(25)}
    assert set(heap.arrivals.values()) == {1}


def test_given_outbox(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """An outbox that is passed in stays open."""
    outbox = Outbox(sqlite_url, app_id="11")
    with HeapCloud("11", outbox=outbox, base_url=heap_url, background=False) as client:
        client.track("E", user_id="ann")
    assert outbox.waiting() == 0
    assert len(heap.events) == 1
    outbox.close()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"app_id": "my app"}, "is no Heap App ID; pass the number"),
        ({"app_id": ""}, "is no Heap App ID"),
        ({"app_id": None}, "is no Heap App ID"),
        ({"app_id": "11", "region": "EU"}, "region 'EU' is unknown; pass 'us' or 'eu' .*'eu'"),
        ({"app_id": "11", "api": "integration"}, "api 'integration' is unknown.*'integrations'"),
        ({"app_id": "11", "linger": "1"}, "linger '1' is no time; pass seconds"),
        ({"app_id": "11", "linger": -1}, "linger -1 is no time"),
        ({"app_id": "11", "timeout": None}, "timeout None is no time"),
        ({"app_id": "11", "timeout": 0}, "timeout 0 lets no request end"),
        ({"app_id": "11", "timeout": float("nan")}, "timeout nan is no time"),
        ({"app_id": "11", "limits": 5}, "limits must be a Limits, not int"),
        ({"app_id": "11", "retry": 5}, "retry must be a Retry, not int"),
        *(
            ({"app_id": "11", "base_url": url}, "is no address of a server")
            for url in (
                "localhost:80",
                "http:// h",
                "http://h/a b",
                "http://h\nh",
                "http://h\\h",
                "http://h?q",
                b"h",
                7,
            )
        ),
    ],
)
def test_wrong_settings(settings: dict[str, Any], said: str, sqlite_url: str) -> None:
    """A setting that cannot work is named, with what to pass."""
    with pytest.raises(ConfigurationError, match=said):
        HeapCloud(**settings, outbox=sqlite_url)


@pytest.mark.parametrize(("region", "url"), [("us", "https://heapanalytics.com"), ("eu", "https://c.eu.heap-api.com")])
def test_regions(region: str, url: str, sqlite_url: str) -> None:
    """Each data centre has its host."""
    client = HeapCloud("11", region, outbox=sqlite_url, background=False)
    assert client._calls.base_url == url
    client.close(0)


def test_async(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """The asynchronous client does the same, and many calls at once."""

    async def work() -> Delivery:
        async with AsyncHeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False, retry=QUICK) as client:
            await client.identify("ann", {"plan": "pro"})
            await client.page("Home", user_id="ann")
            await client.screen("Home", user_id="ann")
            await asyncio.gather(*(client.track("E", user_id=f"u{n}", message_id=f"m{n}") for n in range(50)))
            with pytest.raises(CallError):
                await client.track("E")
            heap.trouble.extend([503, "drop"])
            return await client.flush()

    assert asyncio.run(work()).delivered == 53
    assert {f"m{n}" for n in range(50)} < set(heap.events)
    assert len(heap.events) == 52
    assert heap.users == {"ann": {"plan": "pro"}}


def test_async_background(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """A task of its own sends; leaving the block in the midst of a request loses and doubles nothing."""

    async def work() -> None:
        async with AsyncHeapCloud("11", outbox=sqlite_url, base_url=heap_url, linger=0.0, retry=QUICK) as client:
            for n in range(30):
                await client.track("E", user_id=f"u{n}", message_id=f"m{n}")
                await asyncio.sleep(0)

    asyncio.run(work())
    assert set(heap.events) == {f"m{n}" for n in range(30)}
    outbox = Outbox(sqlite_url, app_id="11")
    assert outbox.waiting() == 0
    outbox.close()


def test_async_cancelled(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """A flush that is cancelled leaves its calls to the next."""

    async def work() -> Delivery:
        async with AsyncHeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False) as client:
            await client.track("E", user_id="ann")
            heap.trouble.append((503, {"Retry-After": "60"}))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.flush(), 0.3)
            return await client.flush()

    assert asyncio.run(work()) == Delivery(delivered=1)


def test_in_a_browser() -> None:
    """In Pyodide the import says that Heap's API for servers takes no browsers, and what to use."""
    code = "import sys; sys.platform = 'emscripten'; import heap_web.cloud"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: heap_web.cloud is for servers" in done.stderr
    assert "use heap_web.load(app_id)" in done.stderr


@pytest.mark.parametrize("missing", ["httpx", "sqlalchemy"])
def test_without_the_extra(missing: str) -> None:
    """Without its extra the import says what to install."""
    code = f"import sys; sys.modules[{missing!r}] = None; import heap_web.cloud"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'heap-web[cloud]'" in done.stderr


def test_the_core_is_free_of_it() -> None:
    """The package itself imports nothing of the server half."""
    code = "import sys, heap_web; print([m for m in sys.modules if m.split('.')[0] in ('httpx', 'sqlalchemy', 'ibis')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_after_close(heap_url: str, heap: Heap, sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A call after the end is kept, and one line says that it waits; another `with` block sends again."""
    client = HeapCloud("11", outbox=sqlite_url, base_url=heap_url)
    client.close()
    for message_id in ("a", "b"):
        client.track("E", user_id="ann", message_id=message_id)
    assert [record.message.split(":")[0] for record in caplog.records] == ["the client is closed"]
    assert heap.events == {}
    with client:
        client.track("E", user_id="ann", message_id="c")
    assert set(heap.events) == {"a", "b", "c"}
    assert len(caplog.records) == 1


def test_used_by_one_event_loop_after_another(heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """One client serves `asyncio.run` again and again, each with its own `async with`."""
    client = AsyncHeapCloud("11", outbox=sqlite_url, base_url=heap_url)

    async def work(message_id: str) -> None:
        async with client:
            await client.track("E", user_id="ann", message_id=message_id)

    for message_id in ("a", "b"):
        asyncio.run(work(message_id))
        assert heap.arrivals[message_id] == 1


@pytest.mark.parametrize("first", ["public", "integrations"])
def test_one_user_of_two_endpoints(first: str, heap_url: str, heap: Heap, sqlite_url: str) -> None:
    """Older properties do not overtake newer ones that were sent to the other endpoint."""
    outbox = Outbox(sqlite_url, app_id="11")
    apis = ("public", "integrations") if first == "public" else ("integrations", "public")
    older, newer = (HeapCloud("11", outbox=outbox, base_url=heap_url, background=False, api=api) for api in apis)
    heap.trouble.append(400)
    older.identify("ann", {"plan": "free", "age": 7})
    assert older.flush(20).refused == 1
    newer.identify("ann", {"plan": "pro"})
    newer.flush(20)
    assert outbox.retry_refused() == 1
    older.flush(20)
    assert heap.users == {"ann": {"plan": "pro", "age": 7}}
    outbox.close()
