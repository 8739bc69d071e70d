"""The four ways in: a script tag, Python in the page, Python in a worker, our plugin in Segment's analytics.js 2."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from heap_web.core.settings import camel
from tests.faults.visitor import APP, SECONDS, Visitor, html, ids

#: Makes a burst in the tick in which something else happens, as by `location.reload()`.
BURST_AND = "([tag, count, then]) => { %s; (0, eval)(then); }"


@dataclass
class Entrance(ABC):
    """How a visitor's pages make calls. `settings` are named as in Python."""

    visitor: Visitor

    def open(self, path: str = "/", *before: str, page: Page | None = None, first: str = "", **settings: Any) -> Page:
        """Puts a page at a path, opens it, and waits until it can make calls; `first`: a burst that it begins with."""
        if first:
            self.visitor.made += ids(first, 20)
        return self.visitor.go(self.put(path, *before, first=first, **settings), page)

    @abstractmethod
    def put(self, path: str, *before: str, first: str = "", app: str = APP, **settings: Any) -> str:
        """Puts a page at a path; returns its URL."""

    @abstractmethod
    def make(self, page: Page, tag: str, count: int, then: str = "") -> None:
        """Makes calls in one tick, and in the same one what `then` says in JavaScript."""

    @abstractmethod
    def statuses(self, page: Page) -> dict[str, int]:
        """How often each status came, once every call that was made here has settled."""

    def burst(self, page: Page, tag: str, count: int = 20, then: str = "") -> list[str]:
        """Makes calls in one tick; returns their ids."""
        calls = ids(tag, count)
        self.visitor.made += calls
        self.make(page, tag, count, then)
        return calls

    def again(self, page: Page) -> None:  # noqa: B027 - most pages can at once
        """Waits until a page that was shown again, thawed or loaded anew, can make calls."""

    def consent(self, page: Page, granted: bool) -> None:
        """The visitor decides."""
        page.evaluate("(granted) => void analytics.consent(granted)", granted)


class ScriptTag(Entrance):
    """`<script src="heap-web.js" data-app-id="…">`."""

    def put(self, path: str, *before: str, first: str = "", app: str = APP, **settings: Any) -> str:
        after = f"<script>lab.burst({first!r}, 20)</script>" if first else ""
        data = {f"data_{name}": str(value).lower() for name, value in settings.items()}
        return self.visitor.put(path, *before, after=after, app=app, **data)

    def make(self, page: Page, tag: str, count: int, then: str = "") -> None:
        page.evaluate(BURST_AND % "lab.burst(tag, count)", [tag, count, then])

    def statuses(self, page: Page) -> dict[str, int]:
        return self.visitor.settle(page)


class InPage(Entrance):
    """`heap_web.load(…)` in Pyodide, in a page that has nothing else of ours."""

    def put(self, path: str, *before: str, first: str = "", app: str = APP, **settings: Any) -> str:
        code = f"load({app!r}, {settings!r})" + (f"; burst({first!r}, 20)" if first else "")
        begin = f"<script>window.first = {json.dumps(code)}</script>"
        head = html(self.visitor.site, *before, begin).rpartition("<script src=")[0]
        return self.visitor.site.page(path, f'{head}<script type="module" src="/page.mjs"></script>')

    def open(self, path: str = "/", *before: str, page: Page | None = None, first: str = "", **settings: Any) -> Page:
        opened = super().open(path, *before, page=page, first=first, **settings)
        self.again(opened)
        return opened

    def again(self, page: Page) -> None:
        page.wait_for_function("() => window.python", timeout=SECONDS * 1000)

    def make(self, page: Page, tag: str, count: int, then: str = "") -> None:
        page.evaluate(BURST_AND % "python.globals.get('burst')(tag, count)", [tag, count, then])

    def statuses(self, page: Page) -> dict[str, int]:
        found = page.wait_for_function("() => python.runPython('statuses()')", timeout=SECONDS * 1000)
        return dict(json.loads(found.json_value()))

    def consent(self, page: Page, granted: bool) -> None:
        page.evaluate("(code) => void python.runPython(code)", f"analytics.consent({granted})")


@dataclass
class InWorker(ScriptTag):
    """`heap_web.load(…)` in a worker of another page of the site, which has nothing of ours, and lives on."""

    keepers: dict[str, Page] = field(default_factory=dict)  # by App ID

    def run(self, code: str, app: str = APP) -> str:
        """Runs code in the worker that has this App ID; gives the text of its last expression."""
        if app not in self.keepers:
            keeper = self.keepers[app] = self.visitor.context.new_page()
            page = '<!doctype html><title>keeper</title><script type="module" src="/keeper.mjs"></script>'
            keeper.goto(self.visitor.site.page("/keeper", page))
            keeper.wait_for_function("() => window.run", timeout=SECONDS * 1000)
            self.run(f"load({app!r}, {{}})", app)
        return str(self.keepers[app].evaluate("(code) => run(code)", code))

    def put(self, path: str, *before: str, first: str = "", app: str = APP, **settings: Any) -> str:
        self.run(f"burst({first!r}, 20)" if first else "0", app)
        return super().put(path, *before, app=app, **settings)

    def make(self, page: Page, tag: str, count: int, then: str = "") -> None:
        app = page.evaluate("() => analytics[Symbol.for('heap-web host')].appId")
        self.run(f"burst({tag!r}, {count})", app)
        if then:
            page.evaluate("(then) => (0, eval)(then)", then)

    def statuses(self, page: Page) -> dict[str, int]:
        found: dict[str, int] = {}
        for app in self.keepers:
            self.visitor.until(lambda app=app: self.run("statuses()", app) != "", "every call settles")  # type: ignore[misc]
            for status, count in json.loads(self.run("statuses()", app)).items():
                found[status] = found.get(status, 0) + count
        return found


class Plugin(Entrance):
    """`analytics.register(heapWeb({…}))` with Segment's analytics.js 2."""

    def put(self, path: str, *before: str, first: str = "", app: str = APP, **settings: Any) -> str:
        given = {"appId": app, **{camel(name): value for name, value in settings.items()}}
        begin = f"<script>window.settings = {json.dumps(given)};"
        if first:
            begin += f"window.first = () => lab.burst({first!r}, 20, {{}}, 'plugin');"
        head = html(self.visitor.site, *before, begin + "</script>").rpartition("<script src=")[0]
        return self.visitor.site.page(path, f'{head}<script type="module" src="/plugin.mjs"></script>')

    def open(self, path: str = "/", *before: str, page: Page | None = None, first: str = "", **settings: Any) -> Page:
        opened = super().open(path, *before, page=page, first=first, **settings)
        self.again(opened)
        return opened

    def again(self, page: Page) -> None:
        page.wait_for_function("() => window.plugin && plugin.loaded", timeout=SECONDS * 1000)

    def make(self, page: Page, tag: str, count: int, then: str = "") -> None:
        page.evaluate("([tag, count]) => { lab.burst(tag, count, {}, 'plugin'); }", [tag, count])
        if then:  # analytics.js 2 hands calls on a little later; they are ours from then on
            page.evaluate(
                "([last, then]) => plugin.handed(last).then(() => (0, eval)(then))", [f"{tag}-{count - 1}", then]
            )

    def statuses(self, page: Page) -> dict[str, int]:
        return self.visitor.settle(page)


ENTRANCES: dict[str, Callable[[Visitor], Entrance]] = {
    "script-tag": ScriptTag,
    "python-in-page": InPage,
    "python-in-worker": InWorker,
    "plugin": Plugin,
}
