"""The JavaScript values that Python has no twin for."""

from typing import Final


class Marker:
    """A JavaScript value that Python has no twin for; compared by identity."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNDEFINED: Final = Marker("undefined")  # undefined, and whatever is dropped in its place: functions, DOM nodes, cycles
INVALID_DATE: Final = Marker("Invalid Date")  # a Date whose time value is NaN
FUNCTION: Final = Marker("function")  # a function given as an argument of the call itself
OPAQUE: Final = Marker("opaque")  # an argument that is neither a plain object nor a primitive of use: a Date, a symbol


class Verbatim(str):
    """A string that is final: it is never read as a date (a Python `date` stays `YYYY-MM-DD`)."""

    __slots__ = ()


class BigInt(int):
    """A BigInt: an int as a value, but neither a user id nor an event's name."""

    __slots__ = ()
