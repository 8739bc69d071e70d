"""Who the visitor is: User(id, traits, anonymous_id), and how identify merges into it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from .markers import Marker
from .properties import NOTHING, Plain
from .scalars import UserId, same_id, text_or_number
from .scalars import user_id as as_user_id


class User(NamedTuple):
    """The visitor as analytics.js keeps them.

    `id`: a non-empty string or a finite number other than 0, None if not known. `traits`: plain JSON, as
    given, kept between calls. `anonymous_id`: their name as long as there is no id, made by the edge.
    """

    id: UserId | None = None
    traits: Mapping[str, Any] = NOTHING
    anonymous_id: str | None = None


def remembered(user_id: object, traits: Plain, anonymous_id: object) -> User:
    """The user that was stored, by this or another version: what is no id, no trait or no name counts as nothing."""
    name = text_or_number(anonymous_id)
    return User(as_user_id(user_id), _kept(traits), str(name) if name else None)


def _kept(traits: Mapping[str, Any]) -> Plain:
    return Plain((name, value) for name, value in traits.items() if type(value) is not Marker)


def identified(user: User, user_id: UserId | None, traits: Mapping[str, Any], *, of_current: bool = False) -> User:
    """The user after an identify: traits are merged into the same visitor's, and replace another's.

    As recorded from analytics.js: an unknown visitor's traits go over to the id given. `of_current`: no id was given
    but the traits first, so they belong to whoever is current; an id that is none (`identify(null, traits)`) keeps the
    id and replaces the traits.
    """
    merges = of_current or user.id is None or same_id(user.id, user_id)
    merged = {**user.traits, **traits} if merges else traits
    return User(user.id if user_id is None else user_id, _kept(merged), user.anonymous_id)
