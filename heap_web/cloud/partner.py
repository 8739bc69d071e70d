"""A call in the shape of Heap's endpoints for integration partners: `/api/integrations/track` and
`…/add_user_properties`. Pure.

As Segment's "Heap Cloud" destination sends it, save its bugs: dates are ISO text (there they are lost), a property that
is null is left out (there it is the text "null"), a number as identity counts, and all of a call is checked before any
of it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from heap_web.cloud.documented import check_lengths, event_name, shortened
from heap_web.cloud.entries import Entry, json_of
from heap_web.cloud.messages import Message, Nested
from heap_web.core.errors import CallError
from heap_web.core.javascript import number_text, well_formed
from heap_web.core.markers import Marker
from heap_web.core.properties import entries as pairs_of
from heap_web.core.properties import plain

TRACK = "/api/integrations/track"
USERS = "/api/integrations/add_user_properties"

Plain = str | int | float | bool | None


def entries(message: Message, timestamp: str | int | float | None, key: str | None) -> tuple[Entry, ...]:
    """What Heap is told of a call: its user's traits, if there are any, then the event. Raises `CallError`; nothing is
    sent then.

    `timestamp` is passed on as it is; without one, or without a `key` (message id), the field is left out.
    """
    user = (message.user_id or "").strip()
    traits = _shortened(unrolled(message.traits, message.nested))
    if message.kind == "identify" and not user:
        raise CallError("Identity is required for identify calls.")
    if traits and not user:
        raise CallError("Identity is required when User Properties are provided.")
    if message.kind == "identify" and not traits:
        raise CallError("No properties to update. Identify calls require at least one User Property.")
    check_lengths(user, key)
    told: list[Entry] = []
    if traits:
        told.append(update(user, traits, key or ""))
    if message.kind != "identify":
        told.append(_event(message, timestamp, key))
    return tuple(told)


def update(user: str, properties: Mapping[str, Plain], key: str) -> Entry:
    """A user's properties, flat and within Heap's limits already, as an entry."""
    return Entry(USERS, user, key, json_of({"user_identifier": {"identity": user}, "custom_properties": properties}))


def unrolled(values: object, mode: Nested = "flatten") -> dict[str, Plain]:
    """The flat properties of any mapping: objects and arrays by dotted path (`lines.0.sku`); what has no value is left
    out.

    `mode` "stringify": objects and arrays among the properties as JSON text instead; "drop": without them.
    """
    copy = plain(values)
    if mode == "flatten" or mode not in {"stringify", "drop"}:
        return dict(_leaves("", copy))
    originals = pairs_of(values)
    flat: dict[str, Plain] = {}
    for name, value in copy.items():
        if isinstance(value, Marker):
            continue
        is_nested = isinstance(value, dict | list)
        if mode == "stringify" and (is_nested or isinstance(originals.get(name), date)):
            flat[name] = json_of(value)
        elif not is_nested:
            flat[name] = value
    return flat


def text_of(value: Plain) -> str:
    """A property's value as an event there takes it: text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else str(value)


def _event(message: Message, timestamp: str | int | float | None, key: str | None) -> Entry:
    identifier = _identifier(message)
    flat = unrolled(message.properties, message.nested).items()
    properties = {"segment_library": "cloud-mode-destination"}
    properties |= _shortened({name: text_of(value) for name, value in flat if value is not None})
    if message.name is not None and message.name.strip():
        properties["name"] = shortened(message.name)
    body: dict[str, Any] = {
        "event": event_name(message),
        "user_identifier": identifier,
        "custom_properties": properties,
        "idempotency_key": key,
        "timestamp": timestamp,
    }
    told = {name: value for name, value in body.items() if value is not None}
    return Entry(TRACK, next(iter(identifier.values())), key or "", json_of(told))


def _identifier(message: Message) -> dict[str, str]:
    given = {
        "identity": message.user_id,
        "anonymous_id": message.anonymous_id,
        "user_id": message.heap_user_id,
        "email": message.email,
    }
    identifier = {name: value.strip() for name, value in given.items() if value is not None and value.strip()}
    if not identifier:
        raise CallError("At least one of Identity, Anonymous ID, User ID or Email is required.")
    return identifier


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Plain]]:
    stack: list[tuple[str, Any]] = [(path, value)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict | list):
            items = list(value.items() if isinstance(value, dict) else enumerate(value))
            stack += [(f"{path}.{name}" if path else str(name), item) for name, item in reversed(items)]
        elif not isinstance(value, Marker):
            yield path, value


def _shortened(flat: dict[str, Any]) -> dict[str, Any]:
    return {
        shortened(well_formed(name)): shortened(well_formed(value)) if isinstance(value, str) else value
        for name, value in flat.items()
    }
