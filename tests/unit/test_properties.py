"""properties.py: any mapping -> plain JSON -> flat properties."""

import collections
import dataclasses
import enum
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

import pytest

from heap_web.core.markers import INVALID_DATE, UNDEFINED
from heap_web.core.properties import (
    MAX_DEPTH,
    MAX_VALUES,
    NO_DATE,
    TOO_DEEP,
    TOO_MUCH,
    Plain,
    entries,
    flatten,
    is_object,
    plain,
)


class Point(NamedTuple):
    """A named tuple."""

    x: int
    y: Any


@dataclasses.dataclass
class Money:
    """A dataclass with a field that cannot be read."""

    amount: Decimal
    currency: str = "EUR"
    kind: ClassVar[str] = "money"


@dataclasses.dataclass
class Half:
    """A dataclass one of whose fields is missing on the instance."""

    there: int
    gone: int = dataclasses.field(init=False)


class Model:
    """A model as pydantic's are: read by model_dump()."""

    def __init__(self, dump: Any) -> None:
        self.dump = dump

    def model_dump(self) -> Any:
        if isinstance(self.dump, Exception):
            raise self.dump
        return self.dump


class Sparse(Mapping[str, int]):
    """A mapping one of whose values raises."""

    def __getitem__(self, key: str) -> int:
        if key == "bad":
            raise RuntimeError(key)
        return 1

    def __iter__(self) -> Iterator[str]:
        return iter(("good", "bad", "fine"))

    def __len__(self) -> int:
        return 3


class Unreadable(Sparse):
    """A mapping whose keys cannot be listed."""

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no")


class Countdown(Sequence[int]):
    """A sequence of its own kind."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: Any) -> Any:
        if index >= 3:
            raise IndexError
        return 3 - index


class Wanted(enum.Enum):
    """An enumeration with a container among its values."""

    SIZES: Any = ("s", "m")


DATE = "2020-06-07T00:00:00.000Z"

FLAT: list[tuple[str, Any, dict[str, Any]]] = [
    ("nested", {"a": {"b": {"c": 1}, "d": "x"}, "e": True}, {"a.b.c": 1, "a.d": "x", "e": True}),
    ("siblings", {"a": {"b": 1}, "c": 2, "d": {"e": 3}, "f": 4}, {"a.b": 1, "c": 2, "d.e": 3, "f": 4}),
    ("later wins", {"a.b": 1, "a": {"b": 2}}, {"a.b": 2}),
    ("earlier loses", {"a": {"b": 2}, "a.b": 1}, {"a.b": 1}),
    ("empty keys", {"": 1, "a": {"": 2}}, {"": 1, "a.": 2}),
    ("under an empty key", {"": {"b": 1}}, {"b": 1}),
    ("null and undefined", {"a": None, "b": {"c": None, "d": UNDEFINED}, "e": UNDEFINED, "f": 0}, {"f": 0}),
    ("empty containers", {"a": {}, "b": {"c": {}}, "d": [], "e": {"f": []}}, {"d": "[]", "e.f": "[]"}),
    ("no numbers", {"a": math.nan, "b": {"c": math.inf}, "d": [math.nan, -math.inf, -0.0]}, {"d": "[null,null,0]"}),
    (
        "big integers",
        {"a": 2**53 - 1, "b": 2**53, "c": [2**60]},
        {"a": 2**53 - 1, "b": str(2**53), "c": f'["{2**60}"]'},
    ),
    ("falsy values", {"a": 0, "b": "", "c": False}, {"a": 0, "b": "", "c": False}),
    ("arrays", {"a": [1, "two", True, None, {"three": 3.0}, [4]]}, {"a": '[1,"two",true,null,{"three":3},[4]]'}),
    ("null in arrays' objects", {"a": [{"n": None, "u": UNDEFINED}, UNDEFINED]}, {"a": '[{"n":null},null]'}),
    ("empty in arrays", {"a": [{}, [], ""]}, {"a": '[{},[],""]'}),
    ("index keys first", {"a": [{"b": 1, "10": 2, "9": 3, "01": 4}]}, {"a": '[{"9":3,"10":2,"b":1,"01":4}]'}),
    ("dates as text", {"a": "2020-06-07", "b": ["2020-06-07"]}, {"a": DATE, "b": f'["{DATE}"]'}),
    (
        "no date in keys",
        {"2020-06-07": ["x"], "b": [{"2020-06-07": 1}]},
        {"2020-06-07": '["x"]', "b": '[{"2020-06-07":1}]'},
    ),
    ("python dates", {"a": date(2020, 6, 7), "b": [date(2020, 6, 7)]}, {"a": "2020-06-07", "b": '["2020-06-07"]'}),
    ("nested datetimes", {"a": {"b": [datetime(2020, 6, 7)]}}, {"a.b": f'["{DATE}"]'}),
    ("lone surrogates", {"a\ud83d": "\ud83d", "b": ["\ud83d"]}, {"a\ufffd": "\ufffd", "b": '["\\ud83d"]'}),
    (
        "prototype keys",
        {"__proto__": 1, "constructor": 2, "n": {"__proto__": {"x": 1}, "prototype": 3}},
        {"constructor": 2, "n.prototype": 3},
    ),
    ("prototype in arrays", {"a": [{"__proto__": 1, "b": 2}]}, {"a": '[{"b":2}]'}),
    ("an array", ["a", {"b": 1}, None], {"0": "a", "1.b": 1}),
    ("a tuple", (1, (2,)), {"0": 1, "1": "[2]"}),
    ("text", "text", {}),
    ("nothing", None, {}),
    ("number", 7, {}),
    ("bytes", b"bytes", {}),
    ("a date", date(2020, 6, 7), {}),
    ("a function", len, {}),
    ("a class", Money, {}),
    ("an error", ValueError("x"), {}),
    ("other keys", {1: "a", 2.5: "b", None: "c", ("t",): "e", Wanted.SIZES: "f"}, {"1": "a", "2.5": "b"}),
    ("true as a key", {True: 1}, {"true": 1}),
    ("named tuples", {"p": Point(1, Point(2, None))}, {"p.x": 1, "p.y.x": 2}),
    ("dataclasses", {"m": Money(Decimal("1.5"))}, {"m.amount": 1.5, "m.currency": "EUR"}),
    ("a dataclass itself", Money(Decimal("1.5")), {"amount": 1.5, "currency": "EUR"}),
    ("a field that is not there", Half(1), {"there": 1}),
    ("models", {"m": Model({"a": {"b": 1}})}, {"m.a.b": 1}),
    ("a model itself", Model({"a": 1}), {"a": 1}),
    ("a model that raises", {"m": Model(RuntimeError()), "a": 1}, {"a": 1}),
    ("a model that is none", {"m": Model([1]), "a": 1}, {"a": 1}),
    ("other mappings", {"m": collections.ChainMap({"a": 1}), "u": collections.UserDict(b=2)}, {"m.a": 1, "u.b": 2}),
    ("a value that raises", {"m": Sparse()}, {"m.good": 1, "m.fine": 1}),
    ("a mapping that raises", {"m": Unreadable(), "a": 1}, {"a": 1}),
    (
        "sequences",
        {"s": Countdown(), "r": range(3), "d": [Countdown()]},
        {"s": "[3,2,1]", "r": "[0,1,2]", "d": "[[3,2,1]]"},
    ),
    ("sets", {"s": {3, 1, 2}, "f": frozenset("b")}, {"s": "[1,2,3]", "f": '["b"]'}),
    ("a set that cannot be sorted", {"s": {1j}}, {"s": "[null]"}),
    ("views", {"k": {"a": 1}.keys(), "v": {}.items()}, {"k": '["a"]', "v": "[]"}),
    ("memory", {"m": memoryview(b"\x01\x02")}, {"m": "[1,2]"}),
    ("an enumerated container", {"e": Wanted.SIZES}, {"e": '["s","m"]'}),
    ("what has no value", {"f": len, "o": object(), "b": b"x", "l": [len, b"x"]}, {"l": "[null,null]"}),
    ("generators", {"g": (i for i in range(3)), "a": 1}, {"a": 1}),
]


@pytest.mark.parametrize(("mapping", "flat"), [pytest.param(*case[1:], id=case[0]) for case in FLAT])
def test_a_mapping_becomes_flat_properties(mapping: Any, flat: dict[str, Any]) -> None:
    """A mapping of any values becomes flat properties by the rules."""
    assert flatten(mapping) == flat


def test_an_invalid_date_is_dropped() -> None:
    """An invalid date is dropped wherever it stands, null in an array."""
    found = flatten({"a": INVALID_DATE, "b": {"c": INVALID_DATE}, "d": [INVALID_DATE, {"e": INVALID_DATE}]})
    assert found == {"d": '[null,{"e":null}]'}


def test_a_dropped_date_is_told_once_a_key() -> None:
    """The caller is told of each invalid date by its key, once."""
    warnings: list[str] = []
    plain({"a": INVALID_DATE, "b": {"a": INVALID_DATE}, "c": [INVALID_DATE], "d": 1}, {}, warnings)
    assert warnings == [f"{NO_DATE}: a", NO_DATE]


def test_cycles_lose_the_value_that_closes_them() -> None:
    """A cycle loses the value that closes it, in an array null; the same object twice is no cycle."""
    root: dict[str, Any] = {"a": 1}
    root["self"] = root
    array: list[Any] = [1]
    array.append(array)
    shared = {"x": 1}
    root |= {"array": array, "one": shared, "two": shared, "three": [shared, shared]}
    assert flatten(root) == {"a": 1, "array": "[1,null]", "one.x": 1, "two.x": 1, "three": '[{"x":1},{"x":1}]'}


def nested(levels: int, leaf: Any) -> Any:
    """`leaf` inside that many mappings."""
    for _ in range(levels):
        leaf = {"a": leaf}
    return leaf


def test_500_levels_are_read_and_what_lies_deeper_is_dropped_with_one_warning() -> None:
    """500 levels are read; what lies deeper is dropped, with one warning."""
    warnings: list[str] = []
    assert flatten(plain(nested(MAX_DEPTH, 1), warnings=warnings)) == {".".join("a" * MAX_DEPTH): 1}
    assert warnings == []
    deep = {"x": nested(MAX_DEPTH, 1), "y": [nested(MAX_DEPTH, 1)], "z": 2}
    assert set(flatten(plain(deep, warnings=warnings))) == {"y", "z"}
    assert warnings == [TOO_DEEP]


@pytest.mark.parametrize("odd", [None, 2**60], ids=["plain JSON", "not plain JSON"])
@pytest.mark.parametrize("levels", [18, 31, 60])
def test_branches_shared_within_each_other_end_with_one_warning(levels: int, odd: object) -> None:
    """Branches shared 2^n times within each other are read up to 300,000 values, with one warning and no delay."""
    branch: object = [odd]
    for _ in range(levels):
        branch = [branch, branch]
    warnings: list[str] = []
    copy = plain({"first": 1, "shared": branch}, warnings=warnings)
    assert copy["first"] == 1
    assert len(json.dumps(copy)) < 20 * MAX_VALUES
    assert warnings == [TOO_MUCH]


@pytest.mark.parametrize("leaf", [{}, []], ids=["mappings", "lists"])
def test_nesting_of_any_depth_is_cut_and_raises_nothing(leaf: Any) -> None:
    """Nesting 100,000 deep is cut off, and nothing raises."""
    for _ in range(100_000):
        leaf = [leaf] if isinstance(leaf, list) else {"a": leaf}
    assert flatten({"z": 1, "deep": leaf})["z"] == 1


def test_the_callers_objects_are_copied_and_not_changed() -> None:
    """The caller's objects are copied, and not changed."""
    inner = {"b": [1, {"c": 2}]}
    given = {"a": inner}
    copy = plain(given)
    assert given == {"a": {"b": [1, {"c": 2}]}}
    inner["b"].append(3)  # type: ignore[arg-type]
    assert copy == {"a": {"b": [1, {"c": 2}]}}


def test_local_dates_are_replaced_wherever_they_stand_as_values() -> None:
    """The local dates that are known are replaced wherever they stand as values."""
    local = {"2020-06-07 08:09:10": "2020-06-07T12:09:10.000Z"}
    text = "2020-06-07 08:09:10"
    found = flatten(plain({"a": text, "b": {"c": [text]}, text: {1}, "d": "2020-06-07 08:09:11"}, local))
    assert found == {
        "a": "2020-06-07T12:09:10.000Z",
        "b.c": '["2020-06-07T12:09:10.000Z"]',
        text: "[1]",
        "d": "2020-06-07T08:09:11.000Z",
    }


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"in": value}])
def test_a_time_zone_that_raises_costs_its_own_date_alone(wrap: Callable[[Any], Any]) -> None:
    """A date whose time zone raises is dropped wherever it stands, and what is kept is plain JSON."""

    class Broken(tzinfo):
        def utcoffset(self, _: datetime | None) -> timedelta:
            raise RuntimeError("no")

    copy = plain({"a": wrap(datetime(2020, 6, 7, tzinfo=Broken())), "b": 1})
    assert json.loads(json.dumps(copy)) == {"a": [None] if wrap(1) == [1] else {}, "b": 1}


def test_values_of_foreign_types_are_asked_for_first() -> None:
    """For a value of no built-in type the edge is asked first, at any depth."""

    def read(value: object) -> object:
        if isinstance(value, Point):
            return {"foreign": [value.x, "2020-06-07 08:09:10"]}
        raise RuntimeError("no")

    local = {"2020-06-07 08:09:10": "2020-06-07T12:09:10.000Z"}
    found = flatten(plain({"a": [Point(1, 2)], "b": Decimal(1)}, local, foreign=read))
    assert found == {"a": '[{"foreign":[1,"2020-06-07T12:09:10.000Z"]}]'}


def test_numpy_arrays_are_arrays() -> None:
    """NumPy's arrays are arrays."""
    np = pytest.importorskip("numpy")
    assert flatten({"a": np.array([[1.0, 2.5]]), "b": np.array(["x"])}) == {"a": "[[1,2.5]]", "b": '["x"]'}


def test_values_are_of_exactly_the_built_in_types() -> None:
    """The flat values are of exactly the built-in types, whatever the caller's were."""

    class Text(str):
        __slots__ = ()

    class Number(float):
        __slots__ = ()

    found = flatten({"a": Text("x"), "b": Number(1.5), "c": True, "d": date(2020, 6, 7), Text("e"): {Text("f"): 1}})
    assert [type(value) for value in found.values()] == [str, float, bool, str, int]
    assert all(type(key) is str for key in found)


@pytest.mark.parametrize(
    ("value", "answer"),
    [({}, True), (Money(Decimal(1)), True), (Point(1, 2), True), (Model({}), True), (Sparse(), True)]
    + [(value, False) for value in ([], (), "text", None, 1, UNDEFINED, len, Money, Model([]), date(2020, 6, 7))],
)
def test_objects_are_told_from_other_arguments(value: Any, answer: bool) -> None:
    """What is read by its keys is told from what is not."""
    assert is_object(value) is answer


def test_entries_are_those_of_one_level() -> None:
    """The entries of an object are not looked into; what is no object has none."""
    inner = Point(1, 2)
    assert entries(Model({"a": inner}))["a"] is inner
    assert entries({1: 2, "a": 3}) == {"1": 2, "a": 3}
    assert entries([1]) == entries("text") == entries(None) == {}


def test_plain_mappings_are_not_copied_again() -> None:
    """A mapping that is plain already is flattened as it is."""
    assert flatten(Plain(a={"b": 1}, c=UNDEFINED)) == {"a.b": 1}
