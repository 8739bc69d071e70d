"""user.py: how identify merges into the visitor."""

from typing import Any

import pytest

from heap_web.core.markers import INVALID_DATE, UNDEFINED
from heap_web.core.user import User, identified


@pytest.mark.parametrize(
    ("user", "user_id", "traits", "of_current", "result"),
    [
        (User(), None, {"a": 1}, False, User(None, {"a": 1})),
        (User(None, {"a": 1}), "u1", {"b": 2}, False, User("u1", {"a": 1, "b": 2})),
        (User("u1", {"a": 1}), "u1", {"b": 2}, False, User("u1", {"a": 1, "b": 2})),
        (User("u1", {"a": 1}), "u2", {"b": 2}, False, User("u2", {"b": 2})),
        (User("u1", {"a": 1}), None, {"b": 2}, True, User("u1", {"a": 1, "b": 2})),
        (User("u1", {"a": 1}), None, {"b": 2}, False, User("u1", {"b": 2})),
        (User("u1", {"a": 1}), None, {}, False, User("u1", {})),
        (User(1, {"a": 1}), "1", {"b": 2}, False, User("1", {"b": 2})),
        (User("1", {"a": 1}), 1, {"b": 2}, False, User(1, {"b": 2})),
        (User("u1", {"a": 1, "b": 1}), "u1", {"a": UNDEFINED, "b": None}, False, User("u1", {"b": None})),
        (User("u1", {"a": 1}), "u1", {"a": INVALID_DATE}, False, User("u1", {})),
        (User("u1", {"a": {"x": 1}}), "u1", {"a": {"y": 2}}, False, User("u1", {"a": {"y": 2}})),
        (User("u1", {}, "anon"), "u2", {}, False, User("u2", {}, "anon")),
    ],
)
def test_traits_merge_into_the_same_visitors_and_replace_anothers(
    user: User, user_id: Any, traits: dict[str, Any], of_current: bool, result: User
) -> None:
    """Traits are merged into the same visitor's, one level deep, and replace another's."""
    found = identified(user, user_id, traits, of_current=of_current)
    assert found == result
    assert type(found.id) is type(result.id)


def test_the_user_given_is_not_changed() -> None:
    """The user given is not changed."""
    user = User("u1", {"a": 1})
    identified(user, "u1", {"b": 2})
    assert user == User("u1", {"a": 1})
