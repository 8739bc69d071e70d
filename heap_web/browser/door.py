"""The page's half for Python: found in the page, or brought as the script that is in this package; reached by its door.

`window[Symbol.for("heap-web")]` is the page's `analytics`, and `analytics[Symbol.for("heap-web host")]` its door, which
static/src/page/runtime/door.js makes. All calls through it carry text, numbers and functions, and no other object.
"""

from collections.abc import Callable
from typing import Any, Final

from .interop import JavaScript

_ANALYTICS: Final = "heap-web"
_DOOR: Final = "heap-web host"
_FILE: Final = "heap-web.js"

_REFUSED: Final = (
    "the page's policy (CSP) lets no inline script run, so heap-web.js could not be put into the page: pass its URL,"
    ' like script="/heap-web/heap-web.js", or the policy\'s nonce, like nonce="…", or put'
    ' <script src="/heap-web/heap-web.js"></script> into the page.'
)


class JavaScriptHalf:
    """The page's half. Functions that it is given are held until they are given no more."""

    def __init__(self, javascript: Any, analytics: Any, door: Any) -> None:
        self._js = javascript
        self._analytics = analytics
        self._door = door
        self._held: dict[str, Any] = {}  # proxies, by what they are for
        self.take: Callable[[str, str], str | int] = door.take
        self.version = str(analytics.VERSION)

    @property
    def app_id(self) -> str | None:
        return self._door.appId or None

    def load(self, settings: str) -> None:
        self._analytics.load(self._js.JSON.parse(settings))

    def attach(self, run: Callable[[str], str], settled: Callable[[int, str], None]) -> None:
        self._door.attach(self._hold("run", run), self._hold("settled", settled))

    def detach(self) -> None:
        self._door.detach()
        self._let_go("run")
        self._let_go("settled")

    def user(self) -> str:
        return str(self._door.user())

    def state(self) -> str:
        return str(self._door.state())

    def flush(self) -> int:
        return int(self._door.flush())

    def consent(self, granted: bool) -> None:
        self._analytics.consent(bool(granted))

    def listen(self, name: str, heard: Callable[[str], None]) -> None:
        self._door.listen(name, self._hold(f"event {name}", heard))

    def unlisten(self, name: str) -> None:
        self._door.unlisten(name, self._held[f"event {name}"])
        self._let_go(f"event {name}")

    def _hold(self, key: str, function: Callable[..., Any]) -> Any:
        from pyodide.ffi import create_proxy

        proxy = self._held[key] = create_proxy(function)
        return proxy

    def _let_go(self, key: str) -> None:
        from pyodide.ffi import create_once_callable

        # A handler may take itself away while it runs: destroyed then, it could not end.
        self._js.setTimeout(create_once_callable(self._held.pop(key).destroy), 0)


class Browser(JavaScript):
    """The page that this Python runs in."""

    def __init__(self, version: str, nonce: str | None = None) -> None:
        """`version`: this package's. `nonce`: of the page's policy (CSP)."""
        super().__init__()
        self.version = version
        self._nonce = nonce
        self._symbol = getattr(self._js.Symbol, "for")

    def has_document(self) -> bool:
        """Whether this Python runs in the page itself, not in a worker."""
        # a worker may have a document too: PyScript lends its workers the page's
        return hasattr(self._js, "document") and not hasattr(self._js, "WorkerGlobalScope")

    def find(self) -> JavaScriptHalf | None:
        get = self._js.Reflect.get
        analytics = get(self._js.window, self._symbol(_ANALYTICS))
        if not isinstance(analytics, self._proxy):
            return None
        door = get(analytics, self._symbol(_DOOR))
        return JavaScriptHalf(self._js, analytics, door) if isinstance(door, self._proxy) else None

    def bring(self) -> str:
        try:
            text = _beside(_FILE)
        except OSError:
            return (
                f"this installation of heap_web has no {_FILE}: install the wheel that `python3 build.py bundle` makes"
            )
        try:
            self._insert("text", text).remove()
        except Exception as error:  # noqa: BLE001 - Trusted Types refuse it, or the page has changed its own DOM
            return f"{_REFUSED} ({error})"
        return _REFUSED

    def fetch(self, url: str, ended: Callable[[str], None]) -> None:
        from pyodide.ffi import create_proxy

        def finish(event: Any) -> None:
            script.removeEventListener("load", proxy)
            script.removeEventListener("error", proxy)
            self.later(0, proxy.destroy)
            ended("" if event.type == "load" else f"script: {url} was not found, or the page's policy (CSP) blocks it")

        proxy = create_proxy(finish)
        script: Any = self._js.document.createElement("script")
        script.addEventListener("load", proxy)
        script.addEventListener("error", proxy)
        try:
            self._insert("src", url, script)
        except Exception as error:  # noqa: BLE001 - as for `bring`
            self.later(0, proxy.destroy)
            reason = f"script: {url} could not be put into the page: {error}"
            self.later(0, lambda: ended(reason))

    def _insert(self, kind: str, content: str, script: Any = None) -> Any:
        """Puts a script into the page. The name `analytics` is taken only where nobody has it."""
        document = self._js.document
        script = script or document.createElement("script")
        if self._nonce:
            script.nonce = self._nonce
        if hasattr(self._js.window, "analytics"):
            script.setAttribute("data-global", "")
        setattr(script, kind, content)
        (document.head or document.documentElement).appendChild(script)
        return script


def _beside(name: str) -> str:
    """The text of a file of this package, wherever it was installed, without importlib.resources, which takes long."""
    assert __spec__ is not None
    loader: Any = __spec__.loader
    return str(loader.get_data(__file__.rpartition("/")[0] + "/" + name), "utf-8")
