"""What must hold for every input whatever: hypothesis looks for one that breaks it."""

import dataclasses
import datetime
import enum
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heap_web import runtime as worker
from heap_web.core.calls import parse
from heap_web.core.errors import CallError
from heap_web.core.javascript import json_text, quick_text
from heap_web.core.markers import INVALID_DATE, UNDEFINED
from heap_web.core.properties import MAX_DEPTH, flatten, plain
from heap_web.core.scalars import date_text, datetime_text, exact_datetime_text
from heap_web.core.session import step
from heap_web.core.settings import Settings
from heap_web.core.user import User
from tests.flatness import is_flat, is_right
from tests.fuzz.hostile import Hostile

METHODS = ["identify", "track", "page", "group", "alias", "reset", "setAnonymousId"]
# how many examples is for the profile to say: hypothesis' own 100 in the ordinary run, more in the long one
ordinary = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Kind(enum.Enum):
    """An enumeration."""

    A = "a"
    B = 2.5


@dataclasses.dataclass
class Order:
    """A dataclass."""

    total: Any


texts = st.text(max_size=12) | st.text(st.characters(codec=None, categories=["Cs", "Lu"]), max_size=3)
dates = st.builds(
    "{:04}-{:02}-{:02}{}{}".format,
    st.integers(0, 9999),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from(["", "T08:09", " 08:09:10", "T24:00", "T23:59:60", "T080910.12345", "T99:99"]),
    st.sampled_from(["", "Z", "+05:30", "-0800", "+99", "z"]),
)
json_leaves = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
json_values = st.recursive(
    json_leaves | texts | dates,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
python_leaves = (
    json_leaves
    | texts
    | dates
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.fractions()
    | st.datetimes(timezones=st.none() | st.just(datetime.UTC))
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.binary(max_size=3)
    | st.complex_numbers()
    | st.sampled_from(
        [UNDEFINED, INVALID_DATE, len, object(), Kind.A, Kind.B, Order, ValueError("x"), ..., NotImplemented]
    )
    | st.integers(0, 5).map(Hostile)
)
python_values = st.recursive(
    python_leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(texts | st.integers() | st.none(), inner, max_size=4)
        | st.frozensets(st.integers() | texts, max_size=3)
        | inner.map(Order)
        | inner.map(lambda value: Hostile(2) if value is None else [value])
    ),
    max_leaves=20,
)


@ordinary
@given(python_values)
def test_any_value_is_flattened_to_flat_properties(value: Any) -> None:
    """Any Python value whatever is flattened to flat properties, and nothing raises."""
    assert is_flat(flatten(value))
    assert is_flat(flatten({"inside": value, "beside": 1}))
    assert flatten({"inside": value, "beside": 1})["beside"] == 1


@ordinary
@given(st.sampled_from(METHODS), st.lists(python_values, max_size=5), st.integers(0, 3))
def test_any_call_gives_commands_that_heap_takes(method: str, arguments: list[Any], array_limit: int) -> None:
    """Any call gives commands that Heap takes, or cannot be forwarded; a later call arrives all the same."""
    options = Settings.of("7", array_limit=array_limit, reset_identity=True)
    user = User("u1", {"a": 1})
    try:
        user, commands = step(user, parse(method, arguments), options)
        assert all(map(is_right, commands))
    except CallError:
        assert method == "track"
    user, commands = step(user, parse("identify", [{"later": True}]), options)
    assert all(map(is_right, commands))
    assert commands[-1].arguments[0]["later"] is True


wire_values = st.recursive(
    json_leaves
    | texts
    | dates
    | st.fixed_dictionaries({"$": st.sampled_from(["undefined", "date", "function", "opaque", "object", "x", 7])})
    | st.fixed_dictionaries({"$": st.sampled_from(["number", "bigint", "text"]), "v": texts | st.integers().map(str)}),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts, inner, max_size=4)
        | st.lists(st.tuples(texts, inner), max_size=3).map(lambda pairs: {"$": "object", "v": pairs})
    ),
    max_leaves=15,
)
wire_calls = st.fixed_dictionaries(
    {"m": st.sampled_from(METHODS) | texts, "a": st.lists(wire_values, max_size=4)},
    optional={"l": st.dictionaries(dates, st.just("2020-06-07T00:00:00.000Z"), max_size=2)},
)


@ordinary
@given(st.lists(wire_calls, max_size=4), st.fixed_dictionaries({"id": json_values, "traits": wire_values}))
def test_any_batch_is_answered_call_by_call(calls: list[Any], user: Any) -> None:
    """Any batch is answered call by call, with commands that Heap takes and a user that can be stored."""
    batch = {"config": {"arrayLimit": 2}, "user": user, "calls": calls}
    answer = json.loads(worker.run(json.dumps(batch)), parse_constant=AssertionError)
    assert len(answer["results"]) == len(calls)
    assert all(is_right(command) for result in answer["results"] for command in result["commands"])
    if answer["user"] is not None:
        same = {"config": {}, "user": answer["user"], "calls": [{"m": "identify", "a": [{}]}]}
        assert json.loads(worker.run(json.dumps(same)))["user"] == answer["user"]


@ordinary
@given(st.lists(wire_calls, min_size=1, max_size=4))
def test_batches_may_be_cut_anywhere(calls: list[Any]) -> None:
    """A batch gives the same as its calls one by one, each with the user that the call before left."""
    together = json.loads(worker.run(json.dumps({"config": {}, "user": {}, "calls": calls})))
    results, user = [], None
    for call in calls:
        answer = json.loads(worker.run(json.dumps({"config": {}, "user": user or {}, "calls": [call]})))
        results += answer["results"]
        user = answer["user"] or user
    assert (results, user) == (together["results"], together["user"])


@ordinary
@given(st.lists(wire_calls, min_size=1, max_size=4), json_values)
def test_only_calls_of_the_visitor_need_to_know_them(calls: list[Any], user: Any) -> None:
    """Calls that are not of the visitor, as static/src/page/visitor/user.js tells, give the same whoever that is."""
    silent = ("track", "page", "group", "alias")
    others = [call for call in calls if call["m"] in silent and "anonymousId" not in str(call)]
    alone, known = (json.loads(worker.run(json.dumps({"user": given, "calls": others}))) for given in (None, user))
    assert alone == known
    assert alone["user"] is None


@ordinary
@given(st.datetimes(timezones=st.none() | st.timezones() | st.just(datetime.UTC)))
def test_pythons_own_datetimes_are_read_as_any_other(moment: datetime.datetime) -> None:
    """Python's own type, which writes most of its text by itself, gives the text that another type of it would."""
    assert exact_datetime_text(moment) == datetime_text(moment)


@ordinary
@given(json_values)
def test_json_text_is_json_of_the_same_value(value: Any) -> None:
    """JSON text reads back as the value it was written from, by either way of writing it."""
    text = json_text(value)
    assert json.loads(text, parse_int=float) == json.loads(json.dumps(value), parse_int=float)
    assert quick_text(value) in (text, None)


@ordinary
@given(st.dictionaries(texts, json_values, max_size=5))
def test_copying_plain_json_by_the_quick_way_changes_nothing(value: dict[str, Any]) -> None:
    """What is plain JSON is copied the same way quickly and with care."""
    with_care = plain({"odd": len, **{key: child for key, child in value.items() if key != "odd"}})
    with_care.pop("odd", None)
    quick = plain({key: child for key, child in value.items() if key != "odd"})
    assert dict(quick) == dict(with_care)
    assert flatten(quick) == flatten(with_care)


@ordinary
@given(dates | texts)
def test_a_date_once_read_is_read_the_same_again(text: str) -> None:
    """A date's text is read as the same moment again."""
    assert date_text(date_text(text)) == date_text(text)


@ordinary
@given(st.integers(0, 3 * MAX_DEPTH), st.booleans())
def test_any_depth_is_flat_in_the_end(levels: int, is_array: bool) -> None:
    """Nesting of any depth ends in flat properties, and what stands beside it arrives."""
    value: Any = 1
    for _ in range(levels):
        value = [value] if is_array else {"a": value}
    flat = flatten({"deep": value, "beside": 2})
    assert is_flat(flat)
    assert flat["beside"] == 2
