"""Any mapping -> plain JSON at the moment of the call -> flat {key: str | int | float | bool}, as Heap takes it."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

from .javascript import MAX_SAFE_INTEGER, is_array_index, json_text, quick_text, well_formed
from .markers import INVALID_DATE, UNDEFINED, Marker
from .objects import attempt, of_type, unwrap
from .scalars import Scalar, date_text, exact_datetime_text, scalar

Flat = dict[str, Scalar]

#: Containers inside containers that are read; what lies deeper is dropped. The properties themselves are level 1.
MAX_DEPTH: Final = 500
TOO_DEEP: Final = f"values nested more than {MAX_DEPTH} levels deep were dropped"
#: Values in one call, as in the page's half: branches shared 2^50 times within each other end here.
MAX_VALUES: Final = 300_000
TOO_MUCH: Final = f"one call has more than {MAX_VALUES:,} values: the rest were dropped"

NO_DATE: Final = "an invalid Date was dropped"
_DATE_IN_TEXT = re.compile(r'"[0-9]{4}-[0-9]{2}-[0-9]{2}')
_QUICK_DEPTH: Final = 32
_ATOMS = frozenset((str, int, float, bool, type(None), Marker))
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


_BUILT_IN = _ATOMS | {dict, list, tuple}


class Plain(dict[str, Any]):
    """A mapping whose values are plain JSON already: copied from the caller, dates as text, nothing left to drop.

    Only its own values may also be UNDEFINED or INVALID_DATE; an int is within ±MAX_SAFE_INTEGER.
    """

    __slots__ = ()


def flatten(mapping: object) -> Flat:
    """The flat properties of any mapping: nested keys joined by dots, arrays as JSON text, what has no value left out.

    `mapping`: anything `plain` takes. Date-like text becomes `toISOString()` text wherever it stands as a value.
    Never raises. Source: Segment's Heap integration 2.1.2 (flat, with `safe` arrays) and this project's rules.
    """
    flat: Flat = {}
    prefix = ""
    stack: list[tuple[str, Iterator[tuple[str, Any]]]] = []
    items = iter((mapping if type(mapping) is Plain else plain(mapping)).items())
    while True:
        for key, value in items:
            kind = type(value)
            if kind is str:
                if len(value) >= 10 and value[4] == "-":
                    flat[prefix + key] = well_formed(date_text(value))
                else:
                    flat[prefix + key] = value if value.isascii() else well_formed(value)
            elif kind is int or kind is bool:
                flat[prefix + key] = value
            elif kind is dict:
                if value:
                    stack.append((prefix, items))
                    prefix = prefix + key
                    prefix = prefix + "." if prefix else ""
                    items = iter(value.items())
                    break
            elif kind is float:
                if isfinite(value):
                    flat[prefix + key] = value + 0.0
            elif kind is list:
                flat[prefix + key] = array_text(value)
            elif isinstance(value, str):
                flat[prefix + key] = well_formed(str(value))
        else:
            if not stack:
                return flat if "".join(flat).isascii() else {well_formed(name): flat[name] for name in flat}
            prefix, items = stack.pop()


def array_text(array: list[Any]) -> str:
    """A plain array as JSON text, its date-like strings normalised."""
    text = quick_text(array)
    return text if text is not None and not _DATE_IN_TEXT.search(text) else json_text(array, date_text)


def is_object(value: object) -> bool:
    """Whether a value given as an argument is read by its keys: a mapping, dataclass, named tuple or model."""
    kind = type(value)
    return kind is dict or (kind not in _ATOMS and attempt(_pairs, unwrap_safely(value)) not in (None, UNDEFINED))


def unwrap_safely(value: object) -> object:
    """`unwrap`, or UNDEFINED if the value's own methods raise."""
    return attempt(unwrap, value)


def entries(value: object) -> dict[str, Any]:
    """The keys and values of one object, not looked into any further; {} for what is no object."""
    if type(value) is dict and all(type(key) is str for key in value):
        return value
    pairs = attempt(_pairs, unwrap_safely(value)) if type(value) not in _ATOMS else None
    return dict(pairs) if isinstance(pairs, list) else {}


def plain(  # noqa: PLR0915 - one loop in place of a recursion
    value: object,
    local: Mapping[str, str] = NOTHING,
    warnings: list[str] | None = None,
    foreign: Callable[[object], object] | None = None,
) -> Plain:
    """A deep copy of a mapping (an array is read by index; anything else is {}) as plain JSON. Never raises.

    `local`: strings to replace by other text (local dates -> ISO text). `warnings`: gets TOO_DEEP, TOO_MUCH and
    NO_DATE, at most once each (NO_DATE once a key).
    `foreign`: asked first for each value of no built-in type; what it returns is read instead.
    Cycles, values below MAX_DEPTH and whatever raises when it is read are dropped (null inside an array), and all that
    comes after MAX_VALUES.
    """
    if type(value) is dict:
        try:
            return Plain(_quick_copy(value, bool(local), _QUICK_DEPTH, [MAX_VALUES]))
        except (_OddError, RecursionError):
            pass  # read once more, with care
    root = Plain()
    opened = _open(value)
    if opened is None:
        return root
    if not opened[1]:
        opened = [(str(index), item) for index, item in enumerate(opened[0])], True
    # containers being copied: (the copy, what is left of the original, its id)
    stack: list[tuple[Any, Iterator[Any], int]] = [(root, iter(opened[0]), id(value))]
    path = {id(value)}
    room = MAX_VALUES
    while stack:
        target, items, identity = stack[-1]
        is_array = type(target) is list
        for item in items:
            key, child = (None, item) if is_array else item
            room -= 1
            if room < 0:
                if warnings is not None:
                    warnings.append(TOO_MUCH)
                return root
            kind = type(child)
            if foreign is not None and kind not in _BUILT_IN:
                child = attempt(foreign, child)
                kind = type(child)
            if kind is str:
                copy: Any = local.get(child, child) if local else child
            elif kind in _ATOMS:
                copy = scalar(child)
            else:
                copy, contents = _read(child)
                if contents is not None:
                    if id(child) in path:
                        copy = UNDEFINED
                    elif len(stack) >= MAX_DEPTH:
                        copy = UNDEFINED
                        if warnings is not None and TOO_DEEP not in warnings:
                            warnings.append(TOO_DEEP)
                    else:
                        path.add(id(child))
                        stack.append((copy, iter(contents), id(child)))
            if copy is INVALID_DATE and warnings is not None:
                warning = f"{NO_DATE}: {key}" if key else NO_DATE
                if warning not in warnings:
                    warnings.append(warning)
            if is_array:
                target.append(None if type(copy) is Marker else copy)
            elif type(copy) is not Marker:
                target[key] = copy
            elif target is root:
                root[key] = copy
            elif copy is INVALID_DATE:
                target[key] = None
            if stack[-1][0] is not target:
                break
        else:
            stack.pop()
            path.discard(identity)
            if not is_array and any(key[:1].isdigit() for key in target):
                _javascript_order(target)
    return root


def quick_copy(value: dict[Any, Any]) -> dict[str, Any] | None:
    """What `plain` makes of a dict of nothing but plain JSON and datetimes; None for others.

    All of it is plain JSON, and its numbers are within ±MAX_SAFE_INTEGER.
    """
    try:
        copy: dict[str, Any] = _quick_copy(value, False, _QUICK_DEPTH, [MAX_VALUES])
    except (_OddError, RecursionError):
        return None
    return copy


class _OddError(Exception):
    """Something that is not plain JSON as it stands."""


def _quick_copy(value: Any, has_local: bool, depth: int, room: list[int]) -> Any:
    """The deep copy of what is plain JSON but for dates, as nearly all properties are; raises _OddError for others.

    `room`: how many values there may be, as its one item.
    """
    kind = type(value)
    if kind is dict or kind is list:
        room[0] -= len(value)
        if not depth or room[0] < 0:
            raise _OddError
    if kind is dict:
        copy: dict[str, Any] = {}
        for key, child in value.items():
            if type(key) is not str or key < ":" or key == "__proto__":  # below ":" are the digits, to be put first
                raise _OddError
            kind = type(child)
            # spelt out for most values: a call for each takes twice as long
            if kind is int or kind is float:
                is_plain = -MAX_SAFE_INTEGER <= child <= MAX_SAFE_INTEGER
            else:
                is_plain = (kind is str and not has_local) or child is None or kind is bool
            if is_plain:
                copy[key] = child
            else:
                copy[key] = _quick_copy(child, has_local, depth - 1, room)
        return copy
    if kind is list:
        return [_quick_copy(child, has_local, depth - 1, room) for child in value]
    if kind is str:
        is_odd = has_local and value[10:11] == " "
    elif kind is int or kind is float:  # NaN is not within them either
        is_odd = not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
    elif _is_datetime(kind):
        text = attempt(exact_datetime_text, value)
        if text is UNDEFINED:  # its time zone raised
            raise _OddError
        return text
    else:
        is_odd = not (value is None or kind is bool)
    if is_odd:
        raise _OddError
    return value


def _is_datetime(kind: type) -> bool:
    """Whether it is exactly Python's own type, which can exist only if its module is loaded."""
    loaded = sys.modules.get("datetime")
    return loaded is not None and kind is loaded.datetime


def _read(value: object) -> tuple[Any, Iterable[Any] | None]:
    """(an empty copy, what to fill it with) of a container, or (the scalar, None)."""
    opened = _open(value)
    if opened is None:
        return scalar(value), None
    contents, keyed = opened
    return ({} if keyed else []), contents


def _open(value: Any) -> tuple[Iterable[Any], bool] | None:
    """(its pairs, True) of an object, (its items, False) of an array; None for a scalar and for what raises."""
    kind = type(value)
    if kind in _ATOMS:
        return None
    if kind is dict:
        return _pairs(value) or [], True
    if kind is list:
        return list(value), False
    value = unwrap_safely(value)
    pairs = attempt(_pairs, value)
    if isinstance(pairs, list):
        return pairs, True
    items = attempt(_items, value)
    return (items, False) if isinstance(items, list) else None


def _pairs(value: Any) -> list[tuple[str, Any]] | None:
    """The keys and values of an object; None for what is none. A key whose value raises is left out."""
    kind = type(value)
    if kind is dict:
        if all(type(key) is str for key in value) and "__proto__" not in value:
            return list(value.items())
        return [(name, child) for key, child in list(value.items()) if (name := _key(key)) is not None]
    if isinstance(value, Mapping):
        return [(name, attempt(value.__getitem__, key)) for key in value if (name := _key(key)) is not None]
    if isinstance(value, type):
        return None
    if isinstance(value, tuple):
        names = getattr(kind, "_fields", None)
        return list(zip(names, value, strict=True)) if names is not None else None
    if hasattr(kind, "__dataclass_fields__"):
        names = [field.name for field in sys.modules["dataclasses"].fields(value)]
        return [(name, attempt(getattr, value, name)) for name in names]
    if callable(getattr(kind, "model_dump", None)):
        model = value.model_dump()
        return _pairs(model) if isinstance(model, Mapping) else None
    return None


def _key(key: object) -> str | None:
    """A property's name: text, or a number's or Enum's text; None for a key that has none, and for `__proto__`."""
    if type(key) is not str:
        name = scalar(key)
        if name is None or isinstance(name, Marker):
            return None
        key = json_text(name) if isinstance(name, (int, float)) else str(name)
    return key if key != "__proto__" else None


def _items(value: Any) -> list[Any] | None:
    """The items of an array: any sequence but text and bytes, a set (sorted where it can be), a NumPy array."""
    if isinstance(value, (str, bytes, bytearray)):
        return None
    if isinstance(value, memoryview):
        return list(value.tolist())
    if isinstance(value, Set):
        items = list(value)
        ordered = attempt(sorted, items)
        return items if ordered is UNDEFINED else list(ordered)
    if isinstance(value, Sequence):
        return list(value)
    if of_type(value, "numpy", "ndarray"):
        items = value.tolist()
        return items if isinstance(items, list) else None
    return None


def _javascript_order(target: dict[str, Any]) -> None:
    """Puts array-index keys first, in ascending order, as every JavaScript object has them."""
    ordered = sorted(target, key=lambda key: int(key) if is_array_index(key) else 2**32)
    copy = {key: target[key] for key in ordered}
    target.clear()
    target.update(copy)
