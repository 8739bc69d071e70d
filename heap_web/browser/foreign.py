"""JavaScript objects -> Python values: what a call's arguments have in them that JavaScript gave this Python."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ..core.markers import INVALID_DATE, UNDEFINED, Verbatim
from ..core.objects import attempt
from ..core.properties import MAX_DEPTH


def values_of(proxy: Any, js: Any, read: Callable[[Any], Any]) -> Any:
    """The Python values of a JavaScript object. `js`: the module; `read`: reads any value, objects by this function."""
    if callable(proxy):
        return proxy
    try:
        return proxy.to_py(depth=MAX_DEPTH + 1, default_converter=partial(_convert, js))
    except Exception:  # noqa: BLE001 - a getter threw: read key by key, and lose that key alone
        return {key: attempt(lambda key: read(js.Reflect.get(proxy, key)), key) for key in js.Object.keys(proxy)}


def _convert(js: Any, value: Any, convert: Callable[[Any], Any], remember: Callable[[Any, Any], None]) -> Any:
    """Python values of the JavaScript objects that `to_py` leaves alone."""
    brand = str(js.Object.prototype.toString.call(value))[8:-1]
    if brand in ("Number", "String", "Boolean", "BigInt"):
        return value.valueOf()
    if brand == "Date":
        return Verbatim(value.toISOString()) if js.Number.isFinite(value.getTime()) else INVALID_DATE
    if brand in ("Error", "DOMException", "RegExp", "URL"):
        return Verbatim(js.String(value))
    if js.ArrayBuffer.isView(value) and brand != "DataView":
        return [convert(item) for item in js.Array.from_(value)]
    if callable(value) or brand in _WITHOUT_CONTENT or isinstance(getattr(value, "nodeType", None), int):
        return UNDEFINED
    if callable(getattr(value, "toJSON", None)):
        return convert(value.toJSON(""))
    result: dict[str, Any] = {}
    remember(value, result)
    result.update((key, attempt(convert, js.Reflect.get(value, key))) for key in js.Object.keys(value))
    return result


_WITHOUT_CONTENT = frozenset(
    (
        "Promise",
        "WeakMap",
        "WeakSet",
        "WeakRef",
        "ArrayBuffer",
        "SharedArrayBuffer",
        "DataView",
        "Blob",
        "File",
        "Window",
    )
)
