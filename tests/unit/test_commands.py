"""commands.py: what Heap is told, e-mail and array unrolling."""

import itertools
import re
from typing import Any

import pytest

from heap_web.core.commands import Command, identify, is_email, is_truthy, reset, track, user_properties

JO = "jo@example.com"
DATE = "2020-06-07T00:00:00.000Z"


def item(flat: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The event of one item of the array `l`."""
    return "E l item", flat


@pytest.mark.parametrize(
    ("user_id", "traits", "flat"),
    [
        (None, {}, {}),
        (None, {"id": "x"}, {"id": "x"}),
        ("u1", {"id": "x"}, {"id": "u1"}),
        ("u1", {"id": {"x": 1}}, {"id": "u1"}),
        ("2020-06-07", {}, {"id": "2020-06-07"}),
        ("u1", {"email": "a@b.example"}, {"_email": "a@b.example", "id": "u1"}),
        ("u1", {"email": "a@b.example", "_email": "c@d.example"}, {"_email": "a@b.example", "id": "u1"}),
        ("u1", {"_email": "c@d.example", "email": "a@b.example"}, {"_email": "a@b.example", "id": "u1"}),
        ("u1", {"_email": "c@d.example"}, {"_email": "c@d.example", "id": "u1"}),
        ("u1", {"Email": "a@b.example", "e-mail": "c"}, {"Email": "a@b.example", "e-mail": "c", "id": "u1"}),
        ("u1", {"a": {"email": "a@b.example"}}, {"a.email": "a@b.example", "id": "u1"}),
        ("u1", {"email": 42}, {"_email": 42, "id": "u1"}),
        ("u1", {"email": True}, {"_email": True, "id": "u1"}),
        ("u1", {"email": "2020-06-07"}, {"_email": "2020-06-07T00:00:00.000Z", "id": "u1"}),
        ("u1", {"email": {"work": "w", "home": {"x": 1}}}, {"_email.work": "w", "_email.home.x": 1, "id": "u1"}),
        ("u1", {"email": ["a@b.example"]}, {"_email": '["a@b.example"]', "id": "u1"}),
        ("u1", {"email": []}, {"_email": "[]", "id": "u1"}),
        ("u1", {"email": {}}, {"id": "u1"}),
        ("u1", {"email": {}, "_email": "x"}, {"_email": "x", "id": "u1"}),
        ("u1", {"email": {"a": None}, "_email": "x"}, {"_email": "x", "id": "u1"}),
        ("u1", {"email": None}, {"id": "u1"}),
        ("u1", {"email": None, "_email": "x"}, {"_email": "x", "id": "u1"}),
        ("u1", {"email": ""}, {"email": "", "id": "u1"}),
        ("u1", {"email": False}, {"email": False, "id": "u1"}),
        ("u1", {"email": 0}, {"email": 0, "id": "u1"}),
        (JO, {}, {"id": JO, "_email": JO}),
        (JO, {"email": "a@b.example"}, {"id": JO, "_email": "a@b.example"}),
        (JO, {"_email": "a@b.example"}, {"id": JO, "_email": "a@b.example"}),
        (JO, {"email": ""}, {"id": JO, "_email": JO}),
        (JO, {"email": False}, {"id": JO, "_email": JO}),
        (JO, {"email": {}}, {"id": JO, "_email": JO}),
        (JO, {"_email": ""}, {"id": JO, "_email": JO}),
        (JO, {"EMAIL": "A@B.example"}, {"EMAIL": "A@B.example", "id": JO, "_email": JO}),
        ("mail jo@x.example now", {}, {"id": "mail jo@x.example now", "_email": "mail jo@x.example now"}),
        ("jo@example", {}, {"id": "jo@example"}),
        ("@example.com", {}, {"id": "@example.com"}),
        ("a\n@b.c", {}, {"id": "a\n@b.c"}),
        (7, {}, {"id": 7}),
        (True, {}, {"id": True}),
        (None, {"email": "a@b.example"}, {"_email": "a@b.example"}),
    ],
)
def test_user_properties_are_the_traits_with_id_and_email(user_id: Any, traits: dict[str, Any], flat: Any) -> None:
    """User properties are the flat traits, with the id under "id" and the e-mail address under "_email"."""
    assert user_properties(user_id, traits) == flat


def test_an_unclean_mapping_of_traits_is_cleaned() -> None:
    """Traits that were not copied before are cleaned here."""
    assert user_properties("u1", {"a": len, "email": {1: 2}}) == {"_email.1": 2, "id": "u1"}


def test_identify_without_an_id_only_adds_user_properties() -> None:
    """Without an id Heap is only told the user's properties."""
    assert identify(None, {"a": 1}) == (Command("addUserProperties", ({"a": 1},)),)
    assert [command.method for command in identify("u1", {})] == ["identify", "addUserProperties"]


@pytest.mark.parametrize(
    ("properties", "limit", "calls"),
    [
        ({"l": [{"a": 1}]}, 0, [("E", {"l": '[{"a":1}]'})]),
        ({"l": [{"a": 1}]}, -1, [("E", {"l": '[{"a":1}]'})]),
        ({"a": {"b": 1}}, 5, [("E", {"a.b": 1})]),
        (
            {"l": ["red", 2, True]},
            5,
            [item({"l": "red"}), item({"l": 2}), item({"l": True}), ("E", {"l": '["red",2,true]'})],
        ),
        ({"l": [None, {"a": 1}]}, 5, [item({}), item({"a": 1}), ("E", {"l": '[null,{"a":1}]'})]),
        ({"l": [["a", "b"], []]}, 5, [item({"0": "a", "1": "b"}), item({}), ("E", {"l": '[["a","b"],[]]'})]),
        ({"l": [{"o": {"p": [1]}, "n": None}]}, 5, [item({"o.p": "[1]"}), ("E", {"l": '[{"o":{"p":[1]},"n":null}]'})]),
        ({"l": [1, 2, 3]}, 2, [item({"l": 1}), item({"l": 2}), ("E", {"l": "[1,2,3]"})]),
        ({"l": []}, 2, [("E", {"l": "[]"})]),
        ({"o": {"l": [1]}}, 2, [("E", {"o.l": "[1]"})]),
        ({"l": ["2020-06-07"]}, 1, [item({"l": DATE}), ("E", {"l": f'["{DATE}"]'})]),
        ({"l\ud83d": [1]}, 1, [("E l\ufffd item", {"l\ufffd": 1}), ("E", {"l\ufffd": "[1]"})]),
    ],
)
def test_array_items_become_events_of_their_own_up_to_the_limit(
    properties: dict[str, Any], limit: int, calls: list[tuple[str, Any]]
) -> None:
    """Array items become events of their own up to the limit, and the event itself always follows, whole."""
    assert [command.arguments for command in track("E", properties, limit)] == calls


def test_the_limit_counts_the_items_of_all_arrays() -> None:
    """The limit counts the items of all arrays together."""
    commands = track("E", {"a": [1, 2, 3], "b": [4, 5, 6]}, 5)
    assert [command.arguments[0] for command in commands] == [*["E a item"] * 3, *["E b item"] * 2, "E"]


def test_reset_makes_heap_forget_the_visitor() -> None:
    """The command of a reset makes Heap forget who the visitor is."""
    assert reset() == (Command("resetIdentity"),)


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        ([], True),
        ({}, True),
        ("0", True),
        (" ", True),
        (-1, True),
        (0, False),
        ("", False),
        (None, False),
        (False, False),
        (float("nan"), False),
    ],
)
def test_truth_is_javascripts(value: Any, truth: bool) -> None:
    """Truth is JavaScript's."""
    assert is_truthy(value) is truth


def test_an_email_address_is_what_the_pattern_of_analytics_js_takes_for_one() -> None:
    """Short texts of all kinds are addresses exactly where /.+@.+\\..+/ finds one."""
    line = "[^\n\r\u2028\u2029]+"
    pattern = re.compile(f"{line}@{line}\\.{line}")
    texts = ["".join(letters) for length in range(8) for letters in itertools.product("a@.\n", repeat=length)]
    assert [text for text in texts if is_email(text)] == [text for text in texts if pattern.search(text)]


@pytest.mark.parametrize("text", ["x" * 1_000_000, "x@" * 500_000, "@." * 500_000, "@\n" * 500_000])
def test_an_id_of_any_length_is_looked_at_once(text: str) -> None:
    """An id of a million letters takes a moment, and not the square of it."""
    assert len(user_properties(text, {})["id"]) == 1_000_000
