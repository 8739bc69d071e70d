"""A call in the shape of Heap's documented server-side API: `/api/track` and `/api/add_user_properties`. Pure.

Sources: https://developers.heap.io/reference/track-1 and https://developers.heap.io/reference/add-user-properties.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from heap_web.cloud.entries import Entry, json_of
from heap_web.cloud.messages import NO_USER, Message, shown
from heap_web.core.errors import CallError
from heap_web.core.javascript import number_text
from heap_web.core.properties import flatten
from heap_web.core.scalars import Scalar, text_or_number

TRACK = "/api/track"
USERS = "/api/add_user_properties"

LONGEST_IDENTITY = 255
LONGEST_EVENT = 1024
LONGEST_TEXT = 1023
"""Names and values of properties must have fewer than 1024 characters (counted as JavaScript does)."""
LONGEST_KEY = 255

_log = logging.getLogger("heap_web.cloud")


def entries(message: Message, timestamp: str, key: str) -> tuple[Entry, ...]:
    """What Heap is told of a call: its user's traits, if there are any, then the event.

    `timestamp`: ISO 8601 text. `key`: the message id. Raises `CallError` for what Heap would refuse; nothing is sent
    then.
    """
    user = message.user_id
    if user is None:
        raise CallError(NO_USER)
    check_lengths(user, key)
    told: list[Entry] = []
    given = limited(message.traits) if message.traits else {}
    traits = {name: value for name, value in given.items() if not _is_reserved(name)}
    if traits:
        told.append(update(user, traits, key))
    if message.kind != "identify":
        properties = limited(message.properties)
        if message.name is not None and message.name.strip():
            properties["name"] = shortened(message.name)
        body = {
            "identity": user,
            "event": event_name(message),
            "timestamp": timestamp,
            "properties": properties,
            "idempotency_key": key,
        }
        told.append(Entry(TRACK, user, key, json_of(body)))
    return tuple(told)


def update(user: str, properties: Mapping[str, Scalar], key: str) -> Entry:
    """A user's properties, flat and within Heap's limits already, as an entry."""
    return Entry(USERS, user, key, json_of({"identity": user, "properties": properties}))


def event_name(message: Message) -> str:
    """`Page viewed`, `Screen viewed` or the event's own name: text, or a finite number as text; `CallError` for
    anything else.
    """
    if message.kind in {"page", "screen"}:
        return f"{message.kind.capitalize()} viewed"
    given = text_or_number(message.event)
    name = number_text(given) if isinstance(given, int | float) else given
    if not name:
        raise CallError(f"an event needs a name: text that is not empty, not {shown(message.event)}")
    if _units(name) > LONGEST_EVENT:
        raise CallError(f"the event name {name[:40]!r}… is longer than the {LONGEST_EVENT} characters that Heap takes")
    return name


def check_lengths(user: str, key: str | None) -> None:
    """Raises `CallError` for a user id or message id that is too long."""
    if _units(user) > LONGEST_IDENTITY:
        raise CallError(f"the user id {user[:40]!r}… is longer than the {LONGEST_IDENTITY} characters that Heap takes")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise CallError(f"a message id must have 1 to {LONGEST_KEY} characters, not {len(key)}")


def limited(values: object) -> dict[str, Scalar]:
    """The flat properties of a call, names and texts cut to what Heap takes."""
    return {
        shortened(name): shortened(value) if isinstance(value, str) else value
        for name, value in flatten(values).items()
    }


def shortened(text: str) -> str:
    """The first `LONGEST_TEXT` characters, never half of a surrogate pair; a longer text is warned of."""
    text = str(text)
    if len(text) * 2 <= LONGEST_TEXT or _units(text) <= LONGEST_TEXT:
        return text
    cut = text.encode("utf-16-le", "replace")[: LONGEST_TEXT * 2].decode("utf-16-le", "ignore")
    _log.warning("a text of %d characters was cut to %d, as Heap takes no longer ones", len(text), len(cut))
    return cut


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_reserved(name: str) -> bool:
    """Heap's user properties cannot be named `id`, in any casing."""
    if name.lower() != "id":
        return False
    _log.warning("the trait %r was left out: Heap has no user property of this name", name)
    return True
