"""What Heap would cut or ignore of the commands it is told: one sentence each, so that nothing is silently different.

Sources: https://developers.heap.io/reference/identify, https://developers.heap.io/reference/track-1,
https://developers.heap.io/reference/add-user-properties and https://developers.heap.io/reference-link/adduserproperties.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from .commands import Command

#: Characters of a value, as JavaScript counts them; Heap cuts what is longer.
LONGEST_VALUE: Final = 1024
#: Bytes of an event's or a property's name in UTF-8.
LONGEST_NAME: Final = 512
#: Characters of an identity.
LONGEST_IDENTITY: Final = 255

#: More properties than anybody writes by hand: an event or an element of the page was passed as it is.
MANY_PROPERTIES: Final = 500

#: What a mistake makes of a missing identity, in lower case. Heap ignores some and merges all visitors of the others.
NOBODY: Final = frozenset(
    (
        *("undefined", "null", "none", "nil", "nan", "true", "false", "0", "-1", "[object object]"),
        *("user", "anonymous", "guest", "unknown", "not set", "n/a", "na", "default", "test"),
    )
)

# In any case of letters; Heap has names of its own like these.
_TAKEN: Final = frozenset(("id", "user_id"))


def warnings(commands: Iterable[Command]) -> list[str]:
    """A sentence for each thing that Heap would cut or ignore, with the key; the same for the same mistake. Pure."""
    found: list[str] = []
    identity: Any = None
    for method, arguments in commands:
        if method == "track":
            event, properties = arguments
            if len(event) > 128 and _bytes(event) > LONGEST_NAME:
                found.append(f"track: Heap keeps {LONGEST_NAME} bytes of an event's name; {_short(event)} has more")
            if len(properties) > MANY_PROPERTIES:
                found.append(_of_many(f"track {_short(event)}", properties))
            if _may_be_too_long(properties):
                found += _of_properties(f"track {_short(event)}", properties)
        elif method == "identify":
            (identity,) = arguments
            found += _of_identity(identity)
        elif method == "addUserProperties":
            (properties,) = arguments
            if len(properties) > MANY_PROPERTIES:
                found.append(_of_many("identify", properties))
            if _may_be_too_long(properties):
                found += _of_properties("identify", properties)
            for name, value in properties.items():
                # The id is put under "id" for parity, and is no mistake of the caller.
                if len(name) < 8 and name.lower() in _TAKEN and not (name == "id" and value == identity):
                    found.append(f"identify: Heap has a property {name!r} of its own; give the trait another name")
    return found


def _of_identity(identity: Any) -> Iterator[str]:
    text = str(identity)
    if _units(text) > LONGEST_IDENTITY:
        yield f"identify: Heap takes {LONGEST_IDENTITY} characters of an identity; {_short(text)} has more"
    elif text.strip().lower() in NOBODY:
        yield (
            f"identify: {text!r} names nobody in particular; Heap ignores such an identity, or makes one user of all"
            " visitors that have it"
        )


def _of_many(where: str, properties: dict[str, Any]) -> str:
    return f"{where}: {len(properties):,} properties; was an event or an element passed? Pass what matters of it"


def _may_be_too_long(properties: dict[str, Any]) -> bool:
    """Whether there is anything to count exactly. This is on the way of every call."""
    for name, value in properties.items():  # noqa: SIM110 - any() with a generator takes twice as long
        if len(name) > 128 or (type(value) is str and len(value) > 512):
            return True
    return False


def _of_properties(where: str, properties: dict[str, Any]) -> Iterator[str]:
    for name, value in properties.items():
        if type(value) is str and _units(value) > LONGEST_VALUE:
            yield f"{where}: Heap keeps {LONGEST_VALUE:,} characters of a value; that of {_short(name)} has more"
        if _bytes(name) > LONGEST_NAME:
            yield f"{where}: Heap keeps {LONGEST_NAME} bytes of a property's name; {_short(name)} has more"


def _units(text: str) -> int:
    """The length that JavaScript gives: characters beyond U+FFFF count twice."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
