"""JavaScript for Python, through Pyodide: values, timers, the console. It imports `js` only when it is made."""

from collections.abc import Callable
from typing import Any


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
        if not isinstance(value, self._proxy):
            return None if type(value).__name__ == "JsNull" else value
        from .foreign import values_of  # here: few calls have any

        return values_of(value, self._js, self.python)
