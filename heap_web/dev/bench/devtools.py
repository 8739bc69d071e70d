"""A Chromium that nobody watches: it is asked over DevTools' protocol, and nothing of that is switched on unasked.

Drivers for tests have a browser tell of each request. For that V8 notes the stack, and reads each function on it once
more: 6 of 20 ms that a page's script takes, and no visitor's browser does it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

ANSWER = 120.0  # seconds that a page may take to answer
WORKERS = ("worker", "shared_worker")


@dataclass(slots=True)
class Connection:
    """The messages to and from one browser."""

    socket: ClientConnection
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    events: list[Mapping[str, Any]] = field(default_factory=list)  # that nobody has taken yet

    def ask(self, session: str | None, method: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to one message. Raises RuntimeError if it is an error, or if the browser has gone."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        with _gone(method):
            self.socket.send(json.dumps(message))
        while (answer := self._received(method)).get("id") != number:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: Mapping[str, Any] = answer["result"]
        return result

    def wait(self, session: str, method: str) -> None:
        """Waits for an event of a session."""
        while not self.take(session, method):
            self.events.append(self._received(method))

    def take(self, session: str, method: str) -> list[Mapping[str, Any]]:
        """What the events of a session and of this name have said since it was last asked."""
        taken: list[Mapping[str, Any]] = []
        left: list[Mapping[str, Any]] = []
        for event in self.events:
            (taken if (event.get("sessionId"), event["method"]) == (session, method) else left).append(event)
        self.events = left
        return [event["params"] for event in taken]

    def _received(self, waiting_for: str) -> Mapping[str, Any]:
        try:
            with _gone(waiting_for):
                message: Mapping[str, Any] = json.loads(self.socket.recv(ANSWER))
        except TimeoutError as error:
            raise TimeoutError(f"the browser said nothing for {ANSWER:.0f} s after {waiting_for}") from error
        return message


@contextmanager
def _gone(doing: str) -> Iterator[None]:
    """A browser that has gone is an error of ours, which the bench tells and goes on after."""
    try:
        yield
    except ConnectionClosed as error:
        raise RuntimeError(f"{doing}: the browser has gone") from error


@dataclass(frozen=True, slots=True)
class Target:
    """A page or a worker."""

    connection: Connection
    session: str

    def send(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """The answer to one of DevTools' methods."""
        return self.connection.ask(self.session, method, parameters)

    def take(self, method: str) -> list[Mapping[str, Any]]:
        """What its events of this name have said since it was last asked."""
        return self.connection.take(self.session, method)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited. Raises RuntimeError with what it threw."""
        told = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            thrown = told["exceptionDetails"].get("exception", {})
            raise RuntimeError(thrown.get("description") or told["exceptionDetails"]["text"])
        return told["result"].get("value")

    def goto(self, url: str) -> None:
        """Opens a page, and waits until it has loaded."""
        self.send("Page.enable")
        self.take("Page.loadEventFired")
        told = self.send("Page.navigate", url=url)
        if "errorText" in told:
            raise RuntimeError(f"{url}: {told['errorText']}")
        self.connection.wait(self.session, "Page.loadEventFired")


@contextmanager
def attached(url: str) -> Iterator[Target]:
    """The tab of a browser that has its DevTools at this `ws:` URL; the browser is closed when the block has ended."""
    with connect(url, max_size=None, proxy=None) as socket:
        connection = Connection(socket)
        (tab,) = [each for each in _targets(connection) if each["type"] == "page"]
        try:
            yield _attach(connection, tab)
        finally:
            with suppress(RuntimeError):  # it has gone already, as what failed within has said
                connection.ask(None, "Browser.close", {})


@contextmanager
def workers(page: Target) -> Iterator[list[Target]]:
    """All workers of the page's browser, shared or not."""
    found = [_attach(page.connection, each) for each in _targets(page.connection) if each["type"] in WORKERS]
    try:
        yield found
    finally:
        for each in found:
            page.connection.ask(None, "Target.detachFromTarget", {"sessionId": each.session})


def _targets(connection: Connection) -> list[Mapping[str, Any]]:
    return list(connection.ask(None, "Target.getTargets", {})["targetInfos"])


def _attach(connection: Connection, target: Mapping[str, Any]) -> Target:
    asked = {"targetId": target["targetId"], "flatten": True}
    return Target(connection, connection.ask(None, "Target.attachToTarget", asked)["sessionId"])
