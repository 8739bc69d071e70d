"""The recorded cases of the integration's server half, as calls in Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heap_web.cloud.messages import Message, identity
from heap_web.core.markers import INVALID_DATE, UNDEFINED, Verbatim
from tests.conformance import cases
from tests.conformance.cases import codec

CASES: list[dict[str, Any]] = json.loads((Path(cases.__file__).parent / "cloud.json").read_text())


def payload_of(case: dict[str, Any]) -> dict[str, Any]:
    """A case's payload with Python's values in place of JavaScript's; what is undefined or null is left out."""
    payload = pythonic(codec.decode(case["payload"]), {})
    return {name: value for name, value in payload.items() if value is not UNDEFINED and value is not None}


def message_of(payload: dict[str, Any]) -> Message:
    """The call that a payload is."""
    kind = payload["type"]
    return Message(
        kind if kind in {"page", "screen", "identify"} else "track",
        identity(payload.get("identity")),
        event=payload.get("event"),
        properties=payload.get("properties"),
        traits=payload.get("traits"),
        name=payload.get("name"),
        anonymous_id=identity(payload.get("anonymous_id")),
        email=identity(payload.get("email")),
        heap_user_id=identity(payload.get("user_id")),
        nested=payload.get("nested_properties_mode", "flatten"),
    )


def pythonic(value: Any, seen: dict[int, Any]) -> Any:
    """A decoded value as a Python program would have it."""
    if id(value) in seen:
        return seen[id(value)]
    if value is codec.UNDEFINED:
        return UNDEFINED
    if isinstance(value, codec.JSDate):
        return INVALID_DATE if value.ms is None else Date(codec.ms_to_iso(value.ms))
    if isinstance(value, codec.Tag):
        return _of_tag(value, seen)
    if isinstance(value, codec.JSObject):
        return {name: pythonic(item, seen) for name, item, _ in value.entries}
    if isinstance(value, list):
        items: list[Any] = []
        seen[id(value)] = items
        items.extend(pythonic(item, seen) for item in value)
        return items
    if isinstance(value, dict):
        mapping: dict[str, Any] = {}
        seen[id(value)] = mapping
        mapping.update((name, pythonic(item, seen)) for name, item in value.items())
        return mapping
    return str(value) if isinstance(value, str) else value


def Date(text: str) -> Any:  # noqa: N802 - stands for JavaScript's Date
    """A moment, from `toISOString()` text."""
    from datetime import datetime

    return datetime.fromisoformat(text)


def _of_tag(tag: codec.Tag, seen: dict[int, Any]) -> Any:
    data = tag.data
    match tag.name:
        case "$bigint":
            return int(data)
        case "$map":
            return {name: pythonic(item, seen) for name, item in data}
        case "$set":
            return {pythonic(item, seen) for item in data}
        case "$typed":
            return data[1]
        case "$boxed":
            return pythonic(data, seen)
        case "$url":
            return Verbatim(data)
        case "$regexp":
            return f"/{data[0]}/{data[1]}"
        case "$error":
            return Exception(data[1])
    raise AssertionError(f"a case uses {tag.name}, which has no twin in Python here")
