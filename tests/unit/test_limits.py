"""Heap's limits: what is warned of, what is not, and that a warning is the same for the same mistake."""

import json
from typing import Any

import pytest

from heap_web import runtime as worker
from heap_web.core import commands, limits
from heap_web.core.commands import Command


def warned(*told: Command) -> list[str]:
    """The warnings of some commands."""
    return limits.warnings(told)


def of_properties(properties: dict[str, Any]) -> list[str]:
    """The warnings of an event with these properties."""
    return warned(Command("track", ("E", properties)))


@pytest.mark.parametrize("value", ["x" * 1024, "é" * 1024, "😀" * 512, 10**15, 1.5, True, ""])
def test_a_value_that_heap_keeps_whole_is_fine(value: Any) -> None:
    """A value of up to 1,024 characters, as JavaScript counts them, is fine."""
    assert of_properties({"key": value}) == []


@pytest.mark.parametrize("value", ["x" * 1025, "é" * 1025, "😀" * 513])
def test_a_value_that_heap_would_cut_is_warned_of_with_its_key(value: str) -> None:
    """A value of more than 1,024 characters is warned of with its key, whatever its length."""
    (warning,) = of_properties({"a.key": value, "other": "x"})
    assert "'a.key'" in warning
    assert "1,024" in warning
    assert of_properties({"a.key": value * 2}) == [warning]


def test_more_properties_than_anybody_writes_are_warned_of_with_their_number() -> None:
    """An event or an element of the page, passed as properties, is warned of with the number of its properties."""
    many = {f"p{i}": i for i in range(501)}
    (warning,) = of_properties(many)
    assert "501 properties" in warning
    assert len(warned(Command("addUserProperties", (many,)))) == 1
    del many["p0"]
    assert of_properties(many) == []


@pytest.mark.parametrize("name", ["n" * 512, "é" * 256, "日" * 170])
def test_a_name_of_512_bytes_is_fine(name: str) -> None:
    """An event's or a property's name of up to 512 bytes is fine."""
    assert warned(Command("track", (name, {name: 1})), Command("addUserProperties", ({name: 1},))) == []


@pytest.mark.parametrize("name", ["n" * 513, "é" * 257, "日" * 171])
def test_a_name_of_more_than_512_bytes_is_warned_of(name: str) -> None:
    """An event's or a property's name of more than 512 bytes in UTF-8 is warned of, by its beginning."""
    event, property_ = warned(Command("track", (name, {})), Command("addUserProperties", ({name: 1},)))
    assert "event's name" in event
    assert "property's name" in property_
    assert name[:39] in event
    assert len(property_) < 160


@pytest.mark.parametrize("identity", ["u1", "x" * 255, 12345, "jo@example.com", "nullable", "0001"])
def test_an_identity_of_somebody_is_fine(identity: Any) -> None:
    """An identity of up to 255 characters that names somebody is fine, and so is the property id made of it."""
    assert warned(*commands.identify(identity, {"plan": "pro"})) == []


@pytest.mark.parametrize("identity", ["x" * 256, "😀" * 128])
def test_an_identity_of_more_than_255_characters_is_warned_of(identity: str) -> None:
    """An identity of more than 255 characters is warned of."""
    (warning,) = warned(Command("identify", (identity,)))
    assert "255" in warning


@pytest.mark.parametrize("identity", ["undefined", "null", "user", "None", " NaN ", "[object Object]", True])
def test_an_identity_of_nobody_in_particular_is_warned_of(identity: Any) -> None:
    """An identity that a mistake makes of nothing is warned of, whatever its case."""
    (warning,) = warned(Command("identify", (identity,)))
    assert repr(str(identity)) in warning


@pytest.mark.parametrize("name", ["id", "ID", "Id", "iD", "user_id"])
def test_a_user_property_with_a_name_of_heaps_own_is_warned_of(name: str) -> None:
    """A user property named like one of Heap's own is warned of; an event's may be named so."""
    (warning,) = warned(Command("addUserProperties", ({name: "mine"},)))
    assert repr(name) in warning
    assert warned(Command("track", ("E", {name: "mine"}))) == []


def test_the_worker_warns_and_still_tells_heap_all_of_it() -> None:
    """The worker's result carries the warnings, and Heap is told the values uncut."""
    call = {"m": "track", "a": ["E", {"long": "x" * 2000}]}
    user = {"id": None, "traits": {}, "anonymousId": None}
    (result,) = json.loads(worker.run(json.dumps({"config": {}, "user": user, "calls": [call]})))["results"]
    assert result["commands"] == [["track", "E", {"long": "x" * 2000}]]
    assert result["warnings"] == limits.warnings([Command("track", ("E", {"long": "x" * 2000}))])


def test_a_call_within_the_limits_has_no_warnings_in_its_result() -> None:
    """A call within the limits has no warnings in the worker's result."""
    user = {"id": None, "traits": {}, "anonymousId": None}
    calls = [{"m": "identify", "a": ["u1", {"a": 1}]}, {"m": "track", "a": ["E", {"a": 1}]}]
    results = json.loads(worker.run(json.dumps({"config": {}, "user": user, "calls": calls})))["results"]
    assert [set(result) for result in results] == [{"commands"}, {"commands"}]
