"""JavaScript for Python, through Pyodide: values, timers, the console. It imports `js` only when it is made."""

from collections.abc import Callable
from typing import Any

from ..core.javascript import INVALID_DATE, UNDEFINED, Verbatim
from ..core.properties import MAX_DEPTH
from ..core.scalars import attempt

_BUILT_IN = frozenset((dict, list, tuple, str, int, float, bool, type(None)))


class JavaScript:
    """The JavaScript world that this Python runs in."""

    def __init__(self) -> None:
        import js
        from pyodide.ffi import JsProxy

        self._js = js
        self._proxy = JsProxy

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        from pyodide.ffi import create_once_callable

        self._js.setTimeout(create_once_callable(function), round(seconds * 1000))

    def complain(self, message: str) -> None:
        self._js.console.warn(message)

    def python(self, value: Any) -> Any:
        if type(value) in _BUILT_IN:
            return value
        if not isinstance(value, self._proxy):
            return None if type(value).__name__ == "JsNull" else value
        if callable(value):
            return value
        try:
            return value.to_py(depth=MAX_DEPTH + 1, default_converter=self._convert)
        except Exception:  # noqa: BLE001 - a getter threw: read key by key, and lose that key alone
            return {key: attempt(self._at, value, key) for key in self._js.Object.keys(value)}

    def _at(self, value: Any, key: str) -> Any:
        return self.python(self._js.Reflect.get(value, key))

    def _convert(self, value: Any, convert: Callable[[Any], Any], remember: Callable[[Any, Any], None]) -> Any:
        """Python values of the JavaScript objects that `to_py` leaves alone."""
        js = self._js
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
