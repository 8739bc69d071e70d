"""calls.py: analytics.js' overloads, event names, options and callbacks."""

from typing import Any

import pytest

from heap_web.core.calls import Identify, Options, Reset, SetAnonymousId, Silent, Track, parse, reaches_heap
from heap_web.core.errors import CallError
from heap_web.core.markers import FUNCTION, OPAQUE, UNDEFINED, BigInt


def callback() -> None:
    """A callback."""


OFF = {"integrations": {"Heap": False}}


@pytest.mark.parametrize(
    ("arguments", "user_id", "traits", "of_current"),
    [
        ((), None, {}, False),
        (("u1",), "u1", {}, False),
        (("u1", {"a": 1}), "u1", {"a": 1}, False),
        (({"a": 1},), None, {"a": 1}, True),
        (({"a": 1}, callback), None, {"a": 1}, True),
        ((None, {"a": 1}), None, {"a": 1}, False),
        ((UNDEFINED, {"a": 1}), None, {"a": 1}, False),
        (("", {"a": 1}), None, {"a": 1}, False),
        ((OPAQUE, {"a": 1}), None, {"a": 1}, False),
        ((BigInt(10), {"a": 1}), None, {"a": 1}, False),
        ((callback,), None, {}, False),
        ((callback, {"a": 1}), None, {"a": 1}, False),
        ((["u1"], {"a": 1}), None, {"a": 1}, False),
        (("u1", callback, {"a": 1}), "u1", {}, False),
        (("u1", ["a", "b"]), "u1", {"0": "a", "1": "b"}, False),
        (("u1", "plan"), "u1", {}, False),
        (("u1", 7), "u1", {}, False),
        (("u1", OPAQUE), "u1", {}, False),
        ((True, {"a": 1}), None, {"a": 1}, False),
    ],
)
def test_identify_takes_id_traits_options_and_callback_each_of_which_may_be_left_out(
    arguments: tuple[Any, ...], user_id: Any, traits: dict[str, Any], of_current: bool
) -> None:
    """identify takes an id, traits, options and a callback, each of which may be left out."""
    call = parse("identify", arguments)
    assert isinstance(call, Identify)
    assert (call.id, dict(call.traits), call.of_current) == (user_id, traits, of_current)


@pytest.mark.parametrize(
    ("method", "arguments", "found"),
    [
        ("identify", ("u1", callback), callback),
        ("identify", ("u1", None, callback), callback),
        ("identify", ("u1", {}, {}, FUNCTION), FUNCTION),
        ("identify", (callback,), callback),
        ("identify", ({"a": 1}, {}, callback), callback),
        ("identify", ("u1", {}, {}, {}, callback), None),
        ("track", ("E", callback), callback),
        ("track", ("E", {}, callback), callback),
        ("track", ("E", {}, {}, callback), callback),
        ("track", ("E", FUNCTION, callback), FUNCTION),
        ("page", ("c", "n", {}, {}, callback), callback),
        ("group", ("g", callback), callback),
        ("alias", ("a", "b", {}, callback), callback),
        ("track", ("E", {}), None),
    ],
)
def test_the_first_function_in_a_documented_place_is_the_callback(
    method: str, arguments: tuple[Any, ...], found: Any
) -> None:
    """The first function that stands in a documented place is the callback."""
    call = parse(method, arguments)
    assert isinstance(call, (Identify, Track, Silent))
    assert call.callback is found


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("E", "E"),
        ("  Padded  ", "  Padded  "),
        ("2020-06-07", "2020-06-07"),
        (42, "42"),
        (1.0, "1"),
        (0, "0"),
        (1e21, "1e+21"),
        (2**60, str(2**60)),
        ("E\ud83d", "E\ufffd"),
    ],
)
def test_an_event_is_a_non_empty_string_or_a_finite_number(event: Any, name: str) -> None:
    """An event's name is a non-empty string, or a finite number as text."""
    call = parse("track", (event, {"a": 1}))
    assert isinstance(call, Track)
    assert (call.event, call.properties) == (name, {"a": 1})


@pytest.mark.parametrize(
    "event",
    ["", None, UNDEFINED, True, float("nan"), float("inf"), BigInt(10), ["E"], {"E": 1}, OPAQUE, FUNCTION, callback],
)
def test_an_event_without_a_name_cannot_be_forwarded(event: Any) -> None:
    """An event that has no name cannot be forwarded, and the error says what to pass."""
    with pytest.raises(CallError, match="pass a non-empty string"):
        parse("track", (event, {"a": 1}))


def test_track_without_arguments_cannot_be_forwarded() -> None:
    """A track without arguments cannot be forwarded."""
    with pytest.raises(CallError, match="missing"):
        parse("track", ())


@pytest.mark.parametrize("properties", ["text", 7, True, None, OPAQUE, UNDEFINED, BigInt(1)])
def test_properties_that_are_no_object_are_none(properties: Any) -> None:
    """Properties that are no object are none at all."""
    call = parse("track", ("E", properties, OFF))
    assert isinstance(call, Track)
    assert call.properties == {}
    assert call.options.integrations == {"Heap": False}


def test_an_unknown_method_is_named() -> None:
    """An unknown method is named."""
    with pytest.raises(CallError, match="'screen' is no method"):
        parse("screen", ("Home",))


@pytest.mark.parametrize(
    ("method", "arguments", "call"),
    [
        ("reset", (), Reset()),
        ("setAnonymousId", ("anon-9",), SetAnonymousId("anon-9")),
        ("setAnonymousId", (42,), SetAnonymousId("42")),
        ("setAnonymousId", (None,), SetAnonymousId(None)),
        ("setAnonymousId", (), SetAnonymousId(None)),
        ("page", (), Silent("page")),
        ("group", (), Silent("group")),
        ("alias", (), Silent("alias")),
    ],
)
def test_the_other_methods_are_parsed(method: str, arguments: tuple[Any, ...], call: Any) -> None:
    """The methods besides identify and track are parsed."""
    assert parse(method, arguments) == call


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("identify", ("u1", {}, {"anonymousId": "anon-1"})),
        ("identify", ({"a": 1}, {"anonymousId": "anon-1"})),
        ("track", ("E", {}, {"anonymousId": "anon-1"})),
        ("page", ("c", "n", {"a": 1}, {"anonymousId": "anon-1"})),
        ("page", ("n", {"a": 1}, {"anonymousId": "anon-1"})),
        ("page", ({"a": 1}, {"anonymousId": "anon-1"})),
        ("group", ("g", {"a": 1}, {"anonymousId": "anon-1"})),
        ("group", ({"a": 1}, {"anonymousId": "anon-1"})),
        ("alias", ("to", "from", {"anonymousId": "anon-1"})),
        ("alias", ("to", {"anonymousId": "anon-1"})),
    ],
)
def test_the_options_are_found_wherever_the_overloads_put_them(method: str, arguments: tuple[Any, ...]) -> None:
    """The options are found wherever a method's overloads put them."""
    call = parse(method, arguments)
    assert isinstance(call, (Identify, Track, Silent))
    assert call.options.anonymous_id == "anon-1"


@pytest.mark.parametrize(
    ("options", "defaults", "allowed"),
    [
        (None, {}, True),
        ("text", {}, True),
        ([], {}, True),
        ({}, {}, True),
        ({"integrations": {"Heap": False}}, {}, False),
        ({"integrations": {"All": False, "Heap": UNDEFINED}}, {}, True),
        ({"integrations": "text"}, {}, True),
        ({"Heap": False}, {}, False),
        ({"heap": False}, {}, True),
        ({"All": False}, {}, False),
        ({"all": False, "Heap": True}, {}, True),
        ({"Heap": False, "integrations": {"Heap": True}}, {}, True),
        ({"providers": {"Heap": False}}, {}, False),
        ({"providers": {"all": False}}, {}, False),
        ({"providers": {"all": False, "Heap": True}}, {}, True),
        ({"providers": {"Heap": False}, "integrations": {"Heap": True}}, {}, True),
        ({"providers": {"Heap": "x"}, "integrations": {"Heap": False}}, {}, True),
        ({"providers": {"Heap": False}, "integrations": {"Heap": {}}}, {}, True),
        ({"context": {"All": False}}, {}, False),
        ({"context": {"providers": {"all": False}}}, {}, False),
        ({"context": {"all": False}, "integrations": {"Heap": True}}, {}, True),
        ({}, {"Heap": False}, False),
        ({}, {"All": False}, False),
        ({}, {"All": False, "Heap": True}, True),
        ({"integrations": {"Heap": True}}, {"Heap": False}, True),
        ({"integrations": {"Heap": UNDEFINED}}, {"Heap": False}, False),
        ({"integrations": {"all": True}}, {"All": False}, True),
        ({"integrations": {"All": True}}, {"Heap": False}, False),
    ],
)
def test_options_switch_heap_off_and_on_as_recorded(options: Any, defaults: dict[str, Any], allowed: bool) -> None:
    """A call's options switch Heap off and on as analytics.js has it, over the settings' own integrations."""
    call = parse("track", ("E", {}, options))
    assert isinstance(call, Track)
    assert reaches_heap(call.options, defaults) is allowed


def test_options_are_not_changed_and_may_be_circular() -> None:
    """Options are not changed, and may be circular."""
    options: dict[str, Any] = {"providers": {"Heap": True}, "integrations": {"All": False}}
    options["context"] = options
    parse("track", ("E", {}, options))
    assert list(options) == ["providers", "integrations", "context"]
    assert options["integrations"] == {"All": False}


def test_an_option_that_raises_when_asked_for_its_class_counts_as_not_given() -> None:
    """An option that raises even when it is asked for its class counts as not given, wherever a switch may stand."""

    class Liar:
        def __getattribute__(self, name: str) -> Any:
            raise LookupError(name)

    for options in ({"context": {"all": Liar()}}, {"context": {"providers": {"all": Liar()}}}):
        assert parse("track", ["E", {}, options]) == Track("E")
    both = {"integrations": {"Heap": False}, "providers": {"Heap": Liar()}}
    assert isinstance(parse("track", ["E", {}, both]), Track)


def test_calls_without_options_share_one() -> None:
    """A call without options has none that matter."""
    call = parse("track", ("E",))
    assert isinstance(call, Track)
    assert call.options == Options()
