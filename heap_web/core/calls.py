"""A call as the caller made it -> one value: parse(method, arguments) with analytics.js' overloads.

Everything is copied here, at the moment of the call; the caller's objects are neither kept nor changed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .errors import CallError
from .integrations import allows_heap, find
from .javascript import number_text
from .markers import FUNCTION, UNDEFINED
from .objects import attempt
from .properties import NOTHING, Plain, entries, is_object, plain
from .scalars import UserId, text_or_number
from .scalars import user_id as as_user_id

#: How the caller's mapping becomes `Plain`: (mapping, local texts, where warnings go).
Reader = Callable[[object, Mapping[str, str], list[str]], Plain]


class Options(NamedTuple):
    """What a call's options say that matters here."""

    integrations: Mapping[str, Any] = NOTHING  # integration name -> on or off, or its settings
    all: bool | None = None  # on or off for every integration, where the options' context says so
    anonymous_id: str | None = None


class Identify(NamedTuple):
    """identify: who the visitor is, what they are like, or both."""

    id: UserId | None = None
    traits: Mapping[str, Any] = NOTHING
    of_current: bool = False  # no id was given but the traits first: they belong to whoever is current
    options: Options = Options()
    callback: object = None
    warnings: tuple[str, ...] = ()


class Track(NamedTuple):
    """track: what the visitor did."""

    event: str
    properties: Mapping[str, Any] = NOTHING
    options: Options = Options()
    callback: object = None
    warnings: tuple[str, ...] = ()


class Reset(NamedTuple):
    """reset: the visitor is somebody else from now on."""


class SetAnonymousId(NamedTuple):
    """setAnonymousId: the name of the visitor as long as no id is known."""

    anonymous_id: str | None = None


class Silent(NamedTuple):
    """page, group or alias: accepted, and told to nobody, as in the integration mirrored."""

    method: str
    options: Options = Options()
    callback: object = None


Call = Identify | Track | Reset | SetAnonymousId | Silent

_NO_OPTIONS = Options()
_MISSING = (UNDEFINED,) * 5
_JSON_TYPES = frozenset((dict, list, str, int, float, bool, type(None)))


def parse(
    method: str, arguments: Sequence[object], local: Mapping[str, str] = NOTHING, *, read: Reader = plain
) -> Call:
    """The call `analytics[method](*arguments)` as a value.

    `local`: text like `2020-06-07 08:09:10` -> ISO text in UTC, worked out in the visitor's zone by the edge; text
    that is not in it is read as UTC. `read`: how traits and properties are copied (the worker's need no copy).
    Raises CallError if the call cannot be forwarded: an unknown method, an event that is no name.
    """
    if method == "track":
        return _track(arguments, local, read)
    if method == "identify":
        return _identify(arguments, local, read)
    if method == "reset":
        return Reset()
    if method == "setAnonymousId":
        return SetAnonymousId(_anonymous_id(arguments[0]) if arguments else None)
    where_options = _OPTIONS_OF.get(method)
    if where_options is None:
        raise CallError(f"{method!r} is no method of analytics: use identify, track, page, group, alias or reset")
    given, callback = _split(arguments, 5 if method == "page" else 4)
    return Silent(method, _options(where_options(*given[:4])), callback)


def _track(arguments: Sequence[object], local: Mapping[str, str], read: Reader) -> Track:
    given, callback = _split(arguments, 4)
    event = _event_name(given[0])
    warnings: list[str] = []
    properties = read(given[1], local, warnings)
    return Track(event, properties, _options(given[2]), callback, tuple(warnings))


def _identify(arguments: Sequence[object], local: Mapping[str, str], read: Reader) -> Identify:
    given, callback = _split(arguments, 4)
    user_id, traits, options = given[0], given[1], given[2]
    if _is_function(user_id):
        callback = user_id if callback is None else callback
        user_id = UNDEFINED
    of_current = is_object(user_id)
    if of_current:
        user_id, traits, options = UNDEFINED, user_id, traits
    warnings: list[str] = []
    if user_id is True:
        warnings.append("identify: true is no id, as it would make one visitor of many; pass the visitor's own id")
    return Identify(
        as_user_id(user_id),
        read(traits, local, warnings),
        of_current,
        _options(options),
        callback,
        tuple(warnings),
    )


def _split(arguments: Sequence[object], count: int) -> tuple[list[object], object]:
    """(the arguments before the first callback, made up to `count` with undefined; that callback or None).

    A function in the first place is left there: for identify it is a callback too, for track it is no event name.
    """
    given = [*arguments[:count], *_MISSING[len(arguments) :]]
    for place in range(1, count):
        value = given[place]
        if value is not UNDEFINED and type(value) not in _JSON_TYPES and _is_function(value):
            return [*given[:place], *_MISSING[place:]], value
    return given, None


def _is_function(value: object) -> bool:
    if type(value) in _JSON_TYPES:
        return False
    return value is FUNCTION or (attempt(callable, value) is True and not is_object(value))


def _event_name(value: object) -> str:
    name = text_or_number(value)
    if isinstance(name, (int, float)):
        return number_text(name)
    if not name:
        what = "empty" if name == "" else "missing" if value is UNDEFINED or value is None else "no string"
        raise CallError(f"track: the event's name is {what}; pass a non-empty string, like track('Signed Up')")
    return name


def _anonymous_id(value: object) -> str | None:
    name = text_or_number(value)
    return number_text(name) if isinstance(name, (int, float)) else name or None


# Which argument of page, group and alias holds the options, after the callback and what follows it are cut off.
def _page_options(category: object, name: object, properties: object, options: object) -> object:
    if is_object(category):
        return name
    return properties if is_object(name) else options


def _group_options(group: object, traits: object, options: object, _: object) -> object:
    return traits if is_object(group) else options


def _alias_options(_to: object, previous: object, options: object, _: object) -> object:
    return previous if is_object(previous) else options


_OPTIONS_OF = {"page": _page_options, "group": _group_options, "alias": _alias_options}


def _options(value: object) -> Options:
    """A call's options, with their older forms: names at the top level, and `providers`. Never raises."""
    if value is UNDEFINED or value is None or not is_object(value):
        return _NO_OPTIONS
    options = entries(value)
    integrations = dict(entries(options.get("integrations")))
    for name, setting in options.items():
        if _is_integration(name) and name not in integrations:
            integrations[name] = setting
    for name, setting in entries(options.get("providers")).items():
        if _is_integration(name) and not is_object(integrations.get(name)):
            if name in integrations and type(setting) is bool:
                continue
            integrations[name] = setting
    context = entries(options.get("context"))
    switch = find(entries(find(context, "providers")), "all")
    if type(switch) is not bool:  # isinstance asks the value itself for its class, which may raise
        switch = find(context, "all")
    anonymous_id = _anonymous_id(options.get("anonymousId"))
    return Options(integrations, switch if type(switch) is bool else None, anonymous_id)


def _is_integration(name: str) -> bool:
    return name.lower() in ("heap", "all")


def reaches_heap(options: Options, defaults: Mapping[str, Any]) -> bool:
    """Whether a call with these options reaches Heap; `defaults` are the integrations of the settings."""
    integrations = options.integrations
    if defaults:
        missing = {name: value for name, value in defaults.items() if integrations.get(name, UNDEFINED) is UNDEFINED}
        integrations = {**integrations, **missing}
    return allows_heap(integrations, options.all)
