"""Calls as values: from Segment's messages, and the ids and times in them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heap_web.cloud.messages import from_segment, identity, message_key, moment, shown
from heap_web.core.errors import CallError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("user1", "user1"),
        (" a ", " a "),
        (7, "7"),
        (7.0, "7"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (2**60, str(2**60)),
        ("", None),
        (" \n", None),
        (0, None),
        (None, None),
        (True, None),
        (float("nan"), None),
        ([], None),
        ({}, None),
        (b"user1", None),
        (datetime(2026, 1, 31), None),
        (timedelta(1), None),
        (UUID(int=7), str(UUID(int=7))),
    ],
)
def test_identity(value: object, text: str | None) -> None:
    """A user id is text that is not blank or a finite number other than 0, as JavaScript writes it."""
    assert identity(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "2026-11-21T12:00:00.250Z"),
        ("2017-03-10T22:21:56+00:00", "2017-03-10T22:21:56.000Z"),
        ("2017-03-10", "2017-03-10T00:00:00.000Z"),
        ("2017-03-10T22:21:56.789Z", "2017-03-10T22:21:56.789Z"),
        (datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2020-01-02T01:04:05.000Z"),
        (datetime(2020, 1, 2, 3, 4, 5), "2020-01-02T03:04:05.000Z"),  # a naive one is taken as UTC
        (date(2020, 1, 2), "2020-01-02T00:00:00.000Z"),
        (1629213675449, "2021-08-17T15:21:15.449Z"),
        (1629213675449.0, "2021-08-17T15:21:15.449Z"),
        (1629213675, "2021-08-17T15:21:15.000Z"),  # as time.time() gives it
        (1629213675.449, "2021-08-17T15:21:15.449Z"),
        (np.int64(1629213675449), "2021-08-17T15:21:15.449Z"),
        (np.float64(1629213675.449), "2021-08-17T15:21:15.449Z"),
        (np.datetime64("2021-08-17T15:21:15.449"), "2021-08-17T15:21:15.449Z"),
        (Decimal("1629213675.449"), "2021-08-17T15:21:15.449Z"),
        (Decimal.from_float(1629213675.449), "2021-08-17T15:21:15.449Z"),  # with all the digits of the double
        (Fraction(1629213675449, 1000), "2021-08-17T15:21:15.449Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.000Z"),
        ("2021-01-01 10:00:00+05:00", "2021-01-01T05:00:00.000Z"),  # as str(datetime) gives it
        ("2021-01-01 10:00:00.123456-05:30", "2021-01-01T15:30:00.123Z"),
        ("2021-01-01 10:00:00 +0500", "2021-01-01T05:00:00.000Z"),
        ("2021-01-01 10:00:00 UTC", "2021-01-01T10:00:00.000Z"),
        ("2021-01-01 10:00:00", "2021-01-01T10:00:00.000Z"),
        ("2021-01-01t10:00:00z", "2021-01-01T10:00:00.000Z"),
        ("20210101T100000+05", "2021-01-01T05:00:00.000Z"),
        ("2021-01-01T10:00:00+05:30:15", "2021-01-01T04:29:45.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        (" 2021-01-01\n", "2021-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_moment(value: object, text: str) -> None:
    """Times of every kind become ISO text in UTC; no time is now."""
    assert moment(value, datetime(2026, 11, 21, 12, 0, 0, 250_000, UTC).timestamp()) == text


@pytest.mark.parametrize(
    "value",
    [
        "garbage",
        "2021-02-30",
        "2021-02-30T00:00:00.000Z",
        "2021-01-01T10:00:00+25:00",
        [],
        {},
        True,
        np.False_,
        "12:00",
        " ",
        b"2021-01-01",
        float("inf"),
        float("-inf"),
        float("nan"),
        np.datetime64("NaT"),
        timedelta(1),
        "1629213675449",  # digits alone would be read as some date
        "1612011030123",
        "9999-12-31T23:59:59-05:00",
        "+010000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))),
        10**18,
        -(10**18),
        pytest.param(10**5_000, id="huge"),
        pytest.param("2021-01-01" + "0" * 10**6, id="long"),
    ],
)
def test_no_moment(value: object) -> None:
    """What is no time is said to be none."""
    with pytest.raises(CallError, match="is no time") as error:
        moment(value, 0)
    assert len(str(error.value)) < 250


@given(st.datetimes(timezones=st.timezones() | st.none()), st.sampled_from([str, datetime.isoformat, lambda at: at]))
def test_any_datetime(at: datetime, written: Callable[[datetime], object]) -> None:
    """A datetime is the same moment whichever way it is written; beyond the years that Heap takes it is refused."""
    aware = at if at.utcoffset() is not None else at.replace(tzinfo=UTC)
    try:
        in_utc = aware.astimezone(UTC)
    except OverflowError:
        with pytest.raises(CallError):
            moment(written(at), 0)
        return
    read = datetime.fromisoformat(moment(written(at), 0))
    assert timedelta(0) <= in_utc - read < timedelta(milliseconds=1)


@pytest.mark.parametrize("seconds", [True, False])
@given(at=st.datetimes(datetime(1973, 4, 1), datetime(5000, 1, 1), timezones=st.just(UTC)))
def test_any_number(at: datetime, *, seconds: bool) -> None:
    """Seconds and milliseconds since 1970 are told apart."""
    number = at.timestamp() if seconds else round(at.timestamp() * 1000)
    assert abs(datetime.fromisoformat(moment(number, 0)) - at) <= timedelta(milliseconds=1)


def test_track() -> None:
    """A track message gives event, user, properties, time and message id."""
    message = from_segment(
        {
            "type": "track",
            "event": "Order Completed",
            "userId": 42,
            "properties": {"total": 1},
            "timestamp": "2026-01-01T00:00:00Z",
            "messageId": "m1",
            "context": {"traits": {"plan": "pro"}, "ip": "127.0.0.1"},
        }
    )
    assert message is not None
    assert (message.kind, message.event, message.user_id, message.message_id) == (
        "track",
        "Order Completed",
        "42",
        "m1",
    )
    assert (message.properties, message.traits) == ({"total": 1}, {"plan": "pro"})


def test_traits_need_a_user() -> None:
    """Traits in the context of an anonymous event do not stop the event."""
    message = from_segment({"type": "page", "anonymousId": "a", "name": "Home", "context": {"traits": {"plan": "pro"}}})
    assert message is not None
    assert (message.traits, message.anonymous_id, message.name) == (None, "a", "Home")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "group", "userId": "u", "groupId": "g"},
        {"type": "alias", "userId": "u", "previousId": "a"},
        {"type": "track", "event": "E", "userId": "u", "integrations": {"Heap": False}},
        {"type": "track", "event": "E", "userId": "u", "integrations": {"All": False}},
    ],
)
def test_silent(message: dict[str, Any]) -> None:
    """Group and alias tell Heap nothing, nor does a message that leaves Heap out."""
    assert from_segment(message) is None


def test_integrations_name_heap() -> None:
    """Heap's own switch counts before the one for all."""
    assert from_segment({"type": "identify", "userId": "u", "integrations": {"All": False, "Heap": True}}) is not None


@settings(max_examples=50)
@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())))
def test_any_mapping(message: dict[str, Any]) -> None:
    """Any JSON object is a call, nothing for Heap, or a CallError that says why; never anything else."""
    for kind in ("track", "identify", "nonsense", None):
        try:
            from_segment({**message, "type": kind})
        except CallError as error:
            assert '"type" is' in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("fields", "timestamp"),
    [
        ({"timestamp": 0}, 0),
        ({"timestamp": 0, "originalTimestamp": "2026-01-01"}, 0),
        ({"timestamp": None, "originalTimestamp": "2026-01-01"}, "2026-01-01"),
        ({"timestamp": "", "originalTimestamp": "2026-01-01"}, "2026-01-01"),
        ({"timestamp": False, "originalTimestamp": "2026-01-01"}, False),
        ({}, None),
    ],
)
def test_timestamp_of_a_message(fields: dict[str, Any], timestamp: object) -> None:
    """0 is a time, and what is no time is not passed over; only an empty field is."""
    message = from_segment({"type": "track", "event": "E", "userId": "u", **fields})
    assert message is not None
    assert (message.timestamp, type(message.timestamp)) == (timestamp, type(timestamp))


@pytest.mark.parametrize(
    ("given_id", "key"),
    [(None, None), ("m", "m"), (7, "7"), (UUID(int=7), str(UUID(int=7))), (np.int64(7), "7"), ("\ud800", "\ufffd")],
)
def test_message_key(given_id: object, key: str | None) -> None:
    """A message id is text, a number or a UUID."""
    assert message_key(given_id) == key


@pytest.mark.parametrize("given_id", [True, [], {}, b"m", float("nan"), float("inf")])
def test_no_message_key(given_id: object) -> None:
    """What is no message id is said to be none."""
    with pytest.raises(CallError, match=r"the message id is .*; pass text"):
        message_key(given_id)


@pytest.mark.parametrize(
    ("given_id", "key"), [("m", "m"), (7, "7"), ("", None), (True, None), ([], None), (float("nan"), None)]
)
def test_id_of_a_message(given_id: object, key: str | None) -> None:
    """A message whose id is none is one without an id."""
    message = from_segment({"type": "track", "event": "E", "userId": "u", "messageId": given_id})
    assert message is not None
    assert message.message_id == key


def test_shown() -> None:
    """Whatever a message names, it stays short."""

    class Liar:
        def __repr__(self) -> str:
            raise LookupError

    for value in (10**5_000, "x" * 10**6, [[]] * 10**5, Liar(), 7):
        assert len(shown(value)) <= 60


@pytest.mark.parametrize("integrations", [{7: False}, {None: 1, "Heap": True}, {b"All": False}])
def test_odd_integrations(integrations: dict[Any, Any]) -> None:
    """Names that are no text name no integration."""
    assert from_segment({"type": "track", "userId": "u", "event": "E", "integrations": integrations}) is not None
