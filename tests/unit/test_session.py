"""session.py: step(user, call) for every kind of call and setting."""

from typing import Any

import pytest

from heap_web.core.calls import Call, Identify, Options, Reset, SetAnonymousId, Silent, Track, parse
from heap_web.core.commands import Command
from heap_web.core.session import step, take
from heap_web.core.settings import Settings
from heap_web.core.user import User

U1 = User("u1", {"a": 1}, "anon")
UNROLLED = (Command("track", ("E l item", {"l": 1})), Command("track", ("E", {"l": "[1]"})))
TRACKED = (Command("track", ("E", {"b": 2})),)
IDENTIFIED = (Command("identify", ("u1",)), Command("addUserProperties", ({"a": 1, "b": 2, "id": "u1"},)))


def settings(**values: Any) -> Settings:
    """Settings for a test."""
    return Settings.of("7", **values)


@pytest.mark.parametrize(
    ("call", "options", "user", "commands"),
    [
        (Track("E", {"b": 2}), {}, U1, TRACKED),
        (Identify("u1", {"b": 2}), {}, User("u1", {"a": 1, "b": 2}, "anon"), IDENTIFIED),
        (Reset(), {}, User(), ()),
        (Reset(), {"reset_identity": True}, User(), (Command("resetIdentity"),)),
        (Reset(), {"reset_identity": True, "integrations": {"Heap": False}}, User(), ()),
        (SetAnonymousId("new"), {}, User("u1", {"a": 1}, "new"), ()),
        (Silent("page"), {}, U1, ()),
        (Silent("group", Options(anonymous_id="new")), {}, User("u1", {"a": 1}, "new"), ()),
        (Track("E", {"b": 2}, Options({"Heap": False})), {}, U1, ()),
        (Track("E", {"b": 2}), {"integrations": {"Heap": False}}, U1, ()),
        (Track("E", {"b": 2}), {"integrations": {"All": False}}, U1, ()),
        (Track("E", {"b": 2}), {"integrations": {"All": False, "Heap": True}}, U1, TRACKED),
        (Track("E", {"b": 2}, Options({"Heap": True})), {"integrations": {"Heap": False}}, U1, ()),
        (Track("E", {"b": 2}, Options({"Heap": True})), {"integrations": {"all": False}}, U1, ()),
        (Identify("u2", {"b": 2}, options=Options({"Heap": False})), {}, User("u2", {"b": 2}, "anon"), ()),
        (Track("E", {"l": [1]}), {"array_limit": 1}, U1, UNROLLED),
    ],
)
def test_a_call_gives_the_user_from_now_on_and_what_heap_is_told(
    call: Call, options: dict[str, Any], user: User, commands: tuple[Command, ...]
) -> None:
    """A call gives the user from now on and what Heap is told."""
    assert step(U1, call, settings(**options)) == (user, commands)


@pytest.mark.parametrize(
    ("call", "options", "reason"),
    [
        (Silent("page"), {}, "records page views itself"),
        (Silent("group"), {}, "group is not told"),
        (Silent("alias"), {}, "alias is not told"),
        (Reset(), {}, "reset is not told"),
        (SetAnonymousId("x"), {}, "setAnonymousId is not told"),
        (Track("E", {}, Options({"Heap": False})), {}, "for this call"),
        (Track("E"), {"integrations": {"Heap": False}}, "in the settings"),
        (Track("E"), {}, None),
        (Reset(), {"reset_identity": True}, None),
    ],
)
def test_where_heap_is_told_nothing_there_is_a_reason(call: Call, options: dict[str, Any], reason: str | None) -> None:
    """Where Heap is told nothing the outcome says why."""
    found = take(U1, call, settings(**options)).reason
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_settings_and_calls_made_by_hand_are_enough() -> None:
    """A call that was not parsed is cleaned all the same."""
    assert step(User(), Track("E", {"f": len, "d": {1, 2}}))[1] == (Command("track", ("E", {"d": "[1,2]"})),)


def test_the_documentations_own_example_is_flattened_as_documented() -> None:
    """The documentation's own example becomes what the documentation shows."""
    products = [{"A": "Jello"}, {"B": "Peanut"}]
    call = parse("track", ("E", {"foo": {"bar": {"cheese": "american", "prop": [1, 2, 3], "products": products}}}))
    assert step(User(), call)[1][0].arguments[1] == {
        "foo.bar.cheese": "american",
        "foo.bar.prop": "[1,2,3]",
        "foo.bar.products": '[{"A":"Jello"},{"B":"Peanut"}]',
    }
