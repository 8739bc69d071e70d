"""Does what the sender asks for, once for both clients: an event loop in a thread of its own, so that every wait can be
cut off at its time, and a slow Heap holds up no caller.

A client hands over jobs (`Drain`) and waits for them for as long as it likes; the request that a job is in the midst of
when its time is over still ends, and what came of it is written down. A forked child starts a thread of its own at its
first use.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any

import httpx

from heap_web.cloud import forks
from heap_web.cloud.delivery import Answer, Delivery, Fault, Post, Sender, Wait, Way
from heap_web.cloud.errors import OutboxError
from heap_web.cloud.monitor import Monitor
from heap_web.cloud.transport import Http, post

IDLE = 60.0
"""Seconds after which the background sender looks for calls that another process has left, even if none was made
here.
"""
JOIN = 0.2
"""Seconds that a client that is closed waits at least for the thread, which may be in the midst of a statement."""

_log = logging.getLogger("heap_web.cloud")
_inherited: list[object] = []
"""The parent's threads with their loops and sockets. A child must neither use nor close them, so it keeps them."""


class Drain:
    """A job: to send what waits, until nothing does, `until` (of `time.monotonic`) comes or it is stopped."""

    def __init__(self, sender: Sender, until: float | None = None) -> None:
        self.sender = sender
        self.until = until
        self.done: Future[Delivery] = Future()
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Sends nothing more after the request that it is in the midst of. From any thread."""
        self._stopped = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # closed by now
                self._loop.call_soon_threadsafe(self._stop.set)

    @property
    def is_over(self) -> bool:
        """Whether its time has come, or it was stopped."""
        return self._stopped or (self.until is not None and time.monotonic() >= self.until)

    async def pause(self, seconds: float) -> None:
        """Waits so long, but not beyond the job's end."""
        self._loop = asyncio.get_running_loop()
        left = seconds if self.until is None else min(seconds, self.until - time.monotonic())
        if left > 0 and not self._stopped:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), left)


class Driver:
    """Sends in the background, and does jobs. `new_sender` makes a sender for the background's own."""

    def __init__(
        self,
        base_url: str,
        http: Http,
        monitor: Monitor,
        new_sender: Callable[[], Sender],
        *,
        linger: float,
        longest_pause: float,
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._client: httpx.AsyncClient | None = http.client(base_url)
        self._monitor = monitor
        self._new_sender = new_sender
        self._linger = linger
        self._longest_pause = longest_pause
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        forks.watch(self)

    @property
    def is_running(self) -> bool:
        """Whether it has a thread, in this process."""
        return self._worker is not None

    @property
    def is_this_thread(self) -> bool:
        """Whether the caller is its thread, as in a callback."""
        worker = self._worker
        return worker is not None and worker.is_this_thread

    def wake(self) -> None:
        """Calls were put in: sends them in the background, after a while for others to share the request."""
        with self._lock:
            self._running().wake()

    def drain(self, job: Drain) -> Drain:
        """Begins a job; its outcome is in `job.done`."""
        with self._lock:
            self._running().drain(job)
        return job

    def close(self, until: float) -> None:
        """Breaks off what is still going on, and ends the thread."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop(max(until - time.monotonic(), JOIN))

    def before_fork(self) -> None:
        """The thread stays in the parent, which must not be starting it right now."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Goes on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Has no thread; that of the parent is not there, and its sockets are the parent's."""
        _inherited.extend([self._worker, self._client])
        self._worker = self._client = None
        self._lock = threading.Lock()
        self._monitor.reset()

    def _running(self) -> _Worker:
        if self._worker is None:
            client, self._client = self._client or self._http.client(self._base_url), None
            self._worker = _Worker(self._post, client, self._send_in_background)
        return self._worker

    async def _send_in_background(self, worker: _Worker) -> None:
        pause = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(worker.woken.wait(), IDLE)
            await asyncio.sleep(self._linger + pause)
            worker.woken.clear()
            try:
                await worker.run(Drain(self._new_sender()))
                pause = 0.0
            except Exception as error:  # noqa: BLE001 - the calls are safe; the thread must live to try again
                if pause == 0.0 or not isinstance(error, OutboxError):  # of a disk that stays full one line is enough
                    self._monitor.error(error)
                pause = self._longest_pause
                worker.woken.set()

    async def _post(self, client: httpx.AsyncClient, step: Post) -> Answer | Fault:
        path = step.request.url.removeprefix(self._base_url)
        with self._monitor.request(path, step.calls) as answered:
            reply = await post(client, step.request, self._http)
            answered(reply.status if isinstance(reply, Answer) else None)
        return reply


class _Worker:
    """A thread with its event loop, and what belongs to that loop."""

    def __init__(
        self,
        send: Callable[[httpx.AsyncClient, Post], Awaitable[Answer | Fault]],
        client: httpx.AsyncClient,
        background: Callable[[_Worker], Coroutine[Any, Any, None]],
    ) -> None:
        self._send = send
        self._client = client
        self._background = background
        self._loop = _Loop()
        self._turns = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.woken = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="heap-web", daemon=True)
        self._thread.start()

    @property
    def is_this_thread(self) -> bool:
        """Whether the caller is this thread."""
        return threading.current_thread() is self._thread

    def wake(self) -> None:
        """Wakes the background sender. From any thread."""
        self._loop.call_soon_threadsafe(self._wake_up)

    def drain(self, job: Drain) -> None:
        """Begins a job. From any thread."""
        future = asyncio.run_coroutine_threadsafe(self.run(job), self._loop)
        future.add_done_callback(lambda done: _pass_on(done, job))

    def stop(self, seconds: float) -> None:
        """Ends the loop, and waits for that for so long at most (in a callback, not at all)."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        if not self.is_this_thread:
            self._thread.join(seconds)

    async def run(self, job: Drain) -> Delivery:
        """Does a job. Jobs take turns: one of them claims and sends at a time, and lets go while it waits."""
        way = job.sender.deliver()
        try:
            while not job.is_over:
                async with self._turns:
                    step = _advance(way, None)
                    while isinstance(step, Post) and not job.is_over:
                        step = _advance(way, await self._send(self._client, step))
                if isinstance(step, Delivery):
                    return step
                if isinstance(step, Wait):
                    _log.debug("waiting %.1f s: %s", step.seconds, step.why)
                    await job.pause(step.seconds)
            return job.sender.so_far()
        except (SystemExit, KeyboardInterrupt) as error:  # of the job's `progress`; the thread must live on
            raise RuntimeError(f"the callback raised {type(error).__name__}") from error
        finally:
            way.close()

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._break_off())
            self._loop.close()

    def _wake_up(self) -> None:
        self.woken.set()
        if self._task is None:
            self._task = self._loop.create_task(self._background(self))

    async def _break_off(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._client.aclose()


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that needs no further threads: at the end of the interpreter none can be started."""

    async def getaddrinfo(self, host: Any, port: Any, **kinds: Any) -> Any:
        """Looks a name up; only this thread waits for it."""
        return socket.getaddrinfo(host, port, **kinds)


def _advance(way: Way, reply: Answer | Fault | None) -> Post | Wait | Delivery:
    try:
        return way.send(reply)
    except StopIteration as stop:
        done: Delivery = stop.value
        return done


def _pass_on(source: Future[Delivery], job: Drain) -> None:
    """Tells who waits for a job; of one that the client's end has broken off, what it has done."""
    if not job.done.set_running_or_notify_cancel():
        return
    try:
        job.done.set_result(job.sender.so_far() if source.cancelled() else source.result())
    except Exception as error:  # noqa: BLE001 - who waits is told
        job.done.set_exception(error)
