"""THE EDGE: Python in the page. The only module that imports `js` or `pyodide`, and only inside functions.

`load` gives an `Analytics`, which takes every call through the core at once and tells `window.heap`, in the same tick
where Heap is live, else as soon as it is, in the order of the calls. What it needs of the page is a `Browser`, the only
class that touches JavaScript.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from json import JSONDecoder
from os import urandom
from typing import Any, Final, Protocol

from ..core.calls import Call, Track, parse
from ..core.commands import Command
from ..core.errors import CallError
from ..core.javascript import INVALID_DATE, MAX_SAFE_INTEGER, UNDEFINED, Verbatim, compact_encoder
from ..core.limits import warnings
from ..core.properties import MAX_DEPTH, Plain, entries, plain
from ..core.scalars import attempt, date_text
from ..core.session import take
from ..core.settings import Settings
from ..core.snippet import CLASSIC_METHODS, LATEST_METHODS, client_config, script_url
from ..core.user import User, remembered
from .analytics import Analytics
from .results import Result, Status

#: Heap must be live so many seconds after it was asked for; then waiting calls are reported as kept.
DEADLINE: Final = 15.0
#: How many calls wait for a Heap that does not come.
MAX_WAITING: Final = 100_000

_BUILT_IN = frozenset((dict, list, tuple, str, int, float, bool, type(None)))

# where analytics.js keeps the visitor, as JSON text
_ID, _TRAITS, _ANONYMOUS_ID = "ajs_user_id", "ajs_user_traits", "ajs_anonymous_id"


class Page(Protocol):
    """What `Analytics` needs of a page; `Browser` is the real one."""

    def read(self, key: str) -> str | None:
        """What is stored under a key; None if nothing is or storage is denied."""

    def write(self, key: str, text: str | None) -> None:
        """Stores text, or removes it; raises if storage is denied or full."""

    def install(self, settings: Settings, ended: Callable[[str | None], None]) -> None:
        """Puts Heap's stub and script into the page unless they are there; `ended(why)` once the script has ended."""

    def is_live(self) -> bool:
        """Whether `window.heap` is Heap itself."""

    def tell(self, command: Command) -> None:
        """Calls a method of `window.heap`; raises what that raises."""

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Calls a function later."""

    def local(self, text: str) -> str | None:
        """`YYYY-MM-DD HH:MM:SS` in the visitor's time zone as ISO text in UTC; None if it is no real date."""

    def python(self, value: Any) -> Any:
        """A JavaScript value as Python values."""

    def new_id(self) -> str:
        """A new anonymous id."""

    def asks_not_to_track(self) -> bool:
        """Whether the visitor's browser says so."""

    def complain(self, message: str) -> None:
        """One warning in the console."""


class PageAnalytics(Analytics):
    """Analytics in the page itself: each call goes through the core at once, and to Heap as soon as it is live."""

    def __init__(self, settings: Settings, page: Page) -> None:
        super().__init__(settings)
        self._page = page
        self._texts = LocalTexts(page)
        self._memory: dict[str, str | None] = {}  # what could not be stored, by key
        self._seen: tuple[str | None, ...] = ()
        self._user = User()
        self._queue: deque[Result] = deque()
        self._closed: str | None = None  # why nothing is told to Heap, for good
        self._ready = Result()
        self._started = False
        self._watching = False
        self._delivering = False
        if not settings.loads_heap:
            self._closed = "Heap is switched off by the integrations in the settings"
        elif settings.respect_dnt and page.asks_not_to_track():
            self._closed = "the visitor's browser asks not to be tracked"
        if self._closed is not None:
            self._ready.settle("dropped", self._closed)
        elif not settings.consent_required:
            self._start()

    # -- the visitor, consent and events

    def user(self) -> User:
        """Who the visitor is: `id`, `traits`, `anonymous_id`."""
        self._read_user()
        return self._user

    def consent(self, granted: bool) -> None:
        """The visitor's decision: Heap is loaded and told what waited, or nothing is and what waited is dropped."""
        if granted:
            if not self.settings.loads_heap:
                return
            self._closed = None
            if self._ready.status == "dropped":
                self._ready = Result()
            self._start()
        else:
            reason = self._closed = "the visitor does not consent"
            waiting, self._queue = self._queue, deque()
            for key in (_ID, _TRAITS, _ANONYMOUS_ID):
                self._write(key, None)
            self._user, self._seen = User(), ()
            if self._ready.status != "delivered":
                self._ready.settle("dropped", reason)
            for result in waiting:  # last: who hears of it may make calls, even give consent
                self._settle(result, "dropped", reason)

    def ready(self, callback: Callable[[], object] | None = None) -> Result:
        """Calls back when Heap is live, at once if it is. `await analytics.ready()` waits for that, or its failure."""
        if callback is not None:
            if self._ready.status == "delivered":
                self._call(callback)
            else:
                self.once("ready", callback)
        return self._ready

    @property
    def state(self) -> str:
        """How it goes, in a few words."""
        waiting = f", {len(self._queue)} calls wait" if self._queue else ""
        if self._closed is not None:
            return f"not told anything: {self._closed}"
        if not self._started:
            return f"waiting for consent{waiting}"
        if self._ready.status == "delivered":
            return f"live{waiting}"
        return f"{self._ready.reason or 'loading'}{waiting}"

    def flush(self) -> int:
        """Tells Heap what waits, if it is live; gives how many calls still wait."""
        self._deliver()
        return len(self._queue)

    # -- how it goes

    def _make(self, method: str, arguments: tuple[object, ...]) -> Result:
        """Takes one call through the core and queues what it comes to."""
        if method in self._handlers:
            self._emit(method, *arguments)
        given = [value if type(value) in _BUILT_IN else self._page.python(value) for value in arguments]
        try:
            call = parse(method, given, self._texts, read=self._read)
        except CallError as error:
            self._complain(str(error))
            return self._settle(Result(), "dropped", str(error))
        for warning in getattr(call, "warnings", ()):
            self._complain(warning)
        result = self._take(call)
        callback = getattr(call, "callback", None)
        if callback is not None:
            self._page.later(0, lambda: self._call(callback))
        return result

    def _take(self, call: Call) -> Result:
        if len(self._queue) >= MAX_WAITING and self.flush() >= MAX_WAITING:
            self._complain("too many calls wait")
            return self._settle(Result(), "dropped", "too many calls wait")
        if self._closed is not None:
            return self._settle(Result(), "dropped", self._closed)
        if not isinstance(call, Track) or self._user.anonymous_id is None:  # what is tracked needs no visitor
            self._read_user()
        outcome = take(self._user, call, self.settings)
        self._keep_user(outcome.user)
        for warning in warnings(outcome.commands):
            self._complain(warning)
        result = Result(outcome.commands)
        if outcome.reason is not None:
            return self._settle(result, "delivered", outcome.reason)
        self._queue.append(result)
        self._deliver()
        if result.status == "kept" and self._ready.reason is not None:  # Heap has failed: this may take for ever
            result.settle("kept", self._ready.reason)
        return result

    def _start(self) -> None:
        if not self._started:
            self._started = True
            if self._user != User():  # from calls made before the decision
                self._store_user()
            try:
                if not self._page.is_live():
                    self._page.install(self.settings, self._script_ended)
            except Exception as error:  # noqa: BLE001 - whatever the page has done to its DOM, the page goes on
                self._fail(f"Heap could not be put into the page: {error}")
        if self._watching:
            self._deliver()
        else:
            self._watching = True
            self._watch(0.02, DEADLINE)

    def _script_ended(self, why: str | None) -> None:
        self._deliver()
        if why is not None and not self._page.is_live():
            self._fail(f"Heap's script {why}")

    def _watch(self, pause: float, left: float) -> None:
        """Looks for Heap, ever more rarely, until the deadline. After that the next call looks again."""
        self._deliver()
        self._watching = self._ready.status != "delivered" and self._closed is None and left > 0
        if self._watching:
            self._page.later(pause, lambda: self._watch(pause * 1.3, left - pause))
        elif left <= 0:
            self._fail("Heap did not start")

    def _fail(self, why: str) -> None:
        if self._ready.status == "delivered" or self._closed is not None:
            return
        self._complain(f"{why}: calls are kept in this page until it does")
        self._ready.settle("kept", why)
        for result in self._queue:
            result.settle("kept", why)
        self._emit("error", why)

    def _deliver(self) -> None:
        """Tells Heap what waits, in order. Heap is looked up for each call: its script replaces what was there."""
        if self._delivering or not self._started or self._closed is not None:
            return  # a handler or Heap itself made a call: the loop below comes to it
        self._delivering = True
        try:
            if self._ready.status != "delivered" and self._page.is_live():
                self._ready.settle("delivered")
                self._emit("ready")
            while self._queue and self._page.is_live():
                result = self._queue.popleft()
                self._settle(result, *self._tell(result.commands))
        finally:
            self._delivering = False

    def _tell(self, commands: tuple[Command, ...]) -> tuple[Status, str | None]:
        """Tells Heap one call; what became of it."""
        try:
            for command in commands:
                if self._closed is not None:  # since the command before: Heap or the page refused consent in it
                    return "dropped", self._closed
                self._page.tell(command)
        except Exception as error:  # noqa: BLE001 - Heap's or the page's fault, and no reason to break the page
            return "dropped", f"Heap refused the call: {error}"
        return "delivered", None

    def _settle(self, result: Result, status: Status, reason: str | None = None) -> Result:
        result.settle(status, reason)
        self._emit("settled", result)
        return result

    # -- the visitor's storage

    def _read_user(self) -> None:
        """Takes over what another page or another script has stored since."""
        if self._closed is not None or (self.settings.consent_required and not self._started):
            return
        seen = tuple(self._stored(key) for key in (_ID, _TRAITS, _ANONYMOUS_ID))
        if seen != self._seen:
            self._user = remembered(_parsed(seen[0]), plain(entries(_parsed(seen[1]))), _parsed(seen[2]))
            self._seen = seen
        if self._user.anonymous_id is None:
            self._keep_user(self._user._replace(anonymous_id=self._page.new_id()))

    def _keep_user(self, user: User) -> None:
        if user is not self._user:
            self._user = user
            self._store_user()

    def _store_user(self) -> None:
        user = self._user
        if self.settings.consent_required and not self._started:
            return
        try:
            texts = (
                None if user.id is None else _json(user.id),
                _json(dict(user.traits)),
                None if user.anonymous_id is None else _json(user.anonymous_id),
            )
        except RecursionError:  # the caller's stack is nearly used up: the visitor is kept within the page
            return
        for key, text, old in zip((_ID, _TRAITS, _ANONYMOUS_ID), texts, self._seen or (None, None, None), strict=True):
            if text != old:
                self._write(key, text)
        self._seen = texts

    def _stored(self, key: str) -> str | None:
        return self._memory[key] if key in self._memory else self._page.read(key)

    def _write(self, key: str, text: str | None) -> None:
        try:
            self._page.write(key, text)
            self._memory.pop(key, None)
        except Exception:  # noqa: BLE001 - denied or full: kept within the page
            self._memory[key] = text

    # -- what may go wrong outside

    def _read(self, value: object, local: Mapping[str, str], warnings: list[str]) -> Plain:
        return plain(value, local, warnings, self._page.python)

    def _warn(self, message: str) -> None:
        self._page.complain(message)


_json = compact_encoder(ascii_only=True)


def _parsed(text: str | None) -> Any:
    """Stored JSON text; None where it is none. Numbers come as JavaScript reads them."""
    try:
        return None if text is None else _decode(text)
    except (ValueError, RecursionError):
        return None


def _number(digits: str) -> float:
    value = float(digits)
    return int(value) if abs(value) <= MAX_SAFE_INTEGER else value


_decode = JSONDecoder(parse_int=_number, parse_constant=lambda _: None).decode


class Zone(Protocol):
    """Who knows the visitor's time zone."""

    def local(self, text: str) -> str | None:
        """`YYYY-MM-DD HH:MM:SS` in the visitor's time zone as ISO text in UTC; None if it is no real date."""


class LocalTexts(Mapping[str, str]):
    """Local dates and times -> ISO text, worked out when one is asked for."""

    def __init__(self, page: Zone) -> None:
        self._page = page

    def __getitem__(self, text: str) -> str:
        iso = self._page.local(text) if text[10:11] == " " else None
        if iso is None:
            raise KeyError(text)
        return iso

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


class Browser:
    """The page that this Python runs in, through Pyodide."""

    def __init__(self) -> None:
        import js
        from pyodide.ffi import JsException, JsProxy

        self._js = js
        self._proxy = JsProxy
        self._exception = JsException
        self._read_json = js.JSON.parse
        self._stub: Any = None
        self._stub_functions: list[Any] = []  # for the life of the page: a stub's method may be called any time
        self._script_loaded = False

    def has_document(self) -> bool:
        """Whether this Python runs in the page itself, not in a worker."""
        # a worker may have a document too: PyScript lends its workers the page's
        return hasattr(self._js, "document") and not hasattr(self._js, "WorkerGlobalScope")

    def read(self, key: str) -> str | None:
        try:
            text = self._js.localStorage.getItem(key)
        except (self._exception, AttributeError):
            return None
        return text if isinstance(text, str) else None

    def write(self, key: str, text: str | None) -> None:
        if text is None:
            self._js.localStorage.removeItem(key)
        else:
            self._js.localStorage.setItem(key, text)

    def _heap(self) -> Any:
        """`window.heap` if it has Heap's `track`; None for an element with the id heap and whatever else has none."""
        heap = getattr(self._js, "heap", None)
        return heap if isinstance(heap, self._proxy) and callable(getattr(heap, "track", None)) else None

    def is_live(self) -> bool:
        try:
            if getattr(getattr(self._js, "heap", None), "loaded", None) is True:
                return True
            heap = self._heap()
            if heap is None:
                return False
            is_array = self._js.Array.isArray
            if is_array(heap) or (self._stub is not None and self._js.Object.is_(heap, self._stub)):
                return False
            waits = isinstance(getattr(heap, "envId", None), str) and is_array(getattr(self._js, "heapReadyCb", None))
            return self._script_loaded or not waits
        except self._exception:
            return False

    def tell(self, command: Command) -> None:
        read = self._read_json
        given = [read(_json(each)) if isinstance(each, dict) else each for each in command.arguments]
        getattr(self._js.heap, command.method)(*given)

    def install(self, settings: Settings, ended: Callable[[str | None], None]) -> None:
        heap = self._heap()
        if heap is not None and (hasattr(heap, "appid") or hasattr(heap, "envId")):
            return  # Heap's own snippet has been here, and its script is on the way
        self._install_stub(settings)
        self._insert_script(script_url(settings), ended)

    def _install_stub(self, settings: Settings) -> None:
        js, latest = self._js, settings.sdk == "latest"
        is_queue = not latest and js.Array.isArray(getattr(js, "heap", None))
        heap = self._stub = js.heap if is_queue else (js.Object.new() if latest else js.Array.new())
        js.heap = heap
        if latest and not js.Array.isArray(getattr(js, "heapReadyCb", None)):
            js.heapReadyCb = js.Array.new()
        names = ("envId", "clientConfig") if latest else ("appid", "config")

        def configure(app_id: Any = None, config: Any = None, *_: Any) -> None:
            setattr(js.heap, names[0], app_id)
            setattr(js.heap, names[1], config)

        heap.load = self._function(configure)
        config = client_config(settings)
        configure(settings.app_id, None if config is None else self._read_json(_json(config)))
        for method in LATEST_METHODS if latest else CLASSIC_METHODS:
            setattr(heap, method, self._function(self._latest(method) if latest else self._classic(method)))

    def _classic(self, method: str) -> Callable[..., None]:
        def queue(*arguments: Any) -> None:
            self._js.heap.push(self._js.Array.of(method, *arguments))

        return queue

    def _latest(self, method: str) -> Callable[..., None]:
        def queue(*arguments: Any) -> None:
            from pyodide.ffi import create_once_callable

            def replay() -> None:
                function = getattr(self._js.heap, method, None)
                if callable(function):
                    function(*arguments)

            entry = self._js.Object.new()
            entry.name = method
            entry.fn = create_once_callable(replay)
            self._js.heapReadyCb.push(entry)

        return queue

    def _function(self, function: Callable[..., None]) -> Any:
        from pyodide.ffi import create_proxy

        proxy = create_proxy(function)
        self._stub_functions.append(proxy)
        return proxy

    def _insert_script(self, url: str, ended: Callable[[str | None], None]) -> None:
        from pyodide.ffi import create_proxy

        document = self._js.document
        script = document.createElement("script")
        script.type = "text/javascript"
        script.setAttribute("async", "")
        script.src = url

        def finish(event: Any) -> None:
            failed = event.type == "error"
            self._script_loaded = not failed
            script.removeEventListener("load", proxy)
            script.removeEventListener("error", proxy)
            self.later(0, proxy.destroy)
            ended("was blocked or not found" if failed else None)

        proxy = create_proxy(finish)
        script.addEventListener("load", proxy)
        script.addEventListener("error", proxy)
        first = document.querySelector("script")
        if first and first.parentNode:
            first.parentNode.insertBefore(script, first)
        else:
            document.documentElement.appendChild(script)

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        from pyodide.ffi import create_once_callable

        self._js.setTimeout(create_once_callable(function), round(seconds * 1000))

    def local(self, text: str) -> str | None:
        utc = date_text(text)
        if utc == text or text < "0100":  # JavaScript reads years below 100 as of the twentieth century
            return None
        date, time = utc[:-1].split("T")
        year, month, day = map(int, date.split("-"))
        hour, minute, second, millisecond = map(int, time.replace(".", ":").split(":"))
        return str(self._js.Date.new(year, month - 1, day, hour, minute, second, millisecond).toISOString())

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

    def new_id(self) -> str:
        # uuid4() of RFC 9562, without the module uuid, which takes longer to load than this package
        number = int.from_bytes(urandom(16)) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62
        digits = f"{number:032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def asks_not_to_track(self) -> bool:
        navigator = self._js.navigator
        return getattr(navigator, "doNotTrack", None) == "1" or getattr(navigator, "globalPrivacyControl", None) is True

    def complain(self, message: str) -> None:
        self._js.console.warn(message)


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
