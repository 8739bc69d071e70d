"""What a page may send picked at random: wire values with all their tags, and tags that no page of ours writes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from .nesting import nest
from .texts import pick_text

_LEAVES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 0.5, -0.0, 1e21, 5e-324, 2**53 - 1, 2**53, -(2**63), 10**300),
    *({"$": kind} for kind in ("undefined", "date", "function", "opaque", "object", "text", "bigint", "number", "x")),
    *({"$": kind} for kind in (None, 7, [], {}, {"$": "undefined"})),
    *(
        {"$": "number", "v": text}
        for text in ("NaN", "Infinity", "-Infinity", "1e+21", "1e400", "-0", "x", "", " 1 ", "1_0")
    ),
    *(
        {"$": "bigint", "v": text}
        for text in ("7", "-7", "9" * 40, "9" * 5000, "-" + "9" * 5000, "x", "", "٣", "²" * 5000)
    ),
    *({"$": "text", "v": value} for value in ("2020-01-01", "\ud800", 7, None)),
    *(
        {"$": "object", "v": value}
        for value in (7, "x", None, [], [7], [[]], [["a"]], [[7, 7]], [["a", 1, 2]], {"a": 1})
    ),
    *({"$": "bigint", "v": value} for value in (7, None, [])),
)
DEPTHS = (31, 32, 33, 250, 400)


def _fields(source: Random, room: int) -> Any:
    return {pick_text(source): pick(source, room - 1) for _ in range(source.randrange(4))}


def _items(source: Random, room: int) -> Any:
    return [pick(source, room - 1) for _ in range(source.randrange(4))]


def _tagged(source: Random, room: int) -> Any:
    return {"$": "object", "v": [[pick_text(source), pick(source, room - 1)] for _ in range(source.randrange(4))]}


def _deep(source: Random, room: int) -> Any:
    value = leaf(source)
    levels = source.choice(DEPTHS) if source.randrange(100) == 0 else source.randrange(40)
    return nest(source, value, levels)


_CONTAINERS: tuple[Callable[[Random, int], Any], ...] = (
    *((_fields,) * 5),
    *((_items,) * 3),
    *((_tagged,) * 2),
    _deep,
    lambda source, room: [source.choice(_LEAVES)] * source.choice((3, 30, 300) if room == 3 else (3,)),
    lambda source, room: {"$": pick(source, room - 1), "v": pick(source, room - 1)},
)


def leaf(source: Random) -> Any:
    """What holds no other value."""
    return pick_text(source) if source.randrange(3) else source.choice(_LEAVES)


def pick(source: Random, room: int = 3) -> Any:
    """A value; containers are nested `room` deep, but for those that are deep on purpose."""
    if room <= 0 or source.randrange(3) == 0:
        return leaf(source)
    return source.choice(_CONTAINERS)(source, room)
