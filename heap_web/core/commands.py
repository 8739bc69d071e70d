"""What Heap is told: Command(method, arguments), every value of it a string, a finite number or a boolean."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .javascript import well_formed
from .properties import Flat, Plain, flatten, plain
from .scalars import UserId

# JavaScript's dot matches none of these
_LINES = re.compile("[\n\r\u2028\u2029]").split


class Command(NamedTuple):
    """One call of a method of `window.heap`."""

    method: str
    arguments: tuple[Any, ...] = ()


def identify(user_id: UserId | None, traits: Mapping[str, Any]) -> tuple[Command, ...]:
    """The commands of an identify: `identify` if there is an id, and `addUserProperties` with all traits."""
    properties = Command("addUserProperties", (user_properties(user_id, traits),))
    return (properties,) if user_id is None else (Command("identify", (user_id,)), properties)


def user_properties(user_id: UserId | None, traits: Mapping[str, Any]) -> Flat:
    """The traits as Heap takes them: flat, the id under "id", the e-mail address under "_email".

    The trait `email` becomes `_email` and wins over a trait `_email`; where there is neither, an id that looks like an
    e-mail address is one.
    """
    own = Plain(traits) if type(traits) is Plain else plain(traits)
    email = own.get("email")
    address = flatten(Plain(_email=email)) if is_truthy(email) else {}
    by_id = not address and not is_truthy(own.get("_email")) and isinstance(user_id, str) and is_email(user_id)
    if address:
        own.pop("_email", None)
    if address or by_id:
        own.pop("email", None)
    if user_id is not None:
        own.pop("id", None)
    flat = flatten(own)
    flat.update(address)
    if user_id is not None:
        flat["id"] = user_id
    if by_id:
        flat["_email"] = user_id  # type: ignore[assignment]
    return flat


def is_email(text: str) -> bool:
    """Whether text has something@something.something in one of its lines: is-email, as analytics.js has it.

    By search and not by that pattern, which takes hours for an id of a million letters.
    """
    if "@" not in text:
        return False
    for line in _LINES(text):
        at = line.find("@", 1)
        if at > 0 and line.rfind(".", at + 2, -1) > 0:
            return True
    return False


def is_truthy(value: object) -> bool:
    """JavaScript's truth: every object and array is true, NaN is false."""
    return isinstance(value, (dict, list)) or (bool(value) and value == value)  # noqa: PLR0124


def track(event: str, properties: Mapping[str, Any], array_limit: int = 0) -> tuple[Command, ...]:
    """The commands of a track: the event, before it one event per array item if `array_limit` (items, in all) allows.

    An item's event is named `<event> <array's key> item`, as Heap Web (Actions) does it for the arrays among the
    properties themselves. Its properties are an object's own, an array's by index; any other item is the one property
    under the array's key, and null has none.
    """
    own = properties if type(properties) is Plain else plain(properties)
    items: list[Command] = []
    if array_limit > 0:
        for key, value in own.items():
            if type(value) is list:
                name = f"{event} {well_formed(key)} item"
                room = array_limit - len(items)
                items.extend(Command("track", (name, _item_properties(key, item))) for item in value[:room])
    return (*items, Command("track", (event, flatten(own))))


def _item_properties(key: str, item: Any) -> Flat:
    if type(item) is dict:
        return flatten(Plain(item))
    if type(item) is list:
        return flatten(Plain((str(index), value) for index, value in enumerate(item)))
    return flatten(Plain({key: item}))


def reset() -> tuple[Command, ...]:
    """The command that makes Heap forget who the visitor is."""
    return (Command("resetIdentity"),)
