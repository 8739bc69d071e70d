"""The receiving side: what Segment's Engage sends for audiences and computed traits, as user properties for Heap.

Shapes: https://segment.com/docs/engage/using-engage-data/ ("What do the payloads look like for Engage data?").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heap_web.audiences.names import property_name
from heap_web.cloud.messages import Message, from_segment
from heap_web.core.errors import CallError, ConfigurationError

ENTERED, EXITED, COMPUTED = "Audience Entered", "Audience Exited", "Trait Computed"
_TRUTH = {"true": True, "false": False}


def membership(message: Mapping[str, Any]) -> Message | None:
    """The user properties that a message of Engage's sets, as an `identify` call for `HeapCloud.send`.

    `identify` messages: with `context.personas`, the trait that it names; without, every trait. `Audience
    Entered`, `Audience Exited` and `Trait Computed` events: the audience or trait that their properties name.
    Audiences are true or false. None for a message that is none of Engage's; `CallError` for one that leaves out
    its user or its key.
    """
    call = from_segment(message)
    if call is None:
        return None
    personas = _mapping(_mapping(message.get("context")).get("personas"))
    if call.kind == "identify":
        values = _of_traits(_mapping(call.traits), personas)
    elif call.kind == "track" and call.event in {ENTERED, EXITED, COMPUTED}:
        values = _of_event(str(call.event), _mapping(call.properties), personas)
    else:
        return None
    return Message("identify", call.user_id, traits=values, timestamp=call.timestamp, message_id=call.message_id)


def _of_traits(traits: Mapping[str, Any], personas: Mapping[str, Any]) -> dict[str, Any]:
    key = personas.get("computation_key")
    if not isinstance(key, str):
        return {_name(name): value for name, value in traits.items()}
    if key not in traits:
        raise CallError(f"the message names {key!r} in context.personas, but has no trait of this name")
    is_audience = personas.get("computation_class") == "audience"
    return {_name(key): _truth(traits[key]) if is_audience else traits[key]}


def _of_event(event: str, properties: Mapping[str, Any], personas: Mapping[str, Any]) -> dict[str, Any]:
    field = "trait_key" if event == COMPUTED else "audience_key"
    key = properties.get(field, personas.get("computation_key"))
    if not isinstance(key, str):
        raise CallError(f"an event {event!r} needs the property {field!r}")
    if event == COMPUTED:
        if key not in properties:
            raise CallError(f"the event names the trait {key!r}, but has no property of this name")
        return {_name(key): properties[key]}
    value = _truth(properties.get(key))
    return {_name(key): value if isinstance(value, bool) else event == ENTERED}


def _name(key: str) -> str:
    """A trait that is no audience may have any name; only what can be a property's name is changed to one."""
    if not isinstance(key, str) or not any(character.isalnum() for character in key) or key.lower() == "id":
        return key
    try:
        return property_name(key)
    except ConfigurationError as error:
        raise CallError(str(error)) from error


def _truth(value: Any) -> Any:
    return _TRUTH.get(value, value) if isinstance(value, str) else value


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
