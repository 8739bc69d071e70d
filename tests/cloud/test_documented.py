"""Calls in the shape of Heap's documented API."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heap_web.cloud import documented
from heap_web.cloud.entries import Entry, is_event, request
from heap_web.cloud.messages import Message
from heap_web.core.errors import CallError
from heap_web.dev.serve.heap_api import Heap

NOON = "2026-11-21T12:00:00.000Z"


def told(message: Message) -> list[tuple[str, Any]]:
    """What a call becomes: paths and bodies."""
    return [(entry.path, json.loads(entry.body)) for entry in documented.entries(message, NOON, "message-1")]


def test_track() -> None:
    """An event has its user, flat properties, time and idempotency key."""
    properties = {
        "total": 42,
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "order": {"lines": [1, 2], "empty": {}},
        "no": None,
    }
    assert told(Message("track", "u1", "Order Completed", properties)) == [
        (
            "/api/track",
            {
                "identity": "u1",
                "event": "Order Completed",
                "timestamp": NOON,
                "properties": {"total": 42, "at": "2026-01-02T00:00:00.000Z", "order.lines": "[1,2]"},
                "idempotency_key": "message-1",
            },
        )
    ]


def test_identify() -> None:
    """Traits become user properties; `email` keeps its name, which is Heap's built-in property for servers."""
    traits = {"email": "a@b.example", "plan": {"name": "pro"}, "active": True}
    assert told(Message("identify", "u1", traits=traits)) == [
        (
            "/api/add_user_properties",
            {"identity": "u1", "properties": {"email": "a@b.example", "plan.name": "pro", "active": True}},
        )
    ]


def test_identify_without_traits() -> None:
    """An identify call without traits tells Heap nothing."""
    assert told(Message("identify", "u1")) == []


@pytest.mark.parametrize(("kind", "event"), [("page", "Page viewed"), ("screen", "Screen viewed")])
def test_page(kind: Any, event: str) -> None:
    """Pages and screens are events with the property `name`."""
    ((path, body),) = told(Message(kind, "u1", name="Home", properties={"name": "other", "url": "/"}))
    assert (path, body["event"], body["properties"]) == ("/api/track", event, {"name": "Home", "url": "/"})


def test_traits_of_an_event() -> None:
    """An event's traits are told before it."""
    assert [path for path, _ in told(Message("track", "u1", "E", traits={"plan": "pro"}))] == [
        "/api/add_user_properties",
        "/api/track",
    ]


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen"])
def test_no_user(kind: Any) -> None:
    """A call without a user id is refused with a text that says so."""
    with pytest.raises(CallError, match="without a user id: pass user_id="):
        documented.entries(Message(kind, None, "E", anonymous_id="a"), NOON, "m")


@pytest.mark.parametrize("name", ["", None, [], {}, True, float("inf"), float("-inf"), float("nan")])
def test_no_event_name(name: Any) -> None:
    """An event needs a name."""
    with pytest.raises(CallError, match="an event needs a name"):
        documented.entries(Message("track", "u", name), NOON, "m")


@pytest.mark.parametrize(
    ("message", "key", "said"),
    [
        (Message("track", "u" * 256, "E"), "m", "user id"),
        (Message("track", "u", "E" * 1025), "m", "event name"),
        (Message("track", "u", "E"), "m" * 256, "message id"),
        (Message("track", "u", "E"), "", "message id"),
    ],
)
def test_too_long(message: Message, key: str, said: str) -> None:
    """Names and ids longer than Heap takes are refused before anything is sent."""
    with pytest.raises(CallError, match=said):
        documented.entries(message, NOON, key)


def test_long_values_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    """A text is cut to the 1,023 characters that Heap takes, never within a surrogate pair, and this is warned of."""
    ((_, body),) = told(Message("track", "u", "E", {"a": "x" * 2000, "b": "x" + "🎉" * 600, "c": "x" * 1023}))
    cut = {name: len(value.encode("utf-16-le")) // 2 for name, value in body["properties"].items()}
    assert cut == {"a": 1023, "b": 1023, "c": 1023}
    assert len(caplog.messages) == 2
    assert "xxxx" not in caplog.text  # what users wrote is not for logs


def test_reserved_trait(caplog: pytest.LogCaptureFixture) -> None:
    """Heap has no user property named id, in any casing: it is left out and warned of."""
    assert told(Message("identify", "u", traits={"ID": 1, "a": 2}))[0][1]["properties"] == {"a": 2}
    assert "'ID'" in caplog.text


def test_bulk_events() -> None:
    """Events of many users share a request, in order."""
    entries = [documented.entries(Message("track", user, "E"), NOON, f"key {user}")[0] for user in "abc"]
    made = request("https://heapanalytics.com", "11", "/api/track", [(e.user, e.body) for e in entries])
    body = json.loads(made.content)
    assert made.url == "https://heapanalytics.com/api/track"
    assert body["app_id"] == "11"
    assert [event["identity"] for event in body["events"]] == ["a", "b", "c"]


def test_bulk_users_are_merged() -> None:
    """A user is named once in a request, with the last value of each property."""

    def update(user: str, traits: dict[str, object]) -> Entry:
        return documented.entries(Message("identify", user, traits=traits), NOON, "m")[0]

    entries = [update("a", {"x": 1, "y": 1}), update("b", {"x": 5}), update("a", {"x": 2, "z": 3})]
    body = json.loads(request("", "11", "/api/add_user_properties", [(e.user, e.body) for e in entries]).content)
    assert body["users"] == [
        {"identity": "a", "properties": {"x": 2, "y": 1, "z": 3}},
        {"identity": "b", "properties": {"x": 5}},
    ]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80)
@given(st.sampled_from(["track", "page", "identify"]), st.dictionaries(st.text(), json_like, max_size=5), st.text())
def test_heap_takes_everything(kind: Any, values: dict[str, Any], name: str) -> None:
    """Whatever the values, what is sent has the shape and sizes that Heap documents."""
    message = Message(kind, "u", name or "E", values, values, name=name)
    for entry in documented.entries(message, NOON, "m"):
        made = request("", "11", entry.path, [(entry.user, entry.body)] * 2)
        Heap().take(made.url, json.loads(made.content))
        assert is_event(entry.path) == entry.is_event
