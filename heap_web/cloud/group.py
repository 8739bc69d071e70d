"""Group commit: callers that come together share one transaction, and each returns when its own item is durable.

The first caller writes. Those that come meanwhile wait, and one of them then writes for all that wait: so nobody waits
for company, and under load a commit costs a part of itself. No thread of its own is needed but for callers that cannot
block (`aput`).
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from typing import Any, Generic, TypeVar

from heap_web.cloud.errors import OutboxError

T = TypeVar("T")


class Group(Generic[T]):
    """`write` takes many items, all or none. `size`: how much of `most` an item uses up in one write."""

    def __init__(self, write: Callable[[list[T]], None], size: Callable[[T], int], most: int) -> None:
        self._write = write
        self._size = size
        self._most = most
        self.reset()

    def reset(self) -> None:
        """Begins anew, in a forked child: who waited, waits in the parent."""
        self._lock = threading.Lock()
        self._waiting: deque[_Ticket[T]] = deque()
        self._led = False
        self._pool: ThreadPoolExecutor | None = None

    def put(self, item: T) -> None:
        """Returns when the item is written; raises if it could not be."""
        ticket = _Ticket(item)
        leads = self._queue(ticket)
        if not leads:
            leads = self._wait(ticket)
        if leads:
            self._lead()
        if ticket.error is not None:
            raise copy(ticket.error)

    async def aput(self, item: T) -> None:
        """As `put`, for tasks of an event loop: another thread writes. Cancelled, the item is written all the same."""
        future = asyncio.get_running_loop().create_future()
        if self._queue(_Ticket(item, future)):
            self._lead_elsewhere()
        await future

    def _queue(self, ticket: _Ticket[T]) -> bool:
        """Takes a place in the queue; gives whether its owner must write."""
        with self._lock:
            self._waiting.append(ticket)
            leads, self._led = not self._led, True
            return leads

    def _wait(self, ticket: _Ticket[T]) -> bool:
        """Waits until the item is written, or it is its owner's turn to write: gives whether it is."""
        try:
            ticket.woken.acquire()
        except BaseException:  # such as Ctrl+C
            with self._lock:
                if ticket in self._waiting and not ticket.leads:
                    self._waiting.remove(ticket)
            if ticket.leads:
                self._lead()
            raise
        return ticket.leads

    def _lead(self, *, to_the_end: bool = False) -> None:
        """Writes what waits, and then lets the next in the queue do so (or goes on, `to_the_end`)."""
        while True:
            with self._lock:
                batch, room = [self._waiting.popleft()], self._most
                room -= self._size(batch[0].item)
                while self._waiting and (room := room - self._size(self._waiting[0].item)) >= 0:
                    batch.append(self._waiting.popleft())
            try:
                self._write_all(batch)
            finally:
                goes_on = self._hand_over(to_the_end=to_the_end)
            if not goes_on:
                return

    def _hand_over(self, *, to_the_end: bool) -> bool:
        with self._lock:
            if not self._waiting:
                self._led = False
                return False
            head = self._waiting[0]
            if head.future is None:
                head.leads = True
                head.woken.release()
                return False
        if to_the_end:
            return True
        self._lead_elsewhere()
        return False

    def _lead_elsewhere(self) -> None:
        try:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="heap-web-outbox")
            self._pool.submit(self._lead, to_the_end=True)
        except RuntimeError:  # the interpreter ends and starts no threads
            self._lead(to_the_end=True)

    def _write_all(self, batch: list[_Ticket[T]]) -> None:
        error: Exception = OutboxError("the call was interrupted; whether it was kept is not known")
        try:
            self._write([ticket.item for ticket in batch])
        except Exception as raised:  # noqa: BLE001 - every caller is told
            error = raised
            if len(batch) > 1 and not (isinstance(raised, OutboxError) and raised.kind != "data"):
                self._one_by_one(batch)  # one item must not take the others with it
        else:
            for ticket in batch:
                ticket.finish(None)
        finally:
            for ticket in batch:
                if not ticket.finished:
                    ticket.finish(error)
            _settle(ticket for ticket in batch if ticket.future is not None)

    def _one_by_one(self, batch: list[_Ticket[T]]) -> None:
        for ticket in batch:
            try:
                self._write([ticket.item])
            except Exception as raised:  # noqa: BLE001 - its caller is told
                ticket.finish(raised)
            else:
                ticket.finish(None)


class _Ticket(Generic[T]):
    """An item in the queue, and who waits for it: a thread, or a task by its future."""

    __slots__ = ("error", "finished", "future", "item", "leads", "woken")

    def __init__(self, item: T, future: asyncio.Future[None] | None = None) -> None:
        self.item = item
        self.future = future
        self.error: Exception | None = None
        self.finished = False
        self.leads = False
        self.woken = threading.Lock()
        self.woken.acquire()

    def finish(self, error: Exception | None) -> None:
        """Tells the thread that waits."""
        self.finished = True
        self.error = error
        self.leads = False
        if self.woken.locked():
            self.woken.release()


def _settle(tickets: Iterable[_Ticket[Any]]) -> None:
    """Tells the tasks that wait, each event loop at once."""
    of_loop: dict[asyncio.AbstractEventLoop, list[_Ticket[Any]]] = {}
    for ticket in tickets:
        assert ticket.future is not None
        of_loop.setdefault(ticket.future.get_loop(), []).append(ticket)
    for loop, some in of_loop.items():
        with suppress(RuntimeError):  # a loop that was closed meanwhile
            loop.call_soon_threadsafe(_settle_here, some)


def _settle_here(tickets: list[_Ticket[Any]]) -> None:
    for ticket in tickets:
        future = ticket.future
        if future is None or future.done():
            continue
        if ticket.error is None:
            future.set_result(None)
        else:
            future.set_exception(copy(ticket.error))
