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
from heap_web.core.javascript import number_text
from heap_web.core.objects import of_type, unwrap
from heap_web.core.scalars import date_text, iso_text, scalar, text_or_number

Kind = Literal["track", "page", "screen", "identify"]
Nested = Literal["flatten", "stringify", "drop"]
"""For the partner endpoints: what becomes of objects and arrays among the properties."""

KINDS = ("track", "page", "screen", "identify")
SILENT = ("group", "alias")
"""Messages that tell Heap nothing."""
SECONDS = 1e11
"""Numbers below are seconds since 1970 (until the year 5138), others milliseconds (from 3 March 1973 on)."""
LATEST = 1e15
"""Milliseconds; far beyond the year 9999."""
LONGEST_TIME = 64
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
    """A datetime (a naive one is in UTC), ISO 8601 text, or seconds or milliseconds since 1970; None for now."""
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
    if not isinstance(message, Mapping):
        raise CallError(f"a message is a mapping with a type, not {type(message).__name__}")
    kind = message.get("type")
    if kind in SILENT or not _is_meant_for_heap(message):
        return None
    if kind not in KINDS:
        raise CallError(f'"type" is {shown(kind)}; it must be one of {", ".join([*KINDS, *SILENT])}')
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
        timestamp=_first_given(message, "timestamp", "originalTimestamp"),
        message_id=_key_of(message.get("messageId")),
        anonymous_id=identity(message.get("anonymousId")),
    )


def _first_given(message: Mapping[str, Any], *names: str) -> object:
    """The first of these fields that is there and not empty; 0 is a time."""
    given = (message.get(name) for name in names)
    return next((value for value in given if value is not None and value != ""), None)


def _key_of(value: object) -> str | None:
    """A message's id; what is no id is as good as none: it gets one."""
    is_id = isinstance(value, str | int | float) and not isinstance(value, bool)
    return (message_key(value) or None) if is_id and value == value else None  # noqa: PLR0124 - NaN is no id


def identity(value: object) -> str | None:
    """A user id as text: a string that is not blank, a UUID, or a finite number other than 0; None for anything else.

    (In the page, a string of blanks is an id; Heap's API for servers takes none.)
    """
    plain = text_or_number(value)
    if isinstance(plain, str):
        return plain if plain.strip() else None
    return number_text(plain) if plain else None


def moment(value: object, now: float) -> str:
    """A timestamp as ISO 8601 text in UTC, of the years 1 to 9999; `now` (seconds since 1970) where there is none.

    A time is a datetime (a naive one is taken as UTC), a date, ISO 8601 text (also with a space for T), or a number:
    seconds since 1970 below `SECONDS`, as `time.time()` gives them, milliseconds from there on. Raises `CallError` for
    anything else.
    """
    if value is None or (isinstance(value, str) and not value):
        return iso_text(int(now * 1000))
    text = _time_text(unwrap(value))
    if text is None or not text[:1].isdecimal() or text.startswith("0000"):
        outside = "" if text is None else " of the years 1 to 9999"
        raise CallError(
            f"timestamp {shown(value)} is no time{outside}; "
            "pass a datetime or ISO 8601 text such as 2026-01-31T12:00:00Z"
        )
    return text


def _time_text(value: object) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    plain = value if isinstance(value, int) else scalar(_number(value))
    if isinstance(plain, int | float):
        if abs(plain) >= LATEST:
            return ""
        return iso_text(round(plain * 1000 if abs(plain) < SECONDS else plain))
    return _read_time(plain.strip()) if isinstance(plain, str) else None


def _number(value: object) -> object:
    """A decimal or a fraction as the double next to it: nobody counts time in smaller parts."""
    if not of_type(value, "fractions", "Fraction") and not of_type(value, "decimal", "Decimal"):
        return value
    number: Any = value
    try:
        return float(number)
    except (OverflowError, ValueError):
        return None


def _read_time(text: str) -> str | None:
    """ISO 8601 text, in the forms that JavaScript reads and those that Python does; None for any other text."""
    if not 10 <= len(text) <= LONGEST_TIME or (text[4] != "-" and text[8] != "T"):
        return None  # digits alone would be read as some date
    read = date_text(_with_t(text) if text[10:11] in (" ", "t", "T") else text)
    if not read[0].isdecimal():
        return ""
    for spelled in (read, text):
        try:
            return str(scalar(datetime.fromisoformat(spelled)))
        except ValueError:
            continue
    return None


def _with_t(text: str) -> str:
    """As `str(datetime)` has it, and others: a space for the T and before the zone, which must not keep the zone from
    being read.
    """
    time = text[11:].replace(" ", "").upper()
    time = time[:-3] + "Z" if time.endswith(("UTC", "GMT")) else time
    return f"{text[:10]}T{time}"


def message_key(value: object) -> str | None:
    """A message id as text: text, a number or a UUID; None for none. Raises `CallError` for what is no id."""
    if value is None:
        return None
    name = text_or_number(value)
    if name is None:
        raise CallError(f"the message id is {shown(value)}; pass text, such as str(uuid4())")
    return name if isinstance(name, str) else number_text(name)


def shown(value: object) -> str:
    """A value for a message: no longer than a line, whatever it is."""
    if isinstance(value, int) and abs(value) >= 10**30:
        return "(a number of more than 30 digits)"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a value that cannot even be shown is named by its type
        return f"(an object of type {type(value).__name__})"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_meant_for_heap(message: Mapping[str, Any]) -> bool:
    integrations = message.get("integrations")
    if not isinstance(integrations, Mapping):
        return True
    return allows_heap({name: setting for name, setting in integrations.items() if isinstance(name, str)})
