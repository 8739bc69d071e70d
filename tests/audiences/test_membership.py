"""What Engage sends becomes user properties."""

from typing import Any

import pytest

from heap_web.audiences import membership
from heap_web.cloud import HeapCloud
from heap_web.core.errors import CallError
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running

PERSONAS = {"computation_class": "audience", "computation_id": "aud_1", "computation_key": "first_time_shopper"}


def identify(traits: dict[str, Any], **personas: Any) -> dict[str, Any]:
    """An identify message."""
    return {
        "type": "identify",
        "userId": "ann",
        "traits": traits,
        "context": {"personas": personas} if personas else {},
    }


def track(event: str, properties: dict[str, Any], **personas: Any) -> dict[str, Any]:
    """A track message."""
    message = {"type": "track", "userId": "ann", "event": event, "properties": properties, "messageId": "m1"}
    return {**message, "context": {"personas": personas}} if personas else message


@pytest.mark.parametrize(
    ("message", "properties"),
    [
        (identify({"first_time_shopper": True}), {"first_time_shopper": True}),
        (identify({"first_time_shopper": False}, **PERSONAS), {"first_time_shopper": False}),
        (identify({"first_time_shopper": "true", "email": "a@b.example"}, **PERSONAS), {"first_time_shopper": True}),
        (identify({"total_revenue_180_days": 450.0}), {"total_revenue_180_days": 450.0}),
        (
            identify({"Last City": "Oslo"}, computation_class="computed_trait", computation_key="Last City"),
            {"last_city": "Oslo"},
        ),
        (
            track("Audience Entered", {"audience_key": "first_time_shopper", "first_time_shopper": True}),
            {"first_time_shopper": True},
        ),
        (
            track("Audience Exited", {"audience_key": "first_time_shopper", "first_time_shopper": False}),
            {"first_time_shopper": False},
        ),
        (track("Audience Exited", {"audience_key": "First time shopper"}), {"first_time_shopper": False}),
        (track("Audience Entered", {}, **PERSONAS), {"first_time_shopper": True}),
        (track("Trait Computed", {"trait_key": "visits", "visits": 5}), {"visits": 5}),
    ],
)
def test_membership(message: dict[str, Any], properties: dict[str, Any]) -> None:
    """Audiences become true or false, computed traits their value, under the snake_case name."""
    call = membership(message)
    assert call is not None
    assert (call.kind, call.user_id, call.traits) == ("identify", "ann", properties)


@pytest.mark.parametrize(
    "message",
    [
        track("Order Completed", {"audience_key": "x"}),
        {"type": "page", "userId": "ann"},
        {"type": "group", "userId": "ann", "groupId": "g"},
        {**identify({"a": True}), "integrations": {"Heap": False}},
    ],
)
def test_others(message: dict[str, Any]) -> None:
    """Other messages are not Engage's."""
    assert membership(message) is None


@pytest.mark.parametrize(
    "message",
    [
        track("Audience Entered", {}),
        track("Trait Computed", {"trait_key": "visits"}),
        identify({"other": True}, **PERSONAS),
    ],
)
def test_without_a_key(message: dict[str, Any]) -> None:
    """A message that does not say which audience is refused."""
    with pytest.raises(CallError):
        membership(message)


def test_reaches_heap(sqlite_outbox: str) -> None:
    """The call that it becomes is sent like any other."""
    heap = Heap(limits=UNLIMITED)
    with running(heap) as url, HeapCloud("11", outbox=sqlite_outbox, base_url=url, background=False) as client:
        call = membership(track("Audience Entered", {"audience_key": "VIP"}))
        assert call is not None
        client.send(call)
        client.flush()
    assert heap.users == {"ann": {"vip": True}}


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        [],
        {"type": "identify", "userId": "u", "traits": {"x" * 2000: True}},
        {"type": "track", "userId": "u", "event": "Audience Entered", "properties": {"audience_key": "x" * 2000}},
    ],
    ids=["nothing", "text", "a list", "a long trait", "a long key"],
)
def test_no_message(message: Any) -> None:
    """What is no message, or names what no property can be named after, is a `CallError` as all else."""
    with pytest.raises(CallError):
        membership(message)


def test_traits_whose_names_are_no_text() -> None:
    """They are passed on as they are, and left to the shape of the call."""
    call = membership({"type": "identify", "userId": "u", "traits": {7: 1, None: 2, "A b": 3}})
    assert call is not None
    assert call.traits == {7: 1, None: 2, "a_b": 3}
