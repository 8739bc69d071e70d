"""A call made in Python -> wire text, the JSON text that `core.javascript.from_wire` decodes."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from ..core.javascript import MAX_SAFE_INTEGER, brief_text, json_text, number_text
from ..core.markers import FUNCTION, INVALID_DATE, OPAQUE, UNDEFINED, Verbatim
from ..core.objects import attempt, of_type
from ..core.properties import NOTHING, is_object, plain, quick_copy
from ..core.scalars import scalar

_BUILT_IN = frozenset((dict, list, tuple, int, float))
_TAGS = {
    UNDEFINED: {"$": "undefined"},
    FUNCTION: {"$": "function"},
    OPAQUE: {"$": "opaque"},
    INVALID_DATE: {"$": "date"},
}


def encode(
    method: str,
    arguments: Sequence[object],
    warnings: list[str] | None = None,
    foreign: Callable[[object], object] | None = None,
) -> tuple[str, Callable[[], object] | None]:
    """The call `analytics[method](*arguments)` as wire text `{"m": method, "a": [...]}`, and its callback.

    Never raises. Everything is copied now. `warnings`, `foreign`: as for `properties.plain`. The wire text only marks
    a function among the arguments as one; the first of them is the callback, but the event of `track` is none.
    """
    while arguments and arguments[-1] is None:
        arguments = arguments[:-1]
    callback: Any = None
    given: list[Any] = []
    is_plain = True
    for argument in arguments:
        kind = type(argument)
        if kind is str or kind is bool or argument is None:
            copy: Any = argument
        elif not (type(argument) is dict and (copy := quick_copy(argument)) is not None):
            is_plain = False
            copy = _argument(argument, warnings, foreign)
            if copy is FUNCTION and callback is None and (given or method != "track"):
                callback = argument
        given.append(copy)
    call = {"m": method, "a": given}
    if is_plain:
        text = brief_text(call)
        if text is not None and '"$"' not in text:  # else it may be a key
            return text, None
    _tag(given)
    return json_text(call), callback


def _argument(value: object, warnings: list[str] | None, foreign: Callable[[object], object] | None) -> Any:
    """One argument of the call itself: a container is copied, text stays text (no name or id is ever a date)."""
    if foreign is not None and type(value) not in _BUILT_IN:
        value = attempt(foreign, value)
    if is_object(value):
        return dict(plain(value, NOTHING, warnings, foreign))
    items = plain({"items": value}, NOTHING, warnings, foreign).get("items")
    if type(items) is list:
        return items
    if attempt(callable, value) is True:
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
