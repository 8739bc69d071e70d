"""The core under hostile values: Python's own by parse and step, what a page may send by the worker's entry."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heap_web import runtime as worker
from heap_web.core.calls import parse
from heap_web.core.errors import CallError
from heap_web.core.javascript import json_text
from heap_web.core.session import step
from heap_web.core.settings import Settings
from heap_web.core.user import User
from tests.flatness import is_right

from . import python_values, wire_values

COUNTS = [500, pytest.param(500_000, marks=pytest.mark.long)]
USER = User("u1", {"a": 1, "email": "ada@example.com"}, "anonymous")
SETTINGS = Settings.of("7", array_limit=3, reset_identity=True)
AFTER = {"m": "track", "a": ["After", {"n": 1}]}
# The visitor is said to be who they are.
SAME = {"m": "identify", "a": [{}]}
# Where in a call a value may stand.
CALLS: tuple[Callable[[Any], tuple[str, list[Any]]], ...] = (
    lambda value: ("track", ["E", value]),
    lambda value: ("track", ["E", {"value": value, "call": 1}]),
    lambda value: ("track", ["E", {"in": [value, {"deep": value}], "2020-01-01": value}, value]),
    lambda value: ("track", [value, {"a": 1}]),
    lambda value: ("track", ["E", {}, {"integrations": value, "context": {"providers": value}, "Heap": value}, value]),
    lambda value: ("track", ["E", {}, {"providers": value, "anonymousId": value, "context": value}]),
    lambda value: ("identify", [value]),
    lambda value: ("identify", ["u2", value]),
    lambda value: ("identify", [value, {"value": value}, value]),
    lambda value: ("identify", ["u2", {"email": value, "_email": value, "id": value, "": value}]),
    lambda value: ("page", [value, value, value, value, value]),
    lambda value: ("group", [value, {"integrations": value}, value]),
    lambda value: ("alias", [value, value]),
    lambda value: ("setAnonymousId", [value]),
    lambda value: ("reset", [value]),
    lambda value: ("track", [value] * 5),
)


def shown(value: Any) -> str:
    """Something of a value for a failure's message, be it as hostile as it may."""
    try:
        return f"{value!r:.500}"
    except Exception as error:  # noqa: BLE001 - it is hostile
        return f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"


def source_of(seed: int, number: int) -> Random:
    """The randomness of one value, so that it can be had again without those before it."""
    return Random(f"{seed}:{number}")


def for_each(seed: int, count: int, check: Callable[[Callable[[], Random]], None]) -> None:
    """Checks value by value; a failure says which it was: `check(partial(source_of, seed, number))` gives it again."""
    for number in range(count):
        try:
            check(partial(source_of, seed, number))
        except Exception as error:
            error.add_note(f"value {number} of --seed {seed}")
            raise


def made(source: Random) -> tuple[str, list[Any], Any]:
    """A call with a hostile value of Python's: (method, arguments, the value)."""
    value = python_values.pick(source)
    return *source.choice(CALLS)(value), value


def outcome(method: str, arguments: list[Any]) -> tuple[Any, ...]:
    """What the core makes of a call: the user and the commands, or why it cannot be forwarded."""
    try:
        call = parse(method, arguments)
    except CallError as error:
        assert method == "track"
        return (str(error),)
    return step(USER, call, SETTINGS)


def check_python(again: Callable[[], Random]) -> None:
    """A call with a Python value: right commands, the same ones each time, and the value is as it was."""
    method, arguments, value = made(again())
    first = outcome(method, arguments)
    if len(first) == 2:
        user, commands = first
        wrong = [command for command in commands if not is_right(command)]
        assert not wrong, f"{method} of {shown(value)} gave {shown(wrong)}"
        assert json.loads(json.dumps(commands)) == [[name, [*given]] for name, given in commands]
        traits = dict(user.traits)
        assert json.loads(json_text(traits), parse_int=float) == json.loads(json.dumps(traits), parse_int=float)
    method, arguments, twin = made(again())
    assert python_values.shape(value) == python_values.shape(twin), f"{method} changed {shown(value)}"
    assert outcome(method, arguments) == first, f"{method} of {shown(value)} differs from one time to the next"


def batch(source: Random) -> str:
    """A batch of one call with a hostile wire value, with all else that a batch holds as hostile, and a second call."""
    method, arguments = source.choice(CALLS)(wire_values.pick(source))
    call: dict[str, Any] = {"m": method, "a": arguments}
    whole: dict[str, Any] = {"config": {"arrayLimit": 3, "resetIdentity": True}, "user": {"id": "u1"}}
    odd = source.randrange(8)
    if odd == 0:
        whole["user"] = {name: wire_values.pick(source) for name in ("id", "traits", "anonymousId", "local")}
    elif odd == 1:
        call["l"] = wire_values.pick(source)
    elif odd == 2:
        call["l"] = {"2020-06-07 08:09:10": "2020-06-07T06:09:10.000Z"}
    elif odd == 3:
        call = {"m": wire_values.pick(source), "a": wire_values.pick(source)}
    elif odd == 4:
        whole["config"] = {"arrayLimit": wire_values.pick(source), "resetIdentity": wire_values.pick(source)}
    return json.dumps({**whole, "calls": [call, AFTER]})


def wired(value: Any) -> Any:
    """Plain JSON as a page sends it: an object with the key "$" under a tag of its own."""
    if type(value) is list:
        for index, item in enumerate(value):
            if type(item) in (dict, list):
                value[index] = wired(item)
    elif type(value) is dict:
        for key, item in value.items():
            if type(item) in (dict, list):
                value[key] = wired(item)
        if "$" in value:
            return {"$": "object", "v": [[key, item] for key, item in value.items()]}
    return value


def check_wire(again: Callable[[], Random]) -> None:
    """A batch with a hostile wire value: right commands, the same ones each time, and the next call is not harmed."""
    text = batch(again())
    answer_text = worker.run(text)
    assert worker.run(text) == answer_text, f"differs from one time to the next: {text:.500}"
    answer = json.loads(answer_text, parse_constant=AssertionError)
    hostile, after = answer["results"]
    wrong = [command for command in hostile["commands"] if not is_right(command)]
    assert not wrong, f"{text:.500} gave {shown(wrong)}"
    assert hostile["commands"] or hostile["reason"]
    assert after["commands"] == [["track", "After", {"n": 1}]], text[:500]
    if answer["user"] and answer["user"]["traits"]:
        same = {"config": {}, "user": wired(answer["user"]), "calls": [SAME]}
        kept = json.loads(worker.run(json.dumps(same)))
        assert kept["user"] == json.loads(answer_text)["user"], text[:500]


@pytest.mark.parametrize("count", COUNTS)
def test_no_value_of_pythons_breaks_the_core(count: int, seed: int) -> None:
    """Any Python value in a call costs itself alone: no exception, flat scalars, the caller's value unchanged."""
    for_each(seed, count, check_python)


@pytest.mark.parametrize("count", COUNTS)
def test_no_wire_value_breaks_the_worker(count: int, seed: int) -> None:
    """Any wire value in a batch costs itself alone: no exception, flat scalars, and the next call is as ever."""
    for_each(seed, count, check_wire)


@pytest.mark.parametrize("check", [check_python, check_wire])
def test_no_structure_that_hypothesis_finds_breaks_the_core(check: Callable[[Callable[[], Random]], None]) -> None:
    """The same holds where hypothesis makes the choices: it looks for what breaks, and shrinks it."""

    @settings(deadline=None, suppress_health_check=[*HealthCheck])
    @given(st.randoms(use_true_random=False))
    def look(source: Random) -> None:
        start = source.getstate()

        def again() -> Random:
            source.setstate(start)
            return source

        check(again)

    look()
