"""What Heap takes, as tests judge it: flat properties, well-formed text, commands with the right arguments."""

from __future__ import annotations

import math
from typing import Any

from heap_web.core.commands import Command


def is_well_formed(text: str) -> bool:
    """Whether a text has no lone surrogate."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def is_scalar(value: Any) -> bool:
    """Whether this is one value as Heap takes it: well-formed text, a boolean, a finite number that is not -0."""
    kind = type(value)
    if kind is str:
        return is_well_formed(value)
    return kind in (int, bool) or (
        kind is float and math.isfinite(value) and math.copysign(1, value) * (value or 1) > 0
    )


def is_flat(flat: Any) -> bool:
    """Whether these are flat properties as Heap takes them."""
    return type(flat) is dict and all(
        type(key) is str and is_well_formed(key) and is_scalar(value) for key, value in flat.items()
    )


def is_right(command: Command | list[Any]) -> bool:
    """Whether this is a call that Heap takes."""
    method, *arguments = command if isinstance(command, list) else (command.method, *command.arguments)
    if method == "identify":
        return len(arguments) == 1 and bool(arguments[0]) and is_scalar(arguments[0])
    if method == "track":
        event, properties = arguments if len(arguments) == 2 else ("", None)
        return type(event) is str and event != "" and is_well_formed(event) and is_flat(properties)
    return (method == "resetIdentity" and not arguments) or (
        method == "addUserProperties" and len(arguments) == 1 and is_flat(arguments[0])
    )
