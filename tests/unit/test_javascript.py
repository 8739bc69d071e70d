"""javascript.py: numbers, JSON text and strings as JavaScript writes them, and the wire values."""

import json
import math
from typing import Any

import pytest

from heap_web.core.javascript import from_wire, is_array_index, json_text, number_text, quick_text, well_formed
from heap_web.core.markers import FUNCTION, INVALID_DATE, OPAQUE, UNDEFINED, BigInt, Verbatim


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (100.0, "100"),
        (1e16, "10000000000000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e21, "1.5e+21"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e-6, "0.000001"),
        (1.25e-5, "0.0000125"),
        (1e-7, "1e-7"),
        (-1.5e-10, "-1.5e-10"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740993, "9007199254740992"),
        (10**400, "Infinity"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_number_text_is_what_string_of_a_number_gives(number: float, text: str) -> None:
    """A number's text is what JavaScript's String(number) gives."""
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([], "[]"),
        ({}, "{}"),
        ([{}, [], None, True, False], "[{},[],null,true,false]"),
        ({"a": [1, 2.0, {"b": "c"}], "d": 0.5}, '{"a":[1,2,{"b":"c"}],"d":0.5}'),
        (['"\\/\n\r\t\b\f\x00\x1f\x7f'], '["\\"\\\\/\\n\\r\\t\\b\\f\\u0000\\u001f\x7f"]'),
        (["\u2028é😀"], '["\u2028é😀"]'),
        (["\ud83d", "a\ude00b", "\ud83d\ude00"], '["\\ud83d","a\\ude00b","😀"]'),
        ({"\ud83d": 1}, '{"\\ud83d":1}'),
        ([1e21, 1e-7, 1e16, -0.0, 1.0], "[1e+21,1e-7,10000000000000000,0,1]"),
        ([math.nan, math.inf], "[null,null]"),
        ([Verbatim("2020-06-07")], '["2020-06-07"]'),
        ("1.0", '"1.0"'),
        (2.0, "2"),
    ],
)
def test_json_text_is_what_json_stringify_writes(value: Any, text: str) -> None:
    """JSON text is what JSON.stringify writes, to the character."""
    assert json_text(value) == text
    assert quick_text(value) in (text, None)


def test_json_text_goes_to_any_depth() -> None:
    """JSON text is written at any depth, without recursion."""
    value: Any = 1
    for _ in range(50_000):
        value = [value]
    assert json_text(value) == "[" * 50_000 + "1" + "]" * 50_000


def test_json_text_rewrites_values_but_neither_keys_nor_final_text() -> None:
    """The rewriting function is applied to string values, not to keys and not to final text."""
    assert json_text({"k": ["v", Verbatim("w")]}, str.upper) == '{"k":["V","w"]}'


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("é😀", "é😀"),
        ("\ud83d", "\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("a\ud83db", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_lone_surrogates_become_replacement_characters(text: str, result: str) -> None:
    """Each lone surrogate becomes one U+FFFD; pairs are joined."""
    assert well_formed(text) == result


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ('{"$":"undefined"}', UNDEFINED),
        ('{"$":"function"}', FUNCTION),
        ('{"$":"opaque"}', OPAQUE),
        ('{"$":"date"}', INVALID_DATE),
        ('{"$":"number","v":"1e+21"}', 1e21),
        ('{"$":"number","v":"-Infinity"}', -math.inf),
        ('{"$":"number","v":"x"}', UNDEFINED),
        ('{"$":"bigint","v":"10"}', 10),
        ('{"$":"bigint","v":"-123456789012345678901234567890"}', -123456789012345678901234567890),
        ('{"$":"text","v":"2020-06-07"}', "2020-06-07"),
        ('{"$":"object","v":[["$","number"],["v",{"$":"bigint","v":"1"}]]}', {"$": "number", "v": 1}),
        ('{"$":"object","v":[["a"],7,[1,2]]}', {}),
        ('{"$":"nonsense"}', UNDEFINED),
        ('{"$":[]}', UNDEFINED),
        ('[{"$":"undefined"},{"a":[{"$":"date"}]}]', [UNDEFINED, {"a": [INVALID_DATE]}]),
    ],
)
def test_wire_values_become_python_values(wire: str, value: Any) -> None:
    """A wire value becomes the Python value that stands for the JavaScript value, at any depth."""
    assert from_wire(json.loads(wire)) == value


def test_a_bigint_with_more_digits_than_python_converts_keeps_its_text() -> None:
    """A BigInt of more digits than Python converts keeps its text."""
    digits = "9" * 5000
    assert from_wire({"$": "bigint", "v": digits}) == digits


def test_a_bigint_is_told_apart_from_a_number() -> None:
    """A BigInt can be told apart from a number of the same value."""
    assert type(from_wire({"$": "bigint", "v": "10"})) is BigInt


@pytest.mark.parametrize(
    ("key", "is_index"),
    [(key, True) for key in ("0", "7", "4294967294")]
    + [(key, False) for key in ("4294967295", "01", "-1", "", "1.5", "٣", "99999999999")],
)
def test_array_indexes_are_the_keys_that_javascript_orders(key: str, is_index: bool) -> None:
    """Array indexes are exactly the keys that JavaScript puts first."""
    assert is_array_index(key) is is_index
