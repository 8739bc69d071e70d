"""The clients: calls go into the outbox at once, and from there to Heap in the background or at `flush()`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import httpx

from heap_web.cloud.calls import Calls, message_of
from heap_web.cloud.delivery import Answer, Delivery, Fault, Post, Sender, Wait, Way
from heap_web.cloud.entries import Entry
from heap_web.cloud.errors import DeliveryError
from heap_web.cloud.messages import Message
from heap_web.cloud.outbox import Outbox, Refusal
from heap_web.cloud.pacing import Limits, Pacer
from heap_web.cloud.retry import Retry

if TYPE_CHECKING:
    from typing import Literal, TypedDict, Unpack

    Region = Literal["us", "eu"]

    class Keywords(TypedDict, total=False):
        """The clients' settings by name, as `_Client` takes them; what each means stands with `HeapCloud`."""

        outbox: Where
        api: Literal["public", "integrations"]
        base_url: str | None
        background: bool
        linger: float
        timeout: float
        limits: Limits | None
        retry: Retry | None
        clock: Callable[[], float]


LINGER = 1.0
"""Seconds that the background sender waits after a call for others to share its request."""
IDLE = 60.0
"""Seconds after which the background sender looks for calls that another process has left, even if none was made
here.
"""
LONGEST_TEXT = 500
"""Characters kept of what Heap said."""

_log = logging.getLogger("heap_web.cloud")

T = TypeVar("T")
MessageId = TypeVar("MessageId")
"""A message id as a client gives it: `str`, or one to await."""
Where = Outbox | str | os.PathLike[str] | None


class _Client(Generic[MessageId]):
    """What both clients share: their settings, outbox, sender and calls."""

    def __init__(
        self,
        app_id: str,
        region: str = "us",
        *,
        outbox: Where = None,
        api: str = "public",
        base_url: str | None = None,
        background: bool = True,
        linger: float = LINGER,
        timeout: float = 30.0,
        limits: Limits | None = None,
        retry: Retry | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._calls = Calls(app_id, region, api, clock, base_url)
        self.outbox = outbox if isinstance(outbox, Outbox) else Outbox(outbox, app_id=self._calls.app_id, clock=clock)
        """Where the calls wait."""
        self._owns_outbox = self.outbox is not outbox
        self._background = background
        self._linger = linger
        self._timeout = timeout
        self._limits = limits or Limits()
        self._pacer = Pacer(self._limits)
        self._retry = retry or Retry()
        self._clock = clock

    @property
    def api(self) -> str:
        """Which of Heap's endpoints are told: "public" or "integrations"."""
        return self._calls.api

    def identify(
        self, user_id: str | float, traits: Mapping[str, Any] | None = None, *, message_id: str | None = None
    ) -> MessageId:
        """Sets a user's properties. Durable when it returns; gives the message id.

        Raises `CallError` if there is no user id (a text that is not blank, or a number other than 0).
        """
        return self.send(message_of("identify", user_id, traits=traits, message_id=message_id))

    def track(
        self,
        event: str,
        *,
        user_id: str | float | None = None,
        properties: Mapping[str, Any] | None = None,
        timestamp: object = None,
        message_id: str | None = None,
        anonymous_id: str | None = None,
    ) -> MessageId:
        """Records an event of a user. Durable when it returns; gives the message id, which is its idempotency key.

        `timestamp`: a datetime, ISO 8601 text or milliseconds since 1970; now by default. `anonymous_id`:
        `api="integrations"` only. Raises `CallError` for an event without a user id or a name, or with a name or id
        longer than Heap takes.
        """
        return self.send(
            message_of(
                "track",
                user_id,
                event=event,
                properties=properties,
                timestamp=timestamp,
                message_id=message_id,
                anonymous_id=anonymous_id,
            )
        )

    def page(
        self,
        name: str | None = None,
        *,
        user_id: str | float | None = None,
        properties: Mapping[str, Any] | None = None,
        timestamp: object = None,
        message_id: str | None = None,
    ) -> MessageId:
        """Records the event `Page viewed`, with the property `name`. Otherwise as `track`."""
        return self.send(
            message_of("page", user_id, name=name, properties=properties, timestamp=timestamp, message_id=message_id)
        )

    def screen(
        self,
        name: str | None = None,
        *,
        user_id: str | float | None = None,
        properties: Mapping[str, Any] | None = None,
        timestamp: object = None,
        message_id: str | None = None,
    ) -> MessageId:
        """Records the event `Screen viewed`, with the property `name`. Otherwise as `track`."""
        return self.send(
            message_of("screen", user_id, name=name, properties=properties, timestamp=timestamp, message_id=message_id)
        )

    def send(self, message: Message) -> MessageId:
        """Takes one call; gives its message id."""
        raise NotImplementedError

    def refusals(self) -> Iterator[Refusal]:
        """The calls that Heap said no to, with what it said, oldest first. They are kept: see
        `Outbox.retry_refused`.
        """
        return self.outbox.refusals()

    def _sender(self, progress: Callable[[int, int], None] | None = None) -> Sender:
        return Sender(
            self.outbox,
            self._calls.base_url,
            pacer=self._pacer,
            retry=self._retry,
            clock=self._clock,
            progress=progress,
        )

    def _http_settings(self) -> dict[str, Any]:
        return {
            "headers": {"Content-Type": "application/json", "User-Agent": "heap-web"},
            "timeout": self._timeout,
            # Certificates take a while to load; a plain address, for tests and proxies, has none to check.
            "verify": self._calls.base_url.startswith("https:"),
        }


class HeapCloud(_Client[str]):
    """Sends calls from a server to Heap. Use it as a context manager, from any thread.

    `app_id`: the environment's id. `region`: "us" or "eu", where the data is kept. `outbox`: an `Outbox`, an SQLAlchemy
    URL or a file's path. `api`: "public", or "integrations" for the endpoints for partners. `background`: send from a
    thread of its own; without it only `flush()` and leaving the `with` block send. `linger`: seconds the thread waits
    after a call for others to share the request. `timeout`: seconds for Heap to answer. `limits`, `retry`: Heap's
    documented limits, and how faults are waited out. `base_url`: another address for Heap, for tests and proxies.

    Raises `ConfigurationError` for settings that cannot work.
    """

    def __init__(self, app_id: str, region: Region = "us", **settings: Unpack[Keywords]) -> None:
        super().__init__(app_id, region, **settings)
        self._http = httpx.Client(**self._http_settings())
        self._sending = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()

    def send(self, message: Message) -> str:
        """Takes one call, such as `from_segment` makes of a Segment message; gives its message id."""
        key, entries = self._calls.entries(message)
        self.put(entries)
        return key

    def entries(self, message: Message) -> tuple[Entry, ...]:
        """What a call becomes, for `put`. Raises `CallError`."""
        return self._calls.entries(message)[1]

    def put(self, entries: Iterable[Entry], *, checkpoint: tuple[str, str] | None = None) -> None:
        """Takes many calls in one transaction: far faster than one by one. See `Outbox.put`."""
        self.outbox.put(list(entries), checkpoint=checkpoint)
        if self._background:
            self._ensure_started()
            self._wake.set()

    def flush(self, timeout: float | None = None, progress: Callable[[int, int], None] | None = None) -> Delivery:
        """Sends what waits in the outbox, of whatever process, and tells what came of it.

        After `timeout` seconds the rest stays for later. `progress(delivered, refused)` is called after each request.
        Raises `DeliveryError` when Heap could not be reached for as many tries as the `Retry` allows; nothing is lost
        then either.
        """
        until = None if timeout is None else time.monotonic() + timeout
        if not self._sending.acquire(timeout=-1 if timeout is None else timeout):
            return Delivery(waiting=self.outbox.waiting())
        try:
            return self._run(self._sender(progress), until, threading.Event())
        finally:
            self._sending.release()

    def close(self, timeout: float = 10.0) -> None:
        """Sends what can be sent within `timeout` seconds (0: nothing), and ends. What is left stays in the
        outbox for the next start.
        """
        if self._http.is_closed:
            return
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        try:
            if timeout > 0:
                self.flush(timeout)
        except DeliveryError as error:
            _log.warning("%s", error)
        self._http.close()
        if self._owns_outbox:
            self.outbox.close()

    def __enter__(self) -> Self:
        if self._background:
            self._ensure_started()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ensure_started(self) -> None:
        with self._start:
            if self._thread is None and not self._stop.is_set():
                self._wake.set()  # a predecessor may have left calls
                self._thread = threading.Thread(target=self._send_in_background, name="heap-web", daemon=True)
                self._thread.start()

    def _send_in_background(self) -> None:
        pause = 0.0
        while not self._stop.is_set():
            self._wake.wait(IDLE)
            self._stop.wait(self._linger + pause)
            self._wake.clear()
            try:
                with self._sending:
                    if not self._stop.is_set():
                        self._run(self._sender(), None, self._stop)
                pause = 0.0
            except Exception as error:  # noqa: BLE001 - the calls are safe; the thread must live to try again
                _log.warning("%s", error)
                pause = self._retry.most
                self._wake.set()

    def _run(self, sender: Sender, until: float | None, stop: threading.Event) -> Delivery:
        """Does what the sender asks for, until it is done, `until` (of `time.monotonic`) comes or `stop` is set."""
        way = sender.deliver()
        reply: Answer | Fault | None = None
        with contextlib.closing(way):
            while True:
                step = _advance(way, reply)
                reply = None
                if isinstance(step, Delivery):
                    return step
                if stop.is_set() or (until is not None and time.monotonic() >= until):
                    return sender.so_far()
                if isinstance(step, Post):
                    reply = self._post(step)
                else:
                    _log.info("waiting %.1f s: %s", step.seconds, step.why)
                    left = step.seconds if until is None else min(step.seconds, max(until - time.monotonic(), 0.0))
                    stop.wait(left)

    def _post(self, post: Post) -> Answer | Fault:
        try:
            return _answer(self._http.post(post.request.url, content=post.request.content))
        except httpx.HTTPError as error:
            return _fault(error)


class AsyncHeapCloud(_Client[Coroutine[Any, Any, str]]):
    """`HeapCloud` for asyncio: the same settings and calls, awaited. Use it with `async with`, on one event loop."""

    def __init__(self, app_id: str, region: Region = "us", **settings: Unpack[Keywords]) -> None:
        super().__init__(app_id, region, **settings)
        self._http = httpx.AsyncClient(**self._http_settings())
        self._sending = asyncio.Lock()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> str:
        """As `HeapCloud.send`."""
        key, entries = self._calls.entries(message)
        await asyncio.to_thread(self.outbox.put, entries)
        if self._background:
            self._ensure_started()
            self._wake.set()
        return key

    async def flush(self, timeout: float | None = None, progress: Callable[[int, int], None] | None = None) -> Delivery:
        """As `HeapCloud.flush`."""
        until = None if timeout is None else time.monotonic() + timeout
        async with self._sending:
            return await self._run(self._sender(progress), until)

    async def close(self, timeout: float = 10.0) -> None:
        """As `HeapCloud.close`."""
        if self._http.is_closed:
            return
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            if timeout > 0:
                await self.flush(timeout)
        except DeliveryError as error:
            _log.warning("%s", error)
        await self._http.aclose()
        if self._owns_outbox:
            self.outbox.close()

    async def __aenter__(self) -> Self:
        if self._background:
            self._ensure_started()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _ensure_started(self) -> None:
        if self._task is None:
            self._wake.set()
            self._task = asyncio.get_running_loop().create_task(self._send_in_background(), name="heap-web")

    async def _send_in_background(self) -> None:
        pause = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), IDLE)
            await asyncio.sleep(self._linger + pause)
            self._wake.clear()
            try:
                async with self._sending:
                    await self._run(self._sender(), None)
                pause = 0.0
            except Exception as error:  # noqa: BLE001 - the calls are safe; the task must live to try again
                _log.warning("%s", error)
                pause = self._retry.most
                self._wake.set()

    async def _run(self, sender: Sender, until: float | None) -> Delivery:
        way = sender.deliver()
        reply: Answer | Fault | None = None
        try:
            while True:
                # Shielded: a cancelled task must not close the generator while a thread still runs it.
                step = await _finished(asyncio.ensure_future(asyncio.to_thread(_advance, way, reply)))
                reply = None
                if isinstance(step, Delivery):
                    return step
                if until is not None and time.monotonic() >= until:
                    return await asyncio.to_thread(sender.so_far)
                if isinstance(step, Post):
                    reply = await self._post(step)
                else:
                    left = step.seconds if until is None else min(step.seconds, max(until - time.monotonic(), 0.0))
                    await asyncio.sleep(left)
        finally:
            way.close()

    async def _post(self, post: Post) -> Answer | Fault:
        try:
            return _answer(await self._http.post(post.request.url, content=post.request.content))
        except httpx.HTTPError as error:
            return _fault(error)


def _advance(way: Way, reply: Answer | Fault | None) -> Post | Wait | Delivery:
    try:
        return way.send(reply)
    except StopIteration as stop:
        done: Delivery = stop.value
        return done


async def _finished(future: asyncio.Future[T]) -> T:
    """The future's result; if we are cancelled meanwhile, waits for it all the same before the cancellation goes on."""
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.text[:LONGEST_TEXT], response.headers.get("Retry-After"))


def _fault(error: httpx.HTTPError) -> Fault:
    return Fault(f"{type(error).__name__}: {error}")
