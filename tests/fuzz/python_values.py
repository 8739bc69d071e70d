"""Values of Python's picked at random: all that a caller may hand to a call, and much that none should."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import fractions
import pathlib
import types
import uuid
import weakref
from collections.abc import Callable, Hashable
from contextlib import suppress
from random import Random
from typing import Any

from heap_web.core.markers import FUNCTION, INVALID_DATE, OPAQUE, UNDEFINED, BigInt, Verbatim

from . import hostile
from .nesting import nest
from .texts import RARE, pick_text

Make = Callable[[Random], Any]

#: As deep as a caller's mistake may nest, on both sides of the limit.
DEPTHS = (31, 32, 33, 498, 499, 500, 501, 1_000, 100_000)

_CONSTANTS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**53 - 1, 2**53, -(2**53), 2**64, 10**400),
    *(0.0, -0.0, 0.1, 1e21, -1e-7, 5e-324, 1.7976931348623157e308, float("nan"), float("inf"), float("-inf")),
    *(UNDEFINED, INVALID_DATE, FUNCTION, OPAQUE, BigInt(7), BigInt(10**30), Verbatim("2020-01-01"), Verbatim("\ud800")),
    *(b"bytes", bytearray(b"\xff"), 1j, complex("nan"), ..., NotImplemented, object(), object, len, hostile.refuse),
    *(decimal.Decimal("NaN"), decimal.Decimal("sNaN"), decimal.Decimal("-Infinity"), decimal.Decimal("1e999999")),
    *(decimal.Decimal("-0"), decimal.Decimal("0.1"), decimal.Decimal("9" * 40), fractions.Fraction(1, 3)),
    *(fractions.Fraction(10**400, 3), fractions.Fraction(1, 10**400)),
    *(datetime.datetime.min, datetime.datetime.max, datetime.date.min, datetime.date.max, datetime.time.max),
    *(datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=23, minutes=59))),),
    *(datetime.datetime.max.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-23, minutes=-59))),),
    *(datetime.datetime(2020, 2, 29, tzinfo=hostile.Zone()), datetime.time(1, tzinfo=hostile.Zone())),
    *(datetime.datetime(2020, 2, 29, tzinfo=hostile.Zone(datetime.timedelta(days=2))),),
    *(datetime.timedelta.min, datetime.timedelta.max, datetime.timedelta(0), uuid.UUID(int=7), pathlib.Path("a/b")),
    *(ValueError("wrong"), ValueError(), hostile.Silent(), hostile.Silent, *hostile.Kind, hostile.Kind, types),
    *(range(0), range(3), range(10**6, 10**6 + 400), memoryview(b"abc"), memoryview(b"abc")[::2]),
    *(hostile.Liar(), hostile.Bag(), hostile.Text("text"), hostile.Count(7), hostile.Amount(0.5), hostile.Order),
    *(hostile.Text("2020-01-01"), hostile.Amount("nan"), hostile.Count(2**70)),
    *(hostile.Fields(a=1), hostile.Items([1]), *(hostile.Pretender(kind) for kind in (dict, str, int, list, type))),
)
_LARGE = (-(10**5000), 10**20_000, fractions.Fraction(10**5000, 3), decimal.Decimal("9" * 5000), b"x" * 10**5)
_MAKERS: tuple[Make, ...] = (
    lambda source: hostile.Hostile(source.randrange(6)),
    lambda source: (item for item in (1, 2)),
    lambda source: iter([1]),
    lambda source: weakref.WeakValueDictionary(),
    lambda source: array.array("d", [0.5, float("nan"), float("-inf")]),
    lambda source: lambda *arguments: hostile.refuse(),
    lambda source: source.randrange(-(2**53), 2**53),
    lambda source: source.random() * 10 ** source.randrange(-20, 20),
    lambda source: datetime.datetime.fromtimestamp(source.randrange(2**32), datetime.UTC),
)


def pick_key(source: Random) -> Hashable:
    """A key of a dict: nearly always text."""
    if source.randrange(8):
        return pick_text(source)
    while True:
        value = leaf(source)
        try:
            hash(value)
        except Exception:  # noqa: BLE001 - no key then
            continue
        return value


def leaf(source: Random) -> Any:
    """What holds no other value."""
    kind = source.randrange(8)
    if kind < 3:
        return pick_text(source)
    if kind == 3:
        return source.choice(_MAKERS)(source)
    return source.choice(_CONSTANTS if source.randrange(RARE) else _LARGE)


def _fields(source: Random, room: int) -> dict[Any, Any]:
    fields: dict[Any, Any] = {}
    for _ in range(source.randrange(4)):
        key, value = pick_key(source), pick(source, room - 1)
        with suppress(Exception):  # a key that raises when it is compared
            fields[key] = value
    return fields


def _items(source: Random, room: int) -> list[Any]:
    return [pick(source, room - 1) for _ in range(source.randrange(4))]


def _members(source: Random, room: int) -> set[Any]:
    members: set[Any] = set()
    for _ in range(source.randrange(4)):
        # None that is made anew: its place in the set would differ from one time to the next.
        with suppress(Exception):
            members.add(pick_text(source) if source.randrange(2) else source.choice(_CONSTANTS))
    return members


def _cycle(source: Random, room: int) -> Any:
    fields, items = _fields(source, room), _items(source, room)
    fields["items"] = items
    items.append(fields)
    items.append({"again": items, "row": (items, fields)})
    return source.choice((fields, items))


def _shared(source: Random, room: int) -> Any:
    value = pick(source, 1)
    for _ in range(4):
        value = [value, value] if source.randrange(2) else {"a": value, "b": value}
    return value


def _deep(source: Random, room: int) -> Any:
    value = leaf(source)
    levels = source.choice(DEPTHS) if source.randrange(300) == 0 else source.randrange(40)
    return nest(source, value, levels)


_CONTAINERS: tuple[Callable[[Random, int], Any], ...] = (
    *((_fields,) * 8),
    *((_items,) * 4),
    _cycle,
    _shared,
    _deep,
    lambda source, room: tuple(_items(source, room)),
    lambda source, room: hostile.Point(pick(source, room - 1), pick(source, room - 1)),
    lambda source, room: hostile.Order(pick(source, room - 1)),
    lambda source, room: hostile.Half(pick(source, room - 1)),
    lambda source, room: hostile.Model(pick(source, room - 1)),
    lambda source, room: hostile.Row(_items(source, room), source.randrange(9), source.randrange(2) == 0),
    _members,
    lambda source, room: frozenset(_members(source, room)),
    lambda source, room: types.MappingProxyType(_fields(source, room)),
    lambda source, room: collections.ChainMap(_fields(source, room), _fields(source, room)),
    lambda source, room: collections.UserDict(_fields(source, room)),
    lambda source, room: collections.OrderedDict(_fields(source, room)),
    lambda source, room: collections.defaultdict(list, _fields(source, room)),
    lambda source, room: collections.deque(_items(source, room), maxlen=3),
    lambda source, room: collections.UserList(_items(source, room)),
    lambda source, room: [source.choice(_CONSTANTS)] * source.choice((3, 30, 300) if room == 3 else (3,)),
    lambda source, room: hostile.Fields(_fields(source, room)),
    lambda source, room: hostile.Items(_items(source, room)),
)


def pick(source: Random, room: int = 3) -> Any:
    """A value; containers are nested `room` deep, but for those that are deep on purpose."""
    if room <= 0 or source.randrange(3) == 0:
        return leaf(source)
    try:
        return source.choice(_CONTAINERS)(source, room)
    except Exception:  # noqa: BLE001 - a key that raises when it is put into another dict
        return leaf(source)


def shape(value: Any) -> list[Any]:
    """What a value holds, as a list to be compared, so that a change shows; what is hostile is named by its type."""
    found: list[Any] = []
    numbers: dict[int, int] = {}
    work = [value]
    while work:
        one = work.pop()
        kind = type(one)
        found.append(kind.__name__)
        if kind in (str, int, bytes, bytearray, bool):
            found.append(one)
        elif kind in (float, complex):
            found.append(repr(one))
        elif id(one) in numbers:
            found.append(numbers[id(one)])
        elif kind in (dict, collections.OrderedDict, collections.defaultdict):
            numbers[id(one)] = len(numbers)
            for key, child in dict.items(one):  # an OrderedDict's own asks for the hashes of its keys
                work += (key, child)
        elif kind in (list, tuple, collections.deque, hostile.Point):
            numbers[id(one)] = len(numbers)
            work.extend(one)
        elif kind in (hostile.Order, hostile.Model):
            work.extend(vars(one).values())
        elif kind in (set, frozenset):
            found.append(len(one))
    return found
