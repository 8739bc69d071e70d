"""scalars.py: dates and date-like text, numbers and Python's own types as scalars; ids and names."""

import enum
import math
import pathlib
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from heap_web.core.markers import INVALID_DATE, UNDEFINED, BigInt
from heap_web.core.objects import attempt
from heap_web.core.scalars import date_text, iso_text, same_id, scalar, text_or_number, user_id

DATES = {
    "2020-06-07": "2020-06-07T00:00:00.000Z",
    "4579-03-21": "4579-03-21T00:00:00.000Z",
    "0001-01-01": "0001-01-01T00:00:00.000Z",
    "0000-02-29": "0000-02-29T00:00:00.000Z",
    "2020-02-29": "2020-02-29T00:00:00.000Z",
    "2000-02-29": "2000-02-29T00:00:00.000Z",
    "2020-06-07T08:09": "2020-06-07T08:09:00.000Z",
    "2020-06-07T08:09Z": "2020-06-07T08:09:00.000Z",
    "2020-06-07T0809": "2020-06-07T08:09:00.000Z",
    "2020-06-07T080910Z": "2020-06-07T08:09:10.000Z",
    "2020-06-07T08:09:10": "2020-06-07T08:09:10.000Z",
    "2020-06-07 08:09:10": "2020-06-07T08:09:10.000Z",
    "2020-06-07 08:09:10+02:00": "2020-06-07T08:09:10.000Z",
    "2020-06-07T08:09:10.1Z": "2020-06-07T08:09:10.100Z",
    "2020-06-07T08:09:10,12Z": "2020-06-07T08:09:10.120Z",
    "2020-06-07T08:09:10.1239999": "2020-06-07T08:09:10.123Z",
    "2020-06-07T08:09:10+0530": "2020-06-07T02:39:10.000Z",
    "2020-06-07T08:09:10+05:30": "2020-06-07T02:39:10.000Z",
    "2020-06-07T08:09:10-08": "2020-06-07T16:09:10.000Z",
    "2020-06-07T08:09:10.5-08:00": "2020-06-07T16:09:10.500Z",
    "2020-06-07T08:09:10+00:00": "2020-06-07T08:09:10.000Z",
    "2020-01-01T00:00:00+14:00": "2019-12-31T10:00:00.000Z",
    "2020-06-07T24:00": "2020-06-08T00:00:00.000Z",
    "2020-12-31T24:00:00.000Z": "2021-01-01T00:00:00.000Z",
    "2016-12-31T23:59:60Z": "2017-01-01T00:00:00.000Z",
    "2017-01-01T00:59:60+01:00": "2017-01-01T00:00:00.000Z",
    "0000-01-01T00:00:00+01:00": "-000001-12-31T23:00:00.000Z",
    "9999-12-31T23:59:59-01:00": "+010000-01-01T00:59:59.000Z",
}
NO_DAYS = [
    "1234-56-78",
    "2020-13-45",
    "2020-00-10",
    "2020-01-00",
    "2020-02-30",
    "2019-02-29",
    "1900-02-29",
    "2020-04-31",
]
NO_TIMES = [
    "2020-06-07T25:00",
    "2020-06-07T24:00:01",
    "2020-06-07T24:00:00.001",
    "2020-06-07T08:60",
    "2020-06-07T08:09:61",
    "2020-06-07T08:09:60Z",
    "2020-06-07T08:09:10+24:00",
    "2020-06-07T08:09:10+05:60",
]
NO_FORMS = [
    "2020-06-07t08:09:10z",
    "2020-06-07T08:09:10z",
    "2020-06-07T",
    "2020-06-07Z",
    "2020-06-07T08",
    "2020-06-07-1",
    "2020-6-7",
    "20200607",
    "2020-06",
    "2020-W23",
    "+002020-06-07",
    "4111-1111-1111-1111",
    "2020-06-07T08:09:10+5",
    "٢٠٢٠-٠٦-٠٧",
    "----------",
]
NO_DATES = [*NO_DAYS, *NO_TIMES, *NO_FORMS, " 2020-06-07", "2020-06-07 ", "2020-06-07\n", "2020-06-07T08:09:10 Z", ""]


@pytest.mark.parametrize(("text", "iso"), DATES.items())
def test_a_real_date_in_iso_8601_form_is_normalised(text: str, iso: str) -> None:
    """A string that is a real date or date-time in ISO 8601 form is normalised."""
    assert date_text(text) == iso


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_real_date_is_left_alone(text: str) -> None:
    """A string that is no real date, or in no ISO 8601 form, is left alone."""
    assert date_text(text) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (-62_198_755_200_000, "-000001-01-01T00:00:00.000Z"),
        (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
        (-8_640_000_000_000_000, "-271821-04-20T00:00:00.000Z"),
    ],
)
def test_a_date_is_written_as_to_iso_string_does(milliseconds: int, text: str) -> None:
    """A date is written as toISOString does, for all years that JavaScript has."""
    assert iso_text(milliseconds) == text


class Colour(enum.Enum):
    """An enumeration of texts and other values."""

    RED = "red"
    WHEN = date(2020, 6, 7)


class Number(enum.IntEnum):
    """An enumeration of numbers."""

    ONE = 1


class Text(str):
    """A subclass of str that shows itself otherwise."""

    __slots__ = ()

    def __str__(self) -> str:
        return "shown"


class Whole(int):
    """A subclass of int that converts itself otherwise."""

    def __int__(self) -> int:
        return 99


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (None, None),
        (True, True),
        ("2020-06-07", "2020-06-07"),
        (2**53 - 1, 2**53 - 1),
        (2**53, "9007199254740992"),
        (-(2**70), "-1180591620717411303424"),
        (BigInt(10), 10),
        (BigInt(2**60), str(2**60)),
        (1.5, 1.5),
        (1e21, 1e21),
        (math.nan, None),
        (-math.inf, None),
        (datetime(2020, 6, 7, 8, 9, 10, 11_999), "2020-06-07T08:09:10.011Z"),
        (datetime(2020, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=5, minutes=30))), "2020-06-07T02:39:00.000Z"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "0000-12-31T23:00:00.000Z"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))), "+010000-01-01T01:00:00.000Z"),
        (datetime(2020, 6, 7, tzinfo=UTC), "2020-06-07T00:00:00.000Z"),
        (date(2020, 6, 7), "2020-06-07"),
        (date(7, 6, 5), "0007-06-05"),
        (time(8, 9, 10), "08:09:10"),
        (timedelta(0), "PT0S"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=500_000), "P1DT2H3M4.5S"),
        (timedelta(days=7), "P7D"),
        (timedelta(seconds=-30), "-PT30S"),
        (timedelta(microseconds=1), "PT0.000001S"),
        (Decimal("18.99"), 18.99),
        (Decimal("1.10"), 1.1),
        (Decimal("-0"), 0),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("1E+400"), "1E+400"),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (Decimal("Infinity"), None),
        (Fraction(1, 4), 0.25),
        (Fraction(1, 10), 0.1),
        (Fraction(1, 3), "1/3"),
        (Fraction(10**400), "1" + "0" * 400),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (Colour.RED, "red"),
        (Colour.WHEN, "2020-06-07"),
        (Number.ONE, 1),
        (Text("own"), "own"),
        (Whole(7), 7),
        (ValueError("bad"), "ValueError: bad"),
        (KeyError(), "KeyError"),
        (b"bytes", UNDEFINED),
        (bytearray(b"bytes"), UNDEFINED),
        (1j, UNDEFINED),
        (object(), UNDEFINED),
        (len, UNDEFINED),
        (int, UNDEFINED),
        (math, UNDEFINED),
        (INVALID_DATE, INVALID_DATE),
    ],
)
def test_a_value_becomes_its_scalar(value: Any, result: Any) -> None:
    """A value becomes the scalar that the rules name, of exactly a built-in type."""
    found = scalar(value)
    assert found == result
    assert isinstance(found, bool) is isinstance(result, bool)


def test_minus_zero_is_zero() -> None:
    """-0 is 0."""
    assert math.copysign(1, scalar(-0.0)) == 1  # type: ignore[arg-type]


def test_an_integer_beyond_pythons_own_limit_of_digits_becomes_text() -> None:
    """An integer of more digits than Python converts becomes its decimal text all the same."""
    assert scalar(-(10**5000)) == "-1" + "0" * 5000


def test_numpy_scalars_are_read_as_what_they_hold() -> None:
    """NumPy's scalars are read as the numbers, truths and dates that they hold."""
    np = pytest.importorskip("numpy")
    assert [scalar(value) for value in (np.int64(5), np.float32(0.5), np.bool_(True), np.float64("nan"))] == [
        5,
        0.5,
        True,
        None,
    ]
    assert scalar(np.datetime64("2020-06-07T08:09:10.011999999")) == "2020-06-07T08:09:10.011Z"
    assert scalar(np.timedelta64(90, "s")) == "PT1M30S"


class Hostile:
    """An object whose every question raises."""

    @property
    def __class__(self) -> Any:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def test_a_value_that_raises_is_dropped() -> None:
    """A value that raises whatever it is asked is dropped."""
    assert scalar(Hostile()) is UNDEFINED
    assert user_id(Hostile()) is None
    assert attempt(str, Hostile()) is UNDEFINED


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("u1", "u1"),
        ("2020-06-07", "2020-06-07"),
        (" ", " "),
        ("u\ud83d", "u\ufffd"),
        (12345, 12345),
        (-1.5, -1.5),
        (1e21, 1e21),
        (2**60, str(2**60)),
        (True, None),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (Colour.RED, "red"),
        (Decimal("7"), 7),
        ("", None),
        (0, None),
        (-0.0, None),
        (False, None),
        (None, None),
        (math.nan, None),
        (math.inf, None),
        (BigInt(10), None),
        (date(2020, 6, 7), None),
        (datetime(2020, 6, 7), None),
        (["u1"], None),
        ({}, None),
        (b"u1", None),
        (object(), None),
        (UNDEFINED, None),
    ],
)
def test_a_user_id_is_a_non_empty_string_or_a_finite_number_other_than_0(value: Any, result: Any) -> None:
    """A user id is a non-empty string or a finite number other than 0 (or True); nothing else is one."""
    assert user_id(value) == result


def test_text_or_number_of_a_bool_is_none() -> None:
    """A boolean is neither a name's text nor its number."""
    assert text_or_number(True) is None


def test_ids_are_the_same_as_javascript_compares_them() -> None:
    """Ids are the same as === has it."""
    assert same_id(1, 1.0)
    assert not same_id(1, "1")
    assert not same_id("u", None)
