"""One value -> one scalar: dates and date-like text, numbers, and Python's own types."""

import re
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Any

from .javascript import MAX_SAFE_INTEGER, well_formed
from .markers import UNDEFINED, BigInt, Marker, Verbatim
from .objects import attempt, of_type, unwrap

Scalar = str | int | float | bool
UserId = str | int | float

# The form that Segment's isodate (strict) takes for a date; year, month and day are checked below.
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:([ T])([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[,.]([0-9]+))?)?(?:Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?"
).fullmatch
_MONTH_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def date_text(text: str) -> str:
    """A string that is a real ISO 8601 date or date-time as `toISOString()` text; any other string as it is.

    As recorded from analytics.js: no zone means UTC, a fraction is cut to milliseconds. `YYYY-MM-DD HH:MM:SS` is read
    as UTC here (the edge, which knows the visitor's zone, has replaced it before). 24:00 is the next day's start and
    23:59:60 UTC a leap second; a month 13, a 30 February or an hour 25 is no date.
    """
    return _date_text(text) if 10 <= len(text) <= 40 and text[4] == "-" else _read_date(text)


def _read_date(text: str) -> str:
    found = _DATE(text)
    if found is None:
        return text
    year_text, month_text, day_text, separator, hour_text, minute_text, second_text, fraction, sign, *offset = (
        found.groups()
    )
    year, month, day = int(year_text), int(month_text), int(day_text)
    if not 1 <= month <= 12 or not 1 <= day <= _MONTH_DAYS[month]:
        leap_day = month == 2 and day == 29 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if not leap_day:
            return text
    if separator is None:
        return text + "T00:00:00.000Z"
    milliseconds = f"{fraction or '':0<3.3}"
    second_text = second_text or "00"
    if sign is None and hour_text < "24" and minute_text < "60" and second_text < "60":
        return f"{text[:10]}T{hour_text}:{minute_text}:{second_text}.{milliseconds}Z"
    return _by_arithmetic(text, (year, month, day), (hour_text, minute_text, second_text, fraction), (sign, *offset))


# The same dates come again and again: in the items of a cart, and in the traits that go with every identify.
_date_text = lru_cache(maxsize=512)(_read_date)


def _by_arithmetic(text: str, date: tuple[int, ...], time: tuple[str, ...], zone: tuple[str, ...]) -> str:
    """`date_text` for a time with an offset, 24:00 or a leap second; `text` itself if there is no such time."""
    hour, minute, second = int(time[0]), int(time[1]), int(time[2])
    offset_hours, offset_minutes = int(zone[1] or 0), int(zone[2] or 0)
    if zone[0] is None or text[10] == " ":  # a zone behind the form with a space is not read, as recorded
        offset_hours = offset_minutes = 0
    if hour > 24 or minute > 59 or second > 60 or offset_hours > 23 or offset_minutes > 59:
        return text
    if hour == 24 and (minute or second or (time[3] or "").strip("0")):
        return text
    offset = offset_hours * 60 + offset_minutes
    minutes = hour * 60 + minute + (offset if zone[0] == "-" else -offset)
    if second == 60 and minutes % 1440 != 1439:
        return text
    fraction = int(f"{time[3] or '':0<3.3}")
    return iso_text(_days(date[0], date[1], date[2]) * 86_400_000 + minutes * 60_000 + second * 1000 + fraction)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def iso_text(milliseconds: int) -> str:
    """`new Date(milliseconds).toISOString()`: years outside 0-9999 have a sign and six digits."""
    days, rest = divmod(milliseconds, 86_400_000)
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + (3 if shifted_month < 10 else -9)
    year = era * 400 + year_of_era + (month <= 2)
    years = f"{year:04d}" if 0 <= year <= 9999 else f"{'-' if year < 0 else '+'}{abs(year):06d}"
    minutes, rest = divmod(rest, 60_000)
    return f"{years}-{month:02d}-{day:02d}T{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}Z"


def scalar(value: Any) -> Scalar | Marker | None:
    """The scalar of one value that is no container: str, int within ±MAX_SAFE_INTEGER, finite float or bool.

    None stays None and stands for NaN and the infinities too (JavaScript's null). UNDEFINED means: drop it.
    An int beyond ±MAX_SAFE_INTEGER becomes its decimal text; markers are returned as they are.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None or kind is Verbatim or kind is Marker:
        final: Scalar | Marker | None = value
        return final
    if kind is int:
        return value if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else Verbatim(_digits(value))
    if kind is float:
        return value + 0.0 if isfinite(value) else None
    result = attempt(_odd_scalar, value)
    return result if result is None or isinstance(result, (Marker, *_SCALARS)) else UNDEFINED


_SCALARS = (str, bool, int, float)


def text_or_number(value: object) -> str | int | float | None:
    """The text or number of an id or a name; None for what is neither: dates, booleans, NaN, containers."""
    if type(value) is str:
        return well_formed(value)
    if value is None:
        return None
    if type(value) is BigInt or attempt(of_type, value, "datetime", "date", "time", "timedelta") is not False:
        return None
    name = scalar(value)
    if isinstance(name, str):
        return well_formed(str(name))
    return name if isinstance(name, (int, float)) and not isinstance(name, bool) else None


def user_id(value: object) -> UserId | None:
    """A user id: a non-empty string or a finite number other than 0. Else None: no id.

    The integration mirrored takes True as well, and so makes one visitor of all whose id is a mistake.
    """
    return text_or_number(value) or None


def same_id(one: UserId, other: UserId | None) -> bool:
    """JavaScript's ===: 1 is not "1"."""
    return one == other


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # over 4300 digits: Python refuses (sys.set_int_max_str_digits), in halves it does not
        half = 10**4000
        head, tail = divmod(abs(value), half)
        return f"{'-' if value < 0 else ''}{_digits(head)}{tail:04000d}"


def _odd_scalar(value: Any) -> Scalar | Marker | None:
    """`scalar` for all but the exact built-in types; may raise what the value's own methods raise."""
    inner = unwrap(value)
    if type(inner) is not type(value):
        return scalar(inner)
    if isinstance(value, str):
        return scalar(str.__str__(value))
    if isinstance(value, int):
        return scalar(int.__index__(value))
    if isinstance(value, float):
        return scalar(float.__float__(value))
    for module, name, convert in _CONVERSIONS:
        if of_type(value, module, name):
            return convert(value)
    return UNDEFINED


def datetime_text(value: Any) -> str:
    """An aware datetime in UTC, a naive one taken as UTC. It need not be Verbatim: read as a date it stays as it is."""
    offset = value.utcoffset()
    time = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    if offset is not None:
        time -= (offset.days * 86_400 + offset.seconds) * 1_000_000 + offset.microseconds
    return iso_text(_days(value.year, value.month, value.day) * 86_400_000 + time // 1000)


def exact_datetime_text(value: Any) -> str:
    """`datetime_text` for exactly Python's own type, which writes most of them by itself."""
    if value.utcoffset():
        return datetime_text(value)
    text: str = value.isoformat(timespec="milliseconds")
    return f"{text[:23]}Z"


def _duration_text(value: Any) -> str:
    """A timedelta as an ISO 8601 duration, the largest unit days: P1DT2H3M4.5S, PT0S, -PT30S."""
    total = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    seconds, microseconds = divmod(abs(total), 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{microseconds:06d}".rstrip("0") if microseconds else ""
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    if seconds or fraction or not (days or time):
        time += f"{seconds}{fraction}S"
    return Verbatim(f"{'-' if total < 0 else ''}P{f'{days}D' if days else ''}{f'T{time}' if time else ''}")


def _decimal(value: Any) -> Scalar | None:
    """A Decimal or Fraction as a float if the float's text says the same number, else as its own text."""
    if of_type(value, "decimal", "Decimal") and not value.is_finite():
        return None
    try:
        number = float(value)
    except OverflowError:
        return Verbatim(str(value))
    if isfinite(number) and type(value)(repr(number)) == value:
        return number + 0.0
    return Verbatim(str(value))


def _date(value: Any) -> str:
    return Verbatim(f"{value.year:04d}-{value.month:02d}-{value.day:02d}")


def _error(value: Any) -> str:
    """As JavaScript shows an Error: its name, and its message where it has one."""
    message, name = str(value), type(value).__name__
    return Verbatim(f"{name}: {message}" if message else name)


# (module, type, how its values are read); a datetime is a date too and so comes first
_CONVERSIONS: tuple[tuple[str, str, Callable[[Any], Scalar | None]], ...] = (
    ("datetime", "datetime", datetime_text),
    ("datetime", "date", _date),
    ("datetime", "time", lambda value: Verbatim(value.isoformat())),
    ("datetime", "timedelta", _duration_text),
    ("decimal", "Decimal", _decimal),
    ("fractions", "Fraction", _decimal),
    ("uuid", "UUID", lambda value: Verbatim(str(value))),
    ("pathlib", "PurePath", lambda value: Verbatim(str(value))),
    ("builtins", "BaseException", _error),
)
