"""One server-side call as a value, from the client's methods or from a message in Segment's shape; all its checks.

Segment's messages: https://segment.com/docs/connections/spec/common/. Heap's limits:
https://developers.heap.io/reference/track-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from heap_web.core.errors import CallError
from heap_web.core.integrations import allows_heap
from heap_web.core.javascript import number_text, well_formed
from heap_web.core.scalars import date_text, iso_text, scalar

Kind = Literal["track", "page", "screen", "identify"]
Nested = Literal["flatten", "stringify", "drop"]
"""For the partner endpoints: what becomes of objects and arrays among the properties."""

KINDS = ("track", "page", "screen", "identify")
SILENT = ("group", "alias")
"""Messages that tell Heap nothing."""
NO_USER = (
    "Heap's API rejects server-side calls without a user id: "
    "pass user_id=, the same id that the page passes to identify()"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A call: `track` (with `event`), `page`, `screen` (with `name`) or `identify`."""

    kind: Kind
    user_id: str | None = None
    """The user's identity in Heap."""
    event: str | None = None
    properties: Mapping[str, Any] | list[Any] | None = None
    traits: Mapping[str, Any] | list[Any] | None = None
    name: str | None = None
    """Of the page or screen."""
    timestamp: object = None
    """A datetime, ISO 8601 text or milliseconds since 1970; None for now."""
    message_id: str | None = None
    anonymous_id: str | None = None
    """Partner endpoints only."""
    email: str | None = None
    """Partner endpoints only."""
    heap_user_id: str | None = None
    """Heap's own numeric id; partner endpoints only."""
    nested: Nested = "flatten"


def from_segment(message: Mapping[str, Any]) -> Message | None:
    """A message of Segment's shape (`type`, `userId`, `event`, `properties`, `traits`, `context` …) as a call.

    None for one that tells Heap nothing: `group` and `alias`, and one whose `integrations` leave Heap out. `CallError`
    for one that is no message. Traits of an event, in `context.traits`, count only where there is a user to have them.
    """
    kind = message.get("type")
    if kind in SILENT or not _is_meant_for_heap(message):
        return None
    if kind not in KINDS:
        raise CallError(f'"type" is {kind!r}; it must be one of {", ".join([*KINDS, *SILENT])}')
    context = message.get("context")
    context = context if isinstance(context, Mapping) else {}
    user_id = identity(message.get("userId"))
    traits = message.get("traits") if kind == "identify" else None
    return Message(
        kind=kind,
        user_id=user_id,
        event=message.get("event"),
        properties=message.get("properties"),
        traits=context.get("traits") if traits is None and user_id is not None else traits,
        name=message.get("name") if isinstance(message.get("name"), str) else None,
        timestamp=message.get("timestamp") or message.get("originalTimestamp"),
        message_id=message.get("messageId") if isinstance(message.get("messageId"), str) else None,
        anonymous_id=identity(message.get("anonymousId")),
    )


def identity(value: object) -> str | None:
    """A user id as text: a string that is not blank, or a finite number other than 0; None for anything else.

    (In the page, a string of blanks is an id; Heap's API for servers takes none.)
    """
    plain = scalar(value)
    if isinstance(plain, bool):
        return None
    if isinstance(plain, int | float):
        return number_text(plain) if plain else None
    if isinstance(plain, str):
        return well_formed(plain) if plain.strip() else None
    return None


def moment(value: object, now: float) -> str:
    """A timestamp as ISO 8601 text in UTC: a datetime, a date, ISO text, milliseconds since 1970, or None for `now`
    (seconds).
    """
    if value is None or value == "":
        return iso_text(int(now * 1000))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return iso_text(int(value))
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    plain = scalar(value)
    text = date_text(str(plain)) if isinstance(plain, str) else ""
    if not text.endswith("Z") or "T" not in text:
        raise CallError(
            f"timestamp {value!r} is no time; pass a datetime or ISO 8601 text such as 2026-01-31T12:00:00Z"
        )
    return text


def _is_meant_for_heap(message: Mapping[str, Any]) -> bool:
    integrations = message.get("integrations")
    return not isinstance(integrations, Mapping) or allows_heap(integrations)
