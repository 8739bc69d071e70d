"""The wire text that the page would send for decoded case values: its encoder, in Python, for tests without a page."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from heap_web.core.javascript import is_array_index, number_text

from .cases.codec import UNDEFINED, JSDate, JSObject, Tag, ms_to_iso

UNDEFINED_WIRE = {"$": "undefined"}
MAX_DEPTH = 500

# What the functions in the cases return when they are called as a getter or as toJSON; ValueError: they throw.
RETURNS: dict[str, Callable[[dict[str, Any]], Any]] = {
    'function () { return this.first + " B"; }': lambda this: this["first"] + " B",
    "function () { return 7; }": lambda this: 7,
    'function () { return "five"; }': lambda this: "five",
    "function () { return { only: 1 }; }": lambda this: {"only": 1},
}
THROWS = (
    'function () { throw new Error("boom"); }',
    'function () { throw new Error("no json"); }',
)


class Thrown(Exception):
    """A getter or a toJSON that throws."""


def called(function: Any, this: dict[str, Any]) -> Any:
    """What a function of a case returns; raises Thrown where it throws."""
    if function.data in THROWS:
        raise Thrown
    return RETURNS[function.data](this)


class Encoder:
    """Encodes the arguments of one call, and collects the local dates in them."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)
        self.local: dict[str, str] = {}

    def argument(self, value: Any) -> Any:
        """One argument of the call itself."""
        value = unboxed(value)
        if isinstance(value, JSDate) or (
            isinstance(value, Tag) and value.name not in ("$map", "$set", "$typed", "$bigint", "$callback", "$function")
        ):
            return {"$": "opaque"}
        if isinstance(value, Tag) and value.name in ("$callback", "$function"):
            return {"$": "function"}
        if isinstance(value, str):
            return value
        return self.value(value, [], 1)

    def value(self, value: Any, path: list[int], level: int) -> Any:
        """A value at any depth."""
        value = unboxed(value)
        if value is UNDEFINED:
            return UNDEFINED_WIRE
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self.note(str(value))
            return str(value)
        if isinstance(value, (int, float)):
            return number(value)
        if isinstance(value, JSDate):
            return {"$": "date"} if value.ms is None else ms_to_iso(value.ms)
        if isinstance(value, Tag) and value.name in TEXTS:
            return TEXTS[value.name](value.data)
        if id(value) in path or level > MAX_DEPTH:
            return UNDEFINED_WIRE
        path = [*path, id(value)]
        items = array_items(value)
        if items is not None:
            array: list[Any] = []
            for item in items:  # no comprehensions here: each is a frame of its own on the way down
                array.append(self.value(item, path, level + 1))
            return array
        pairs = object_pairs(value)
        if pairs is None:
            return UNDEFINED_WIRE
        own: dict[str, Any] = {}
        for key, child, flags in pairs:
            if not isinstance(key, str) or key == "__proto__" or flags.get("enumerable") is False:
                continue
            try:
                own[str(key)] = called(child, own) if flags.get("get") else child
            except Thrown:
                continue
        if isinstance(own.get("toJSON"), Tag):
            try:
                return self.value(called(own["toJSON"], own), path, level)
            except Thrown:
                return UNDEFINED_WIRE
        encoded: dict[str, Any] = {}
        for key in sorted(own, key=lambda key: int(key) if is_array_index(key) else 2**32):
            encoded[key] = self.value(own[key], path, level + 1)
        return {"$": "object", "v": [[key, child] for key, child in encoded.items()]} if "$" in encoded else encoded

    def note(self, text: str) -> None:
        """Remembers a local date and time as UTC."""
        if text[10:11] == " ":
            try:
                at = datetime.fromisoformat(text).replace(tzinfo=self.zone)
            except ValueError:
                return
            self.local[text] = ms_to_iso(int(at.timestamp()) * 1000 + at.microsecond // 1000)


def unboxed(value: Any) -> Any:
    """The value without freezing or boxing."""
    while isinstance(value, Tag) and value.name in ("$frozen", "$boxed"):
        value = value.data
    return value


def number(value: float) -> Any:
    """A number; as text where JSON would not give it back."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "number", "v": number_text(value)}
    if float(value).is_integer():
        return int(value) if abs(value) < 2**53 else {"$": "number", "v": number_text(float(value))}
    return value


def array_items(value: Any) -> list[Any] | None:
    """The items of an array, a set or a typed array."""
    if isinstance(value, list):
        return value
    if isinstance(value, Tag) and value.name == "$set":
        return list(value.data)
    if isinstance(value, Tag) and value.name == "$typed":
        return list(value.data[1])
    if isinstance(value, JSObject) and value.array_length is not None:
        found = {key: child for key, child, _ in value.entries}
        return [found.get(str(index), UNDEFINED) for index in range(value.array_length)]
    return None


def object_pairs(value: Any) -> list[Any] | None:
    """The keys, values and flags of an object, a map or an event; None for what is dropped."""
    if isinstance(value, dict):
        return [(key, child, {}) for key, child in value.items()]
    if isinstance(value, JSObject):
        return list(value.entries)
    if isinstance(value, Tag) and value.name == "$map":
        return [(key, child, {}) for key, child in value.data]
    if isinstance(value, Tag) and value.name == "$event":
        return [("isTrusted", False, {})]
    return None


def error_text(data: Any) -> str:
    """`Name: message`."""
    return f"{data[0]}: {data[1]}" if data[1] else str(data[0])


TEXTS: dict[str, Callable[[Any], Any]] = {
    "$bigint": lambda data: {"$": "bigint", "v": data},
    "$regexp": lambda data: f"/{data[0]}/{data[1]}",
    "$url": str,
    "$error": error_text,
}


def batch(calls: list[dict[str, Any]], config: dict[str, Any], user: dict[str, Any]) -> str:
    """The text of a batch, as JSON.stringify would write it (lone surrogates as escapes)."""
    return json.dumps({"config": config, "user": user, "calls": calls})
