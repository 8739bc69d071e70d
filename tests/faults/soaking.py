"""A visitor who clicks about a site where something always goes wrong."""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from playwright.sync_api import Error, Page
from starlette.requests import Request
from starlette.responses import Response

from .visitor import Visitor, ids

PAGES = 4
TABS = 3
LINK = "([tag, count, url]) => { lab.burst(tag, count); location.href = url; }"


async def missing(request: Request, answer: Callable[[], Response]) -> Response:
    """A file that is not there."""
    return Response("not here", 404)


Alteration = Callable[[Request, Callable[[], Response]], Awaitable[Response]]


class Soak:
    """Actions picked at random, with the same seed the same ones. `done` counts them by name."""

    def __init__(self, visitor: Visitor, seed: int) -> None:
        self.visitor = visitor
        visitor.dying = True
        self.random = random.Random(seed)
        self.urls = [visitor.put(f"/page-{i}") for i in range(PAGES)]
        self.tabs: list[Page] = []
        self.done: Counter[str] = Counter()
        self.repair: Callable[[], None] | None = None
        self.weights = {
            self.click: 12,
            self.follow: 5,
            self.reload: 3,
            self.back: 2,
            self.open: 3,
            self.close: 2,
            self.block: 1,
            self.unplug: 1,
            self.break_runtime: 1,
            self.kill: 1,
        }
        if visitor.engine == "chromium":
            self.weights[self.end_workers] = 1

    def run(self, seconds: float) -> None:
        """Goes on for so long; whatever is broken is repaired a few actions later."""
        deadline = time.monotonic() + seconds
        left = 0
        self.open()
        while time.monotonic() < deadline:
            action = self.random.choices([*self.weights], [*self.weights.values()])[0]
            if self.repair and (left := left - 1) <= 0:
                self.repair()
                self.repair = None
            had = self.repair
            with contextlib.suppress(Error):  # that page was killed, or is on its way to another one
                action()
            if self.repair and not had:
                left = self.random.randint(2, 6)
            self.done[action.__name__] += 1
            if not self.tabs:
                with contextlib.suppress(Error):  # the network may be gone
                    self.open()
        if self.repair:
            self.repair()

    def tag(self) -> str:
        """A name for a burst that no other has."""
        return f"soak-{self.done.total()}-{self.random.randrange(1_000_000)}"

    def tab(self) -> Page:
        """One of the open tabs."""
        return self.random.choice(self.tabs)

    def there(self, tab: Page) -> Page:
        """The tab, once its page has our script and the journal has room: what is beyond it dies with its page."""
        tab.wait_for_function("() => window.analytics && window.lab && lab.journal().length < 900", timeout=10_000)
        return tab

    def click(self) -> None:
        """A few calls."""
        self.visitor.burst(self.there(self.tab()), self.tag(), self.random.randint(1, 20))

    def follow(self) -> None:
        """A few calls in the tick that leaves the page."""
        tab, tag, count = self.there(self.tab()), self.tag(), self.random.randint(1, 10)
        self.visitor.made += ids(tag, count)  # the page is gone before it can answer
        with contextlib.suppress(Error), tab.expect_navigation(wait_until="commit", timeout=10_000):
            tab.evaluate(LINK, [tag, count, self.random.choice(self.urls) + f"?{tag}"])

    def reload(self) -> None:
        """A few calls, then at once a new load."""
        tab = self.there(self.tab())
        self.visitor.burst(tab, self.tag(), self.random.randint(1, 10))
        tab.reload(wait_until="commit", timeout=10_000)

    def back(self) -> None:
        """A few calls, then back."""
        tab = self.there(self.tab())
        self.visitor.burst(tab, self.tag(), self.random.randint(1, 10))
        tab.go_back(wait_until="commit", timeout=10_000)
        if tab.url == "about:blank":
            tab.goto(self.random.choice(self.urls), wait_until="commit", timeout=10_000)

    def open(self) -> None:
        """A new tab, and of too many the oldest is closed."""
        if len(self.tabs) >= TABS:
            self.tabs.pop(0).close()
        tab = self.visitor.context.new_page()
        self.tabs.append(tab)
        tab.goto(self.random.choice(self.urls), wait_until="commit", timeout=10_000)

    def close(self) -> None:
        """A tab closed right after a few calls."""
        tab = self.tabs.pop(self.random.randrange(len(self.tabs)))
        try:
            self.visitor.burst(self.there(tab), self.tag(), self.random.randint(1, 10))
        finally:
            tab.close()

    def block(self) -> None:
        """Heap's script cannot be had."""
        if not self.repair:
            self.visitor.block_heap()
            self.repair = self.visitor.answer_heap

    def unplug(self) -> None:
        """The network is gone."""
        if not self.repair:
            self.visitor.context.set_offline(True)
            self.repair = lambda: self.visitor.context.set_offline(False)

    def break_runtime(self) -> None:
        """A file of the runtime is gone from the server."""
        if not self.repair:
            self.visitor.site.altered["python.bin"] = missing
            self.repair = self.visitor.site.altered.clear

    def kill(self) -> None:
        """Every renderer is killed right after a few calls."""
        self.click()
        self.visitor.kill()
        for tab in self.tabs:
            with contextlib.suppress(Error):
                tab.close()
        self.tabs.clear()

    def end_workers(self) -> None:
        """The browser ends its SharedWorkers with a batch."""
        tab = self.there(self.tab())
        self.visitor.burst(tab, self.tag(), 20)
        self.visitor.end_workers()
