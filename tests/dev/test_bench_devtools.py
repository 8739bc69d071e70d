"""Tests of heap_web.dev.bench.devtools."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection

from heap_web.dev.bench.devtools import Connection, Target, workers

PAGE = "page-1"
LOADED = {"sessionId": PAGE, "method": "Page.loadEventFired", "params": {"timestamp": 1}}


class FakeSocket:
    """A browser that answers each method as it was told to, with events before the answer."""

    def __init__(self, answers: Mapping[str, Any], events: Mapping[str, list[Any]] | None = None) -> None:
        self.answers = answers
        self.events = events or {}
        self.after: dict[str, Exception] = {}  # what happens after the answer to a method
        self.asked: list[dict[str, Any]] = []
        self._sent: list[Any] = []

    def send(self, text: str) -> None:
        message = json.loads(text)
        self.asked.append(message)
        answer = self.answers.get(message["method"], {"result": {}})
        self._sent += [*self.events.get(message["method"], []), {"id": message["id"], **answer}]
        self._sent += [self.after[method] for method in self.after if method == message["method"]]

    def recv(self, _seconds: float) -> str:
        if not self._sent:
            raise TimeoutError
        message = self._sent.pop(0)
        if isinstance(message, Exception):
            raise message
        return json.dumps(message)


def target(socket: FakeSocket) -> Target:
    """A page of this browser."""
    return Target(Connection(cast("ClientConnection", socket)), PAGE)


def test_answers_and_events_are_told_apart() -> None:
    """An answer is that of its message, and events that come before it are there to be taken, once, by name."""
    other = {**LOADED, "sessionId": "page-2"}
    page = target(
        FakeSocket({"A.b": {"result": {"x": 1}}}, {"A.b": [LOADED, other, {**LOADED, "method": "Page.other"}]})
    )
    assert page.send("A.b", y=2) == {"x": 1}
    assert cast("FakeSocket", page.connection.socket).asked == [
        {"id": 1, "method": "A.b", "params": {"y": 2}, "sessionId": PAGE}
    ]
    assert page.take("Page.loadEventFired") == [{"timestamp": 1}]
    assert page.take("Page.loadEventFired") == []


def test_opening_a_page_waits_until_it_has_loaded() -> None:
    """A page that has loaded before does not count, and one that cannot be opened says why."""
    socket = FakeSocket({}, {"Page.enable": [LOADED]})
    with pytest.raises(TimeoutError, match=r"said nothing for 120 s after Page.loadEventFired"):
        target(socket).goto("http://127.0.0.1/")
    target(FakeSocket({}, {"Page.navigate": [LOADED]})).goto("http://127.0.0.1/")
    refused = FakeSocket({"Page.navigate": {"result": {"errorText": "net::ERR_CONNECTION_REFUSED"}}})
    with pytest.raises(RuntimeError, match=r"http://127.0.0.1/: net::ERR_CONNECTION_REFUSED"):
        target(refused).goto("http://127.0.0.1/")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"error": {"message": "no such method"}}, "Runtime.evaluate: no such method"),
        (
            {"result": {"exceptionDetails": {"text": "No", "exception": {"description": "Error: no"}}}},
            "Error: no",
        ),
        ({"result": {"exceptionDetails": {"text": "Uncaught 7", "exception": {}}}}, "Uncaught 7"),
    ],
)
def test_what_goes_wrong_is_said(answer: dict[str, Any], says: str) -> None:
    """An error of the browser and what a page throws are errors with their words."""
    with pytest.raises(RuntimeError, match=says):
        target(FakeSocket({"Runtime.evaluate": answer})).evaluate("f()")


def test_a_browser_that_has_gone_is_an_error() -> None:
    """A browser that ends while it is asked is named as the reason."""
    socket = FakeSocket({}, {"Runtime.evaluate": [ConnectionClosedError(None, None)]})
    with pytest.raises(RuntimeError, match=r"Runtime.evaluate: the browser has gone"):
        target(socket).evaluate("1")
    while_it_loads = FakeSocket({})
    while_it_loads.after["Page.navigate"] = ConnectionClosedError(None, None)
    with pytest.raises(RuntimeError, match=r"Page.loadEventFired: the browser has gone"):
        target(while_it_loads).goto("http://127.0.0.1/")


def test_workers_of_every_kind_are_found_and_let_go() -> None:
    """Shared and other workers are spoken with, pages and service workers are not; each is let go at the end."""
    kinds = ("page", "worker", "shared_worker", "service_worker")
    found = [{"targetId": str(number), "type": kind} for number, kind in enumerate(kinds)]
    socket = FakeSocket(
        {
            "Target.getTargets": {"result": {"targetInfos": found}},
            "Target.attachToTarget": {"result": {"sessionId": "w"}},
        }
    )
    with workers(target(socket)) as both:
        assert [each.session for each in both] == ["w", "w"]
    asked = [(each["method"], each["params"].get("targetId")) for each in socket.asked]
    assert asked[1:3] == [("Target.attachToTarget", "1"), ("Target.attachToTarget", "2")]
    assert asked[3:] == [("Target.detachFromTarget", None)] * 2
