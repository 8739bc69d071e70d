"""Objects of Python's that lie, raise or change while they are read."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple, NoReturn


def refuse(*_: object, **__: object) -> NoReturn:
    """Raises what no class of ours names."""
    raise LookupError("\ud800 no")


class Silent(Exception):
    """An exception that cannot be shown either."""

    __str__ = __repr__ = refuse


class Hostile(Mapping[str, Any]):
    """A mapping that raises at whatever it is asked, from the nth question on."""

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def bear(self, answer: Any) -> Any:
        """The answer, as long as there is patience."""
        self.patience -= 1
        if self.patience < 0:
            raise Silent
        return answer

    def __getitem__(self, key: str) -> Any:
        return self.bear({"x": self, "y": key})

    def __iter__(self) -> Iterator[str]:
        return self.bear(iter(("a", "b")))

    def __len__(self) -> int:
        return self.bear(2)

    def __str__(self) -> str:
        return self.bear("text")

    def __eq__(self, other: object) -> bool:
        return self.bear(False)

    def __hash__(self) -> int:
        return self.bear(1)

    def __bool__(self) -> bool:
        return self.bear(True)

    __repr__ = __str__


class Row(Sequence[Any]):
    """A sequence that says nothing true of its length, and ends with an exception or without one."""

    def __init__(self, items: list[Any], length: int, raises: bool) -> None:
        self.items = items
        self.length = length
        self.raises = raises

    def __getitem__(self, index: Any) -> Any:
        if index >= len(self.items):
            raise ZeroDivisionError if self.raises else IndexError
        return self.items[index]

    def __len__(self) -> int:
        return self.length


class Bag(Set[Any]):
    """A set whose items cannot be had."""

    __iter__ = __contains__ = __len__ = refuse


class Liar:
    """An object that raises when its class or any attribute is asked for."""

    __getattribute__ = refuse


class Pretender:
    """An object that says it is a dict, or a text, and is neither."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    @property
    def __class__(self) -> Any:
        return object.__getattribute__(self, "kind")


class Model:
    """A model that dumps whatever it was given."""

    def __init__(self, dumped: Any) -> None:
        self.dumped = dumped

    def model_dump(self) -> Any:
        """What it was given."""
        if self.dumped is None:
            raise Silent
        return self.dumped


class Text(str):
    """Text whose methods raise."""

    __slots__ = ()
    __str__ = __repr__ = __len__ = __getitem__ = __iter__ = encode = isascii = lower = refuse  # type: ignore[assignment]


class Count(int):
    """A whole number whose methods raise."""

    __str__ = __repr__ = __index__ = __int__ = __float__ = __eq__ = __lt__ = __bool__ = refuse  # type: ignore[assignment]
    __hash__ = int.__hash__


class Amount(float):
    """A number whose methods raise."""

    __str__ = __repr__ = __float__ = __int__ = __add__ = __eq__ = __lt__ = __bool__ = refuse  # type: ignore[assignment]
    __hash__ = float.__hash__


class Fields(dict[Any, Any]):
    """A dict whose methods raise."""

    items = keys = values = get = __iter__ = __len__ = __getitem__ = refuse  # type: ignore[assignment]


class Items(list[Any]):
    """A list whose methods raise."""

    __iter__ = __len__ = __getitem__ = refuse  # type: ignore[assignment]


class Zone(datetime.tzinfo):
    """A time zone that raises, or whose offset is none."""

    def __init__(self, offset: datetime.timedelta | None = None) -> None:
        self.offset = offset

    def utcoffset(self, _: datetime.datetime | None) -> datetime.timedelta | None:
        """The offset, or an exception."""
        if self.offset is None:
            raise Silent
        return self.offset


class Point(NamedTuple):
    """A named tuple."""

    x: Any
    y: Any = None


@dataclasses.dataclass
class Order:
    """A dataclass."""

    total: Any


@dataclasses.dataclass(slots=True)
class Half:
    """A dataclass one of whose fields is not there."""

    there: Any
    gone: Any = None

    def __post_init__(self) -> None:
        del self.gone


class Kind(enum.Enum):
    """An enumeration whose values are no better than any others."""

    A = "a"
    LONE = "\ud800"
    NAN = float("nan")
    SILENT = Silent()
    NESTED = ("a", {"b": [1]})
    HUGE = 10**400
