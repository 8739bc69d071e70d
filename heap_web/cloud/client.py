"""The clients: calls go into the outbox at once, and from there to Heap in the background or at `flush()`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from heap_web.cloud import bounded, leftovers, outbox_admin
from heap_web.cloud.calls import Calls, check_kind, check_seconds, message_of, messages_of
from heap_web.cloud.database import PATIENCE
from heap_web.cloud.delivery import Delivery, Sender
from heap_web.cloud.driver import JOIN, Drain, Driver
from heap_web.cloud.entries import Entry
from heap_web.cloud.errors import DeliveryError, OutboxError
from heap_web.cloud.messages import Message
from heap_web.cloud.monitor import Health, Monitor, Stats
from heap_web.cloud.outbox import Outbox, Refusal
from heap_web.cloud.pacing import Limits, Pacer
from heap_web.cloud.retry import Retry
from heap_web.cloud.telemetry import telemetry
from heap_web.cloud.transport import Http
from heap_web.core.errors import CallError

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
        on_error: Callable[[Exception], object] | None
        on_refused: Callable[[Refusal], object] | None
        gzip: bool
        proxy: str | None
        verify: bool | str | ssl.SSLContext
        clock: Callable[[], float]


LINGER = 1.0
"""Seconds that the background sender waits after a call for others to share its request."""
LONGEST_WAIT = 300.0
"""Seconds that a call may wait before `health` says that something is wrong."""
COUNTING = 1.0
"""Seconds beyond its time that a flush waits for the outbox to say how many calls are left in it."""
ANSWERING = 5.0
"""Seconds that `health` waits for the outbox; `stats` waits for as long as a call may."""

_log = logging.getLogger("heap_web.cloud")

T = TypeVar("T")
MessageId = TypeVar("MessageId")
"""A message id as a client gives it: `str`, or one to await."""
MessageIds = TypeVar("MessageIds")
Where = Outbox | str | os.PathLike[str] | None


class _Client(Generic[MessageId, MessageIds]):
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
        on_error: Callable[[Exception], object] | None = None,
        on_refused: Callable[[Refusal], object] | None = None,
        gzip: bool = False,
        proxy: str | None = None,
        verify: bool | str | ssl.SSLContext = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # What is of the wrong kind would only fail in the sender's thread.
        check_seconds("linger", linger)
        check_seconds("timeout", timeout)
        check_kind("limits", limits, Limits)
        check_kind("retry", retry, Retry)
        self._calls = Calls(app_id, region, api, clock, base_url)
        self._background = background
        self._pacer = Pacer(limits or Limits())
        self._retry = retry or Retry()
        self._clock = clock
        self._closed = self._said_closed = False
        self._used_by: int | None = None  # the process that put calls in
        self._monitor = Monitor(on_error=on_error, on_refused=on_refused, clock=clock, telemetry=telemetry())
        self._driver = Driver(
            self._calls.base_url,
            Http(timeout, proxy, verify, gzip),
            self._monitor,
            self._sender,
            linger=linger,
            longest_pause=self._retry.most,
        )
        self.outbox = outbox if isinstance(outbox, Outbox) else Outbox(outbox, app_id=self._calls.app_id, clock=clock)
        """Where the calls wait."""
        self._owns_outbox = self.outbox is not outbox
        leftovers.watch(self)

    @property
    def api(self) -> str:
        """Which of Heap's endpoints are told: "public" or "integrations"."""
        return self._calls.api

    def identify(
        self, user_id: str | float, traits: Mapping[str, Any] | None = None, *, message_id: str | None = None
    ) -> MessageId:
        """Sets a user's properties. Durable when it returns; gives the message id.

        Raises `CallError` if there is no user id (a text that is not blank, or a number other than 0), and
        `OutboxError` if the call could not be kept.
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

        `timestamp`: a datetime (a naive one is in UTC), ISO 8601 text, or seconds (below 1e11, as `time.time()` gives
        them) or milliseconds since 1970; now by default. `message_id`: text of 1 to 255 characters, a number or a UUID;
        a new one by default. `anonymous_id`: `api="integrations"` only. Raises `CallError` for an event without a user
        id or a name, with a name or id longer than Heap takes, or with a timestamp that is none, and `OutboxError` if
        the call could not be kept.
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

    def track_many(self, events: Iterable[Mapping[str, Any] | Message]) -> MessageIds:
        """Records many events at once, all or none: far faster than one by one. Gives their message ids.

        Each is a mapping of what `track` takes (`{"event": "Order Completed", "user_id": "user123"}`), or a `Message`
        of any kind. Raises `CallError` for the first that Heap would not take, with its place; nothing is kept then.
        """
        return self.send_many(messages_of(events))

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

    def send_many(self, messages: Sequence[Message]) -> MessageIds:
        """Takes many calls, all or none; gives their message ids."""
        raise NotImplementedError

    def refusals(self) -> Iterator[Refusal]:
        """The calls that Heap said no to, with what it said, oldest first. They are kept: see
        `Outbox.retry_refused`.
        """
        return self.outbox.refusals()

    def _stats(self, within: float = PATIENCE) -> Stats:
        status = self._within(within, lambda: outbox_admin.status(self.outbox))
        return Stats(
            waiting=status.waiting,
            oldest=None if status.oldest is None else max(self._clock() - status.oldest, 0.0),
            kept_aside=status.refused,
            dropped=self.outbox.dropped,
            sending=self._monitor.counts,
        )

    def _health(self, longest_wait: float) -> Health:
        try:
            stats = self._stats(ANSWERING)
        except OutboxError as error:
            return Health(False, (str(error),), None)
        problems: list[str] = []
        if stats.oldest is not None and stats.oldest > longest_wait:
            told = f"; last error: {stats.sending.last_error}" if stats.sending.last_error else ""
            problems.append(f"{stats.waiting} calls wait, the oldest for {stats.oldest:.0f} s{told}")
        return Health(not problems, tuple(problems), stats)

    def _sender(self, progress: Callable[[int, int], None] | None = None) -> Sender:
        return Sender(
            self.outbox,
            self._calls.base_url,
            pacer=self._pacer,
            retry=self._retry,
            clock=self._clock,
            monitor=self._monitor,
            progress=progress,
        )

    def _entries_of(self, messages: Sequence[Message]) -> tuple[list[str], list[Entry]]:
        keys: list[str] = []
        entries: list[Entry] = []
        for place, message in enumerate(messages):
            try:
                key, told = self._calls.entries(message)
            except CallError as error:
                raise CallError(f"call {place}: {error}") from error
            keys.append(key)
            entries += told
        return keys, entries

    def _within(self, seconds: float, read: Callable[[], T]) -> T:
        """What is read from the outbox; `OutboxError` if that takes longer, as with a file that another keeps
        locked.
        """
        try:
            return bounded.within(seconds, read)
        except TimeoutError:
            raise OutboxError(
                f"the outbox {self.outbox.url} does not answer: its database is locked, busy or away. "
                "The calls stay in it",
                "locked",
            ) from None

    def _wake(self) -> None:
        self._used_by = os.getpid()
        if self._closed and not self._said_closed:
            self._said_closed = True
            _log.warning("the client is closed: calls are kept in %s, and wait for the next start", self.outbox.url)
        if self._background and not self._closed:
            self._driver.wake()

    def _open(self) -> None:
        """A client that was closed may be used in another `with` block."""
        self._closed = self._said_closed = False
        self._wake()

    def _drain(self, timeout: float | None, progress: Callable[[int, int], None] | None) -> Drain:
        until = None if timeout is None else time.monotonic() + timeout
        if self._driver.is_this_thread:
            raise RuntimeError("flush() in a callback would wait for itself: callbacks run in the sender's thread")
        return self._driver.drain(Drain(self._sender(progress), until))

    def _close(self, timeout: float, why: str = "the client is closed") -> None:
        if self._closed:
            return
        until = time.monotonic() + timeout
        self._closed = True
        try:
            if timeout > 0 and not self._driver.is_this_thread:
                left = self._flush(timeout, None).waiting
                if left:
                    _log.warning("%s: %d calls wait in %s for the next start", why, left, self.outbox.url)
        except (DeliveryError, OutboxError) as error:
            _log.warning("%s", error)
        finally:
            self._driver.close(until)
            if self._owns_outbox:
                with contextlib.suppress(TimeoutError):  # a thread goes on with it
                    bounded.within(max(until - time.monotonic(), JOIN), self.outbox.close)

    def end(self, timeout: float) -> None:
        """The interpreter ends without `close()`: sends what can be sent within `timeout` seconds, if this process has
        sent before, and says what is left.
        """
        if self._closed or self._used_by != os.getpid():
            return
        if self._driver.is_running:
            self._close(timeout, "nobody called close()")
            return
        self._close(0)
        try:
            left = self._within(COUNTING, self.outbox.waiting)
        except OutboxError as error:
            _log.warning("nobody called close(): %s", error)
            return
        if left:
            _log.warning("nobody called close(): %d calls wait in %s for the next start", left, self.outbox.url)

    def _flush(self, timeout: float | None, progress: Callable[[int, int], None] | None) -> Delivery:
        timeout = _seconds(timeout)
        job = self._drain(timeout, progress)
        try:
            return job.done.result(timeout)
        except TimeoutError:
            return self._within(COUNTING, job.sender.so_far)
        finally:
            job.stop()


def _seconds(timeout: float | None) -> float | None:
    """A time that threads and event loops can wait for; None for one that is longer than they can."""
    return None if timeout is None or timeout > threading.TIMEOUT_MAX else timeout


class HeapCloud(_Client[str, list[str]]):
    """Sends calls from a server to Heap. Use it as a context manager, from any thread, and in forked children.

    `app_id`: the environment's id. `region`: "us" or "eu", where the data is kept. `outbox`: an `Outbox`, an SQLAlchemy
    URL or a file's path. `api`: "public", or "integrations" for the endpoints for partners. `background`: send from a
    thread of its own; without it only `flush()` and leaving the `with` block send. `linger`: seconds the thread waits
    after a call for others to share the request. `timeout`: seconds for a request, from connecting to the answer's
    end. `limits`, `retry`: Heap's documented limits, and how faults are waited out. `on_error`: told the
    `DeliveryError` or `OutboxError` that makes the background sender pause. `on_refused`: told the `Refusal` of each
    call that Heap said no to. (Both from the sender's thread.) `gzip`: send compressed bodies. `proxy`: a proxy's URL,
    else the environment's. `verify`: certificates to trust, as a file's path or an `ssl.SSLContext`. `base_url`:
    another address for Heap, for tests and gateways.

    Raises `ConfigurationError` for settings that cannot work, `OutboxError` if the outbox cannot be opened.
    """

    def __init__(self, app_id: str, region: Region = "us", **settings: Unpack[Keywords]) -> None:
        super().__init__(app_id, region, **settings)

    def send(self, message: Message) -> str:
        """Takes one call, such as `from_segment` makes of a Segment message; gives its message id."""
        key, entries = self._calls.entries(message)
        self.put(entries)
        return key

    def send_many(self, messages: Sequence[Message]) -> list[str]:
        """Takes many calls, all or none; gives their message ids."""
        keys, entries = self._entries_of(messages)
        self.put(entries)
        return keys

    def entries(self, message: Message) -> tuple[Entry, ...]:
        """What a call becomes, for `put`. Raises `CallError`."""
        return self._calls.entries(message)[1]

    def put(self, entries: Iterable[Entry], *, checkpoint: tuple[str, str] | None = None) -> None:
        """Takes many calls in one transaction: far faster than one by one. See `Outbox.put`."""
        self.outbox.put(list(entries), checkpoint=checkpoint)
        self._wake()

    def flush(self, timeout: float | None = None, progress: Callable[[int, int], None] | None = None) -> Delivery:
        """Sends what waits in the outbox, of whatever process, and tells what came of it.

        After `timeout` seconds (None: however long it takes) it returns, and the rest stays for later; the request
        that is on its way then still counts when it is answered. `progress(delivered, refused)` is called after each
        request, from the sender's thread. Raises `DeliveryError` when Heap could not be reached for as many tries as
        the `Retry` allows; nothing is lost then either. Raises `OutboxError` when the outbox cannot be read or
        written, or does not say within a second after the `timeout` how many calls are left in it; and `RuntimeError`
        in a callback, for which it would wait itself.
        """
        return self._flush(timeout, progress)

    def stats(self) -> Stats:
        """How the client and its outbox stand. Counts the waiting calls, so ask every few seconds, not at each
        request. Raises `OutboxError` when the outbox cannot be read, or does not answer within 15 seconds.
        """
        return self._stats()

    def health(self, longest_wait: float = LONGEST_WAIT) -> Health:
        """Whether calls reach Heap: not if the outbox cannot be read within 5 seconds, or a call waits for over
        `longest_wait` seconds.
        """
        return self._health(longest_wait)

    def close(self, timeout: float = 10.0) -> None:
        """Sends what can be sent within `timeout` seconds (0: nothing), and ends. What is left stays in the
        outbox for the next start, which is logged, and so does a call that is made afterwards. Another `with` block
        opens the client again.
        """
        self._close(timeout)

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncHeapCloud(_Client[Coroutine[Any, Any, str], Coroutine[Any, Any, list[str]]]):
    """`HeapCloud` for asyncio: the same settings and calls, awaited, from any event loop. Use it with `async with`."""

    def __init__(self, app_id: str, region: Region = "us", **settings: Unpack[Keywords]) -> None:
        super().__init__(app_id, region, **settings)

    async def send(self, message: Message) -> str:
        """As `HeapCloud.send`."""
        key, entries = self._calls.entries(message)
        await self._put(entries)
        return key

    async def send_many(self, messages: Sequence[Message]) -> list[str]:
        """As `HeapCloud.send_many`."""
        keys, entries = self._entries_of(messages)
        await self._put(entries)
        return keys

    async def flush(self, timeout: float | None = None, progress: Callable[[int, int], None] | None = None) -> Delivery:
        """As `HeapCloud.flush`. Cancelled, it leaves the rest for later."""
        timeout = _seconds(timeout)
        job = self._drain(timeout, progress)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job.done), timeout)
        except TimeoutError:
            return await asyncio.to_thread(self._within, COUNTING, job.sender.so_far)
        finally:
            job.stop()

    async def stats(self) -> Stats:
        """As `HeapCloud.stats`."""
        return await asyncio.to_thread(self._stats)

    async def health(self, longest_wait: float = LONGEST_WAIT) -> Health:
        """As `HeapCloud.health`."""
        return await asyncio.to_thread(self._health, longest_wait)

    async def close(self, timeout: float = 10.0) -> None:
        """As `HeapCloud.close`."""
        await asyncio.to_thread(self._close, timeout)

    async def __aenter__(self) -> Self:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _put(self, entries: Sequence[Entry]) -> None:
        await self.outbox.aput(entries)
        self._wake()
