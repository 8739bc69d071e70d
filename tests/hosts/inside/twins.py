"""The Python value that stands for a recorded JavaScript value, and a recorded case as calls on heap_web.

Runs on CPython, where it tells which cases can be made in Python at all, and inside the hosts.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

try:
    from tests.conformance.cases.codec import UNDEFINED, JSDate, JSObject, Tag, decode
except ImportError:
    from .codec import UNDEFINED, JSDate, JSObject, Tag, decode  # type: ignore[import-not-found,no-redef]

METHODS = {"setAnonymousId": "set_anonymous_id"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoTwin(Exception):
    """A JavaScript value that nothing in Python stands for."""


def twin(root: Any) -> Any:
    """The Python value for a decoded one, at any depth and without recursion. Raises NoTwin."""
    top: list[Any] = []
    made: dict[int, Any] = {}  # for cycles
    work: list[tuple[Any, Any, Any]] = [(top, None, root)]
    while work:
        container, key, value = work.pop()
        if id(value) in made:
            copy = made[id(value)]
        else:
            copy, fill, contents = start(value)
            if fill is not None:
                made[id(value)] = copy
                work.extend((fill, *pair) for pair in contents)
                if isinstance(fill, list):
                    fill.extend([None] * len(contents))
                else:
                    fill.update(dict.fromkeys(name for name, _ in contents))
        if container is top:
            top.append(copy)
        else:
            container[key] = copy
    return top[0]


def start(value: Any) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """(the twin, what of it is to be filled or None, with which keys or places and decoded values)."""
    if value is UNDEFINED or value is None:
        return None, None, []
    if isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value, None, []
    if isinstance(value, (int, float)):
        return value if abs(value) < 2**53 else float(value), None, []
    if isinstance(value, JSDate):
        return date(value), None, []
    if isinstance(value, list):
        array: list[Any] = []
        return array, array, list(enumerate(value))
    if isinstance(value, JSObject):
        return start(simple(value))
    if isinstance(value, dict):
        return mapping(value.items())
    return tagged(value)


def date(value: JSDate) -> datetime:
    """A Date as an aware datetime, where Python has one."""
    if value.ms is None:
        raise NoTwin("invalid Date")
    try:
        return EPOCH + timedelta(milliseconds=value.ms)
    except OverflowError:
        raise NoTwin("a Date beyond the years 1 to 9999") from None


def mapping(pairs: Any) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """A dict."""
    contents = list(pairs)
    if any(not isinstance(name, str) or name == "toJSON" for name, _ in contents):
        raise NoTwin("a key that is no text, or toJSON")
    result: dict[str, Any] = {}
    return result, result, [(str(name), item) for name, item in contents if item is not UNDEFINED]


def simple(value: JSObject) -> Any:
    """A sparse array as a list with undefined, an object without a prototype as a dict."""
    if value.array_length is not None:
        found = {key: item for key, item, flags in value.entries if not flags}
        if set(found) != {key for key, _, _ in value.entries} or not all(key.isdecimal() for key in found):
            raise NoTwin("an array with further properties")
        return [found.get(str(index)) for index in range(value.array_length)]
    if value.proto not in ("Object", None) or any(flags for _, _, flags in value.entries):
        raise NoTwin("a class, a getter, or a hidden property")
    return {key: item for key, item, _ in value.entries}


def tagged(value: Tag) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """The twins of JavaScript's own types."""
    if value.name == "$bigint":
        return int(value.data), None, []
    if value.name == "$map":
        return mapping(value.data)
    if value.name == "$set":
        return start(list(value.data))
    if value.name == "$typed":
        return start(list(value.data[1]))
    if value.name == "$boxed":
        return start(value.data)
    if value.name == "$frozen":
        content, fill, contents = start(value.data)
        return MappingProxyType(content) if isinstance(content, dict) else content, fill, contents
    if value.name == "$error":
        kind: Any = type(value.data[0], (Exception,), {})
        return kind(value.data[1]) if value.data[1] else kind(), None, []
    if value.name == "$function":
        return lambda *_: None, None, []
    raise NoTwin(value.name)


def arguments(encoded: list[Any], called: Callable[[int], None]) -> list[Any]:
    """A call's arguments as Python values; `called` is told the number of a callback. Raises NoTwin."""
    decoded = [decode(argument) for argument in encoded]
    while decoded and decoded[-1] is UNDEFINED:
        decoded.pop()
    if len(decoded) > 4:
        raise NoTwin("more arguments than the methods have")
    result = []
    for value in decoded:
        if isinstance(value, Tag) and value.name == "$callback":
            number = value.data
            result.append(lambda number=number: called(number))
        elif value is UNDEFINED or (isinstance(value, Tag) and value.name == "$bigint"):
            raise NoTwin("undefined or a BigInt as an argument of its own")
        else:
            result.append(twin(value))
            if isinstance(value, dict):  # here alone undefined says something: the trait is no more
                result[-1].update((name, None) for name, item in value.items() if item is UNDEFINED)
    return result


def python_calls(case: dict[str, Any], called: Callable[[int], None]) -> list[tuple[str, list[Any]]]:
    """A case's calls as (name of the method of Analytics, arguments); "$reload" stays. Raises NoTwin."""
    calls = [(METHODS.get(method, method), arguments(given, called)) for method, *given in case["calls"]]
    if any(method in ("track", "set_anonymous_id") and not given for method, given in calls):
        raise NoTwin("an argument that Python insists on is missing")
    return calls


def has_twin(case: dict[str, Any]) -> bool:
    """Whether a case can be made in Python."""
    try:
        python_calls(case, lambda number: None)
    except NoTwin:
        return False
    return True


def settings(case: dict[str, Any]) -> dict[str, Any]:
    """What `heap_web.load` is given for a case, beside the App ID."""
    init = [decode(value) for value in case.get("init", [])]
    options = init[1] if len(init) > 1 else {}
    return {"integrations": options["integrations"]} if "integrations" in options else {}
