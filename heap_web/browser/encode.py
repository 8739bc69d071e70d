"""A call made in Python -> the record that the page's runtime reads, as JSON text (see `javascript.from_wire`)."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from ..core.javascript import (
    FUNCTION,
    INVALID_DATE,
    MAX_SAFE_INTEGER,
    OPAQUE,
    UNDEFINED,
    Verbatim,
    json_text,
    number_text,
)
from ..core.properties import NOTHING, is_object, plain
from ..core.scalars import attempt, of_type, scalar

_TAGS = {
    UNDEFINED: {"$": "undefined"},
    FUNCTION: {"$": "function"},
    OPAQUE: {"$": "opaque"},
    INVALID_DATE: {"$": "date"},
}


def record(
    method: str,
    arguments: Sequence[object],
    local: Mapping[str, str] = NOTHING,
    warnings: list[str] | None = None,
    foreign: Callable[[object], object] | None = None,
) -> str:
    """The call `analytics[method](*arguments)` as JSON text `{"m": method, "a": [...]}`. Never raises.

    Everything is copied now. `local`, `warnings`, `foreign`: as for `properties.plain`. A function among the arguments
    is only marked as one.
    """
    given = [_argument(argument, local, warnings, foreign) for argument in arguments]
    _tag(given)
    return json_text({"m": method, "a": given})


def _argument(
    value: object,
    local: Mapping[str, str],
    warnings: list[str] | None,
    foreign: Callable[[object], object] | None,
) -> Any:
    """One argument of the call itself: a container is copied, text stays text (no name or id is ever a date)."""
    if type(value) is str or value is None or isinstance(value, bool):
        return value
    if is_object(value):
        return dict(plain(value, local, warnings, foreign))
    items = plain({"items": value}, local, warnings, foreign).get("items")
    if type(items) is list:
        return items
    if callable(value):
        return FUNCTION
    if of_type(value, "datetime", "datetime", "date", "time", "timedelta"):
        return OPAQUE
    copy = attempt(scalar, value)
    if copy is None or copy is UNDEFINED:  # None: NaN and the infinities, neither an id nor a name
        return OPAQUE
    return str(copy) if isinstance(copy, Verbatim) else copy


def _tag(root: list[Any]) -> None:
    """Replaces, in place, what JSON text alone would not bring back."""
    work: list[Any] = [root]
    while work:
        container = work.pop()
        places = enumerate(container) if type(container) is list else list(container.items())
        for key, child in places:
            kind = type(child)
            if kind is Verbatim:
                container[key] = {"$": "text", "v": str(child)}
            elif kind is float:
                if not -MAX_SAFE_INTEGER <= child <= MAX_SAFE_INTEGER and isfinite(child):
                    container[key] = {"$": "number", "v": number_text(child)}
            elif kind is list:
                work.append(child)
            elif kind is dict:
                if "$" in child:
                    pairs = [[name, value] for name, value in child.items()]
                    container[key] = {"$": "object", "v": pairs}
                    work.extend(pairs)
                else:
                    work.append(child)
            elif kind in _MARKER and child in _TAGS:
                container[key] = _TAGS[child]


_MARKER = frozenset({type(UNDEFINED)})
