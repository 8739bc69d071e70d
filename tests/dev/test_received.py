"""The Heap that the demo plays: what it takes, what it refuses, and in which order it lists what came."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette

from heap_web.dev.serve import received
from heap_web.dev.serve.received import Batch, Inbox, Refused, Sent, read_batch, why_refused

from .asgi import Client

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL = {"number": 1, "made": 1000, "method": "track", "arguments": ["Bought", {"price": 6.5}]}


def body(*calls: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"app_id": "12345", "sdk": "classic", "view": "v1", "path": "/products", "calls": list(calls), **given}


def batch(*numbers: int, view: str = "v1", made: float = 1000) -> Batch:
    calls = tuple(Sent(number, "track", (f"{view} {number}", {}), made + number) for number in numbers)
    return Batch("12345", "classic", view, "/", calls)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(now=lambda: NOON)


@pytest.fixture
def client(inbox: Inbox) -> Client:
    return Client(Starlette(routes=received.routes(inbox)))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("track", ["E"]),
        ("track", ["E", {"a": "text", "b": 1, "c": 1.5, "d": True, "": "no name"}]),
        ("identify", ["ada@example.com"]),
        ("identify", [4711]),
        ("addUserProperties", [{"a": 1}]),
        ("addEventProperties", [{}]),
        ("removeEventProperty", ["a"]),
        ("clearEventProperties", []),
        ("resetIdentity", []),
    ],
)
def test_takes_what_heap_documents(method: str, arguments: list[object]) -> None:
    """A call that Heap's documented methods take is not refused."""
    assert why_refused(method, tuple(arguments)) is None


@pytest.mark.parametrize(
    ("method", "arguments", "reason"),
    [
        ("track", [], "an event name"),
        ("track", ["", {}], "an empty text"),
        ("track", [7, {}], "an event name"),
        ("track", ["E", {"foo": {"bar": 1}}], "foo is an object"),
        ("track", ["E", {"list": [1]}], "list is a list"),
        ("track", ["E", {"none": None}], "none is null"),
        ("track", ["E", [1]], "must be an object"),
        ("track", ["E", {"x": "x" * (64 * 1024)}], "larger than 64 KB"),
        ("track", ["E", {"x": "€" * (22 * 1024)}], "larger than 64 KB"),
        ("identify", [], "a text or a number"),
        ("identify", [""], "an empty text"),
        ("identify", [True], "true or false"),
        ("identify", [float("inf")], "not a finite number"),
        ("addUserProperties", ["x"], "must be an object"),
        ("removeEventProperty", [1], "a property's name"),
        ("page", ["Home"], "no method 'page'"),
    ],
)
def test_says_why_it_refuses(method: str, arguments: list[object], reason: str) -> None:
    """A call that Heap's methods do not take is refused with a reason that names what was wrong."""
    assert reason in (why_refused(method, tuple(arguments)) or "")


@pytest.mark.parametrize(
    ("content_type", "text", "status"),
    [
        ("text/plain", json.dumps(body(CALL)), 415),
        ("", json.dumps(body(CALL)), 415),
        ("application/json", "{", 400),
        ("application/json", "\xff", 400),
        ("application/json", "[]", 400),
        ("application/json", '{"a": NaN}', 400),
        ("application/json", "[" * 100_000, 400),
        ("application/json", json.dumps(body(CALL, app_id="")), 400),
        ("application/json", json.dumps(body(CALL, path=7)), 400),
        ("application/json", json.dumps(body(CALL, view="v" * 401)), 400),
        ("application/json", json.dumps(body(CALL, visitor=7)), 400),
        ("application/json", json.dumps(body()), 400),
        ("application/json", json.dumps(body(CALL, calls={})), 400),
        ("application/json", json.dumps(body({**CALL, "number": 0})), 400),
        ("application/json", json.dumps(body({**CALL, "number": True})), 400),
        ("application/json", json.dumps(body({**CALL, "made": "now"})), 400),
        ("application/json", json.dumps(body({**CALL, "arguments": {}})), 400),
        ("application/json", json.dumps(body({**CALL, "method": None})), 400),
        ("application/json", " " * (1024 * 1024 + 1), 413),
    ],
)
def test_refuses_what_is_no_batch(content_type: str, text: str, status: int) -> None:
    """A body that is not JSON, not in shape or too large is refused whole, with the fitting status."""
    with pytest.raises(Refused) as refused:
        read_batch(content_type, text.encode("latin-1"))
    assert (refused.value.status, bool(refused.value.reason)) == (status, True)


def test_reads_a_batch_with_its_charset() -> None:
    """A batch is read as it was sent, also where the content type names a charset."""
    read = read_batch("application/json; charset=UTF-8", json.dumps(body(CALL)).encode())
    assert read == Batch("12345", "classic", "v1", "/products", (Sent(1, "track", ("Bought", {"price": 6.5}), 1000),))


def test_counts_a_call_that_comes_twice_once(inbox: Inbox) -> None:
    """A call that was in flight and went again by beacon is listed once."""
    inbox.take(batch(1, 2))
    assert [call.number for call in inbox.take(batch(2, 3))] == [3]
    assert [call.number for call in inbox.listing()] == [1, 2, 3]


def test_lists_calls_in_the_order_in_which_they_were_made(inbox: Inbox) -> None:
    """A body that comes late, from the same page or from one that was left, is put in its place."""
    for part in (batch(3), batch(1, view="later", made=2000), batch(1, 2)):
        inbox.take(part)
    assert [call.arguments[0] for call in inbox.listing()] == ["v1 1", "v1 2", "v1 3", "later 1"]


def test_a_call_without_a_time_is_listed_as_it_came(inbox: Inbox) -> None:
    """What the server itself puts in needs no time: it counts as made now."""
    inbox.take(Batch("1", "server", "server", "/", (Sent(1, "track", ("E", {})),)))
    assert [call.made for call in inbox.listing()] == [NOON.timestamp() * 1000]


def test_keeps_only_the_latest() -> None:
    """The list is bounded: the oldest calls go."""
    inbox = Inbox(kept=3)
    inbox.take(batch(*range(1, 6)))
    assert [call.number for call in inbox.listing()] == [3, 4, 5]


def test_a_good_batch_is_answered_and_listed(client: Client) -> None:
    """A posted call is listed as JSON with where and when it came from."""
    assert client.post("/heap/calls", json=body(CALL)).status_code == 204
    assert client.get("/received.json").json()["received"] == [
        {
            "id": 1, "at": "2026-11-21T12:00:00.000Z", "made": 1000, "app_id": "12345", "sdk": "classic",
            "path": "/products", "visitor": "", "view": "v1", "number": 1, "method": "track",
            "arguments": ["Bought", {"price": 6.5}], "refused": None,
        }
    ]  # fmt: skip


def test_calls_are_listed_with_the_browser_that_they_came_from(client: Client) -> None:
    """The id of a browser is kept with each of its calls, whatever page they are from."""
    for view in ("v1", "v2"):
        client.post("/heap/calls", json=body(CALL, view=view, visitor="b1"))
    calls = client.get("/received.json").json()["received"]
    assert [(call["visitor"], call["view"]) for call in calls] == [("b1", "v1"), ("b1", "v2")]


def test_a_refused_call_harms_no_other(client: Client) -> None:
    """A batch with one call that Heap would not take is answered 422 and named, and its other calls are kept."""
    bad = {**CALL, "number": 2, "method": "track", "arguments": ["Bought", {"items": [1]}]}
    answer = client.post("/heap/calls", json=body(CALL, bad, {**CALL, "number": 3}))
    reason = "items is a list; Heap takes text, numbers, true and false"
    assert (answer.status_code, answer.json()) == (422, {"refused": [{"number": 2, "reason": reason}]})
    assert [call["refused"] for call in client.get("/received.json").json()["received"]] == [None, reason, None]


def test_a_large_body_is_not_read_to_its_end(client: Client) -> None:
    """A body beyond the bound is answered 413 whatever it holds."""
    answer = client.post("/heap/calls", content=b"x" * (2 * 1024 * 1024), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (413, {"error": "a body may have 1024 KB at most"})


def test_the_list_can_be_cleared(client: Client) -> None:
    """DELETE forgets what came, and a page that is still open goes on counting where it was."""
    client.post("/heap/calls", json=body(CALL))
    assert client.request("DELETE", "/received.json").status_code == 204
    client.post("/heap/calls", json=body(CALL, {**CALL, "number": 2}))
    assert [call["number"] for call in client.get("/received.json").json()["received"]] == [2]


def test_tells_of_changes_and_ends_when_closed(inbox: Inbox) -> None:
    """Whoever listens is told at once, at each change, and no more when the server goes down."""

    async def listen() -> list[int]:
        told: list[int] = []
        async for change in inbox.changes():
            told.append(change)
            if len(told) == 1:
                inbox.take(batch(1))
            elif len(told) == 2:
                inbox.clear()
            else:
                inbox.close()
        return told

    assert asyncio.run(asyncio.wait_for(listen(), 5)) == [0, 1, 2]
