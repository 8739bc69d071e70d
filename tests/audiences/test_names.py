"""The property's name is the snake_case form of the audience's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heap_web.audiences import property_name
from heap_web.audiences.names import checked
from heap_web.core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("audience", "name"),
    [
        ("Order completed last 30 days", "order_completed_last_30_days"),
        ("order_completed_last_30days", "order_completed_last_30days"),
        ("First Time Shopper", "first_time_shopper"),
        ("  VIP -- (EU/US) ", "vip_eu_us"),
        ("HighValueUsers", "high_value_users"),
        ("HTTPErrors seen", "http_errors_seen"),
        ("Women's shoes", "womens_shoes"),
        ("Käufer 2026", "käufer_2026"),
        ("購入者", "購入者"),
        ("100%", "100"),
        ("a.b-c_d", "a_b_c_d"),
        ("__private__", "private"),
    ],
)
def test_name(audience: str, name: str) -> None:
    """Words in lower case, joined by underscores."""
    assert property_name(audience) == name


@given(st.text(st.characters(codec="utf-8")))
def test_any_name(audience: str) -> None:
    """Whatever the name: words of lower-case letters and digits between single underscores, and itself when named
    again.
    """
    try:
        name = property_name(audience)
    except ConfigurationError:
        return
    assert all(word.isalnum() and word == word.lower() for word in name.split("_"))
    assert property_name(name) == name


@given(st.lists(st.from_regex(r"[a-z]{1,8}|[0-9]{1,4}", fullmatch=True), min_size=1, max_size=5), st.data())
def test_words(words: list[str], data: st.DataObject) -> None:
    """However words are set apart and capitalised, the name is the same."""
    apart = st.sampled_from([" ", "-", "_", " / ", "  ", ".", " & "])
    cased = st.sampled_from([str.lower, str.capitalize, str.upper])
    parts = [data.draw(cased)(word) + data.draw(apart) for word in words]
    if "_".join(words) != "id":
        assert property_name("".join(parts)) == "_".join(words)


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789_"), min_size=1))
def test_keys_stay(key: str) -> None:
    """A key in snake_case already stays as it is: it is the one that Segment made."""
    key = "_".join(word for word in key.split("_") if word)
    if key not in {"", "id"}:
        assert property_name(key) == key


@pytest.mark.parametrize("audience", ["", " ", "🎉!", "___", "ID", "id", "x" * 1024])
def test_no_name(audience: str) -> None:
    """A name that no property can be made of is refused, with what to pass."""
    with pytest.raises(ConfigurationError, match="property="):
        property_name(audience)


@pytest.mark.parametrize("name", [None, 7, b"VIP"])
def test_no_text(name: Any) -> None:
    """What is no text is no name, of an audience or of a property."""
    with pytest.raises(ConfigurationError, match="must be text"):
        property_name(name)
    with pytest.raises(ConfigurationError, match="must be text"):
        checked(name)
