"""heap_web.browser.encode: a call made in Python as wire text, which the page's runtime reads."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest

from heap_web import runtime as worker
from heap_web.browser.encode import encode
from heap_web.core.calls import parse
from heap_web.core.javascript import from_wire
from heap_web.core.session import step
from heap_web.core.user import User


class Plan(StrEnum):
    """An Enum that is text."""

    FREE = "free"


class Level(Enum):
    """An Enum of numbers."""

    ONE = 1


@dataclass
class Order:
    """A dataclass as traits or properties."""

    number: int
    lines: list[str]


def text_of(method: str, arguments: tuple[object, ...], **rest: Any) -> str:
    """The wire text of a call."""
    return encode(method, arguments, **rest)[0]


def nothing() -> None:
    """A callback."""


def deep(levels: int) -> dict[str, Any]:
    """Objects in objects."""
    value: dict[str, Any] = {"end": 1}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


CALLS: list[tuple[str, tuple[object, ...]]] = [
    ("track", ("E",)),
    ("track", ("E", {"a": {"b": [1, None, {"c": "2020-06-07"}]}, "on": date(2020, 6, 7)})),
    ("track", ("2020-06-07", {"at": datetime(2020, 6, 7, 8, tzinfo=UTC), "for": timedelta(minutes=5)})),
    ("track", ("E", {"big": 2**60, "far": 1e21, "not": float("nan"), "small": 1e-7, "minus": -0.0})),
    ("track", ("E", {"cost": Decimal("9.90"), "exact": Decimal("0.1000000000000000000001"), "id": UUID(int=7)})),
    ("track", ("E", {"$": "undefined", "v": {"$": "text"}, "plan": Plan.FREE, "level": Level.ONE})),
    ("track", ("E", {"text": "\ud83d alone", "file": PurePosixPath("a/b"), "set": {3, 1, 2}, "raw": b"x"})),
    ("track", ("E", Order(1, ["a"]))),
    ("track", ("E", ["a", date(2020, 1, 1)])),
    ("track", ("E", deep(500))),
    ("track", ("E", deep(501))),
    ("track", ("E", "text", {"integrations": {"Heap": False}})),
    ("track", (Plan.FREE, {"a": 1}, nothing)),
    ("track", (1e21,)),
    ("identify", ("u1", {"email": "a@b.example"})),
    ("identify", (UUID(int=7), Order(1, []))),
    ("identify", (2**60, {"a": 1})),
    ("identify", ({"a": 1}, nothing)),
    ("identify", (nothing,)),
    ("identify", ([1, 2], {"a": 1})),
    ("identify", (None, {"a": None})),
    ("identify", (datetime(2020, 1, 1, tzinfo=UTC), {})),
    ("identify", (float("nan"), {"a": ValueError("no")})),
    ("identify", (True, {})),
    ("group", ("g", {"a": 1}, {"anonymousId": "x"})),
    ("reset", ()),
    ("setAnonymousId", ("anna",)),
]


@pytest.mark.parametrize(("method", "arguments"), CALLS)
def test_round_trip(method: str, arguments: tuple[object, ...]) -> None:
    """A call and what is read from its wire text come to the same commands and the same visitor."""
    sent = json.loads(text_of(method, arguments))
    assert sent["m"] == method
    direct = step(User(), parse(method, arguments))
    assert step(User(), parse(method, from_wire(sent["a"]))) == direct


def test_worker_reads_it() -> None:
    """The page's runtime takes wire text as it is: a Python date stays one, text like one becomes a time."""
    text = text_of("track", ("E", {"day": date(2020, 6, 7), "text": "2020-06-07"}))
    batch = f'{{"config": {{}}, "user": {{"id": null, "traits": {{}}, "anonymousId": null}}, "calls": [{text}]}}'
    (result,) = json.loads(worker.run(batch))["results"]
    assert result["commands"] == [["track", "E", {"day": "2020-06-07", "text": "2020-06-07T00:00:00.000Z"}]]


def test_copied() -> None:
    """What the caller changes after the call changes nothing, and the caller's objects stay as they were."""
    given = {"a": [1.5e300, date(2020, 1, 1)], "$": {"b": 1}}
    before = repr(given)
    text = text_of("track", ("E", given))
    assert repr(given) == before
    given["a"] = []
    assert "1.5e+300" in text


class Raising:
    """Any attribute of it that is asked for raises."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)


@pytest.mark.parametrize("hostile", [Raising, object, lambda: iter(())], ids=["raising", "object", "iterator"])
def test_hostile(hostile: Callable[[], object]) -> None:
    """A value that raises when it is read, or says nothing, costs itself alone, wherever it stands."""
    value = hostile()
    for arguments in (("E", {"a": value, "b": 1}), ("E", value)):
        json.loads(text_of("track", arguments))
    assert json.loads(text_of("track", ("E", {"a": value, "b": 1})))["a"][1]["b"] == 1


def test_too_deep_is_said() -> None:
    """What is too deep is dropped and said."""
    warnings: list[str] = []
    text_of("track", ("E", deep(501)), warnings=warnings)
    assert len(warnings) == 1


def test_foreign() -> None:
    """A value of an unknown type is read as what the edge makes of it."""
    thing = object()
    foreign: Callable[[object], object] = lambda value: {"seen": 1} if value is thing else value  # noqa: E731
    assert json.loads(text_of("track", ("E", {"a": thing}), foreign=foreign))["a"][1] == {"a": {"seen": 1}}


@pytest.mark.parametrize(
    ("method", "arguments", "found"),
    [
        ("track", ("E", {}, nothing), True),
        ("track", ("E", nothing, print), True),
        ("track", (nothing,), False),
        ("identify", (nothing,), True),
        ("identify", ("u1", {"a": nothing}), False),
        ("page", ("Home", None, None, nothing), True),
    ],
)
def test_callback(method: str, arguments: tuple[object, ...], found: bool) -> None:
    """The first function among the arguments is the callback, but not as the event of `track` nor inside a value."""
    assert (encode(method, arguments)[1] is nothing) == found


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        1.5,
        -0.0,
        1e16,
        1e300,
        9007199254740994.0,
        2**53,
        "9007199254740994.0",
        "1e+5",
        "\ud800",
        "$",
        [1.0, {"$": 2}],
    ],
)
def test_plain_values(value: Any) -> None:
    """Values that one pass can write, and those that look as if it could, come out as they went in."""
    sent = from_wire(json.loads(text_of("track", ("E", {"value": value}))))["a"][1]["value"]
    again = json.loads(json.dumps(json.loads(text_of("track", ("E", {"value": value})))))  # as a page may write it anew
    assert sent == from_wire(again)["a"][1]["value"]
    if type(value) is not int:
        assert (sent, type(sent)) == (value, type(value))
