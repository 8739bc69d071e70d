"""A caller's own objects: asked without trust, and known by the names of their types."""

import sys
from collections.abc import Callable
from typing import Any

from .markers import UNDEFINED


def attempt(function: Callable[..., Any], *arguments: object) -> Any:
    """`function(*arguments)`, or UNDEFINED if it raises: a caller's hostile object must only lose itself."""
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001 - whatever a caller's own method raises, that value alone is dropped
        return UNDEFINED


def of_type(value: Any, module: str, *names: str) -> bool:
    """isinstance by name, without importing: a value of a module's type exists only if the module is loaded."""
    loaded = sys.modules.get(module)
    kinds = tuple(getattr(loaded, name, ()) for name in names) if loaded is not None else ()
    return isinstance(value, kinds)


def unwrap(value: Any) -> Any:
    """What an Enum member or a NumPy scalar stands for; anything else as it is."""
    for _ in range(4):
        if of_type(value, "enum", "Enum"):
            value = value.value
        elif of_type(value, "numpy", "datetime64"):
            value = value.astype("datetime64[ms]").item()
        elif of_type(value, "numpy", "timedelta64"):
            value = value.astype("timedelta64[us]").item()
        elif of_type(value, "numpy", "generic"):
            value = value.item()
        else:
            break
    return value
