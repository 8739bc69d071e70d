"""The worker that this Python runs in, through Pyodide: its BroadcastChannel, and a Web Lock while it lives."""

import time
from collections.abc import Callable
from os import urandom
from typing import Any

from .handover import CHANNEL
from .interop import JavaScript


class Channel(JavaScript):
    """A worker's way to the pages of its origin."""

    def open(self, receive: Callable[[str], None]) -> None:
        from pyodide.ffi import create_proxy

        self._channel = self._js.BroadcastChannel.new(CHANNEL)
        self._listener = create_proxy(lambda event: receive(event.data))
        self._channel.onmessage = self._listener
        self._release: Any = None

    def post(self, text: str) -> None:
        self._channel.postMessage(text)

    def close(self) -> None:
        self._channel.onmessage = None
        self._channel.close()
        self.later(0, self._listener.destroy)  # a handler may close it while the listener runs
        if self._release is not None:
            self._release()

    def hold(self, name: str, held: Callable[[], None]) -> None:
        from pyodide.ffi import create_once_callable

        locks = getattr(self._js.navigator, "locks", None)
        if locks is None:
            return  # the page is not secure either, and says so

        def until_closed(resolve: Any, _: Any) -> None:
            self._release = resolve

        def granted(_: Any) -> Any:
            promise = self._js.Promise.new(create_once_callable(until_closed))
            held()
            return promise

        locks.request(name, create_once_callable(granted))

    def now(self) -> float:
        return time.monotonic()

    def new_id(self) -> str:
        return urandom(16).hex()

    def origin(self) -> str:
        return str(self._js.origin)
