"""Calls as values: from Segment's messages, and the ids and times in them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heap_web.cloud.messages import from_segment, identity, moment
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
        (0, "1970-01-01T00:00:00.000Z"),
    ],
)
def test_moment(value: object, text: str) -> None:
    """Times of every kind become ISO text in UTC; no time is now."""
    assert moment(value, datetime(2026, 11, 21, 12, 0, 0, 250_000, UTC).timestamp()) == text


@pytest.mark.parametrize("value", ["garbage", "2021-02-30", [], True, "12:00"])
def test_no_moment(value: object) -> None:
    """What is no time is said to be none."""
    with pytest.raises(CallError, match="is no time"):
        moment(value, 0)


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
