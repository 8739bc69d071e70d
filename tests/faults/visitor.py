"""A visitor of the counting site: opens pages, makes calls, and at last leaves, when every call must have arrived."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, WebError
from playwright.sync_api import Error as BrowserError

from .counting import HEAP, Counting

APP = "1535634150"
HEAPS = "https://cdn.heapanalytics.com/**"
# Deadlines of waits, not expectations: a machine may be busy with other things.
SECONDS = 60
# What Firefox's console says of a blocked file its driver calls an error. lab.js tells what a page sees, and not that.
NOTES = re.compile("Loading (module|Worker) from .* was blocked|The page’s settings blocked|Content at .* may not load")
NONE: Mapping[str, str] = {}
# Where calls that have not arrived may be: in the journal, and whose; with Heap, and only the note of it has not come.
LEFT = """async () => ({
  state: analytics.state,
  stored: Object.entries(localStorage).map((pair) => pair.join(" ").slice(0, 300)),
  locks: await navigator.locks.query(),
})"""


def html(site: Counting, *scripts: str, app: str | None = APP, **attributes: str) -> str:
    """A page with the lab first, then the scripts, then heap-web.js with these attributes (data_consent="required")."""
    settings = {"data-app-id": app, **{name.replace("_", "-"): value for name, value in attributes.items()}}
    tag = " ".join(f'{name}="{value}"' for name, value in settings.items() if value is not None)
    loader = f'<script src="{site.built("heap-web.js")}" {tag}></script>'
    head = '<!doctype html><meta charset=utf-8><title>lab</title><script src="/lab.js"></script>'
    return head + "".join(scripts) + loader


def ids(tag: str, count: int) -> list[str]:
    """The ids of a burst's calls."""
    return [f"{tag}-{i}" for i in range(count)]


def heap_script(route: Route) -> None:
    """Answers as Heap's host does by day: with a Heap that counts."""
    route.fulfill(body=HEAP, content_type="text/javascript")


@dataclass
class Visitor:
    """`made`: ids of all calls so far; `refused`: those that must not arrive; `final`: the path of the last visit.

    `dying`: its pages die at any moment, also amid telling Heap. `loading`: one may still load as the test ends.
    """

    browser: Browser
    context: BrowserContext
    engine: str
    site: Counting
    made: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    warned: Counter[str] = field(default_factory=Counter)
    final: str = "/last"
    killed: set[int] = field(default_factory=set)
    dying: bool = False
    loading: bool = False

    @classmethod
    @contextmanager
    def of(cls, browser: Browser, engine: str, site: Counting, **options: Any) -> Iterator[Visitor]:
        """A visitor with a fresh profile, to whom Heap's host answers with a Heap that counts."""
        context = browser.new_context(**options)
        visitor = cls(browser, context, engine, site)
        context.on("weberror", visitor._saw)
        context.on("console", visitor._heard)
        visitor.answer_heap()
        try:
            yield visitor
        finally:
            context.close()

    def _saw(self, error: WebError) -> None:
        if not NOTES.match(str(error.error)):
            self.seen.append(f"uncaught: {error.error}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "warning":
            self.warned[message.text] += 1

    def errors(self) -> list[str]:
        """What the pages saw go wrong, by the browser's word or by their own."""
        return self.seen + [note["what"] for note in self.site.of("error")]

    def answer_heap(self, handler: Any = None) -> None:
        """From now on Heap's host answers like this, or as it does by day."""
        self.context.unroute(HEAPS)
        self.context.route(HEAPS, handler or heap_script)

    def block_heap(self) -> None:
        """From now on Heap's host cannot be reached."""
        self.answer_heap(lambda route: route.abort())

    def put(
        self, path: str, *before: str, after: str = "", headers: Mapping[str, str] = NONE, **attributes: Any
    ) -> str:
        """Puts a page at a path, with markup before and after our script; returns its URL."""
        return self.site.page(path, html(self.site, *before, **attributes) + after, **headers)

    def go(self, url: str, page: Page | None = None) -> Page:
        """Goes to a page, as far as the end of its scripts: nothing of Heap or Python need have loaded."""
        page = page or self.context.new_page()
        page.goto(url, wait_until="commit")
        page.wait_for_function("() => window.analytics && window.lab && document.readyState !== 'loading'")
        return page

    def open(self, path: str = "/", *before: str, page: Page | None = None, **rest: Any) -> Page:
        """Puts a page at a path and goes there."""
        return self.go(self.put(path, *before, **rest), page)

    def ready(self, page: Page) -> None:
        """Waits until Python and Heap are there."""
        live = "() => analytics.state.runtime === 'ready' && analytics.state.heap === 'live'"
        page.wait_for_function(live, timeout=SECONDS * 1000)

    def burst(self, page: Page, tag: str, count: int, **properties: Any) -> list[str]:
        """Makes calls on a page in one tick; returns their ids."""
        calls = page.evaluate(
            "([tag, count, properties]) => lab.burst(tag, count, properties)", [tag, count, properties]
        )
        self.made += calls
        return calls

    def settle(self, page: Page, seconds: float = SECONDS) -> dict[str, int]:
        """Waits until every promise of the page's calls has settled; returns how often each status came."""
        page.wait_for_function("() => lab.done", timeout=seconds * 1000)
        return page.evaluate("() => lab.settled")

    def arrived(self, calls: Iterable[str], seconds: float = SECONDS) -> None:
        """Waits until Heap was told of these calls."""
        wanted = set(calls)

        def missing() -> list[str]:
            return sorted(wanted - set(self.site.received()))

        self.until(lambda: not missing(), "these arrive", seconds, missing)

    def until(
        self, condition: Callable[[], bool], what: str, seconds: float = SECONDS, seen: Callable[[], object] = str
    ) -> None:
        """Waits until something is so, while routes are answered; fails with `what` and `seen` if it is not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}: {seen()}"
            self.context.cookies()  # lets Playwright answer routes
            time.sleep(0.02)

    def kill(self, half: bool = False) -> None:
        """Kills every process that renders pages or runs workers, or every second of them, at once."""
        for pid in sorted(self.renderers())[:: 2 if half else 1]:
            os.kill(pid, signal.SIGKILL)
            self.killed.add(pid)

    def end_workers(self) -> int:
        """Ends the SharedWorkers, by Chromium's own tools; returns how many there were."""
        devtools = self.browser.new_browser_cdp_session()
        targets = devtools.send("Target.getTargets")["targetInfos"]
        workers = [target["targetId"] for target in targets if target["type"] == "shared_worker"]
        for worker in workers:
            devtools.send("Target.closeTarget", {"targetId": worker})
        devtools.detach()
        return len(workers)

    def renderers(self) -> list[int]:
        """The processes that render pages, of this browser alone."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
                    parents[int(entry.name)] = (int((entry / "stat").read_text().rpartition(")")[2].split()[1]), words)
                except OSError:
                    continue
        own = {os.getpid()}
        while more := {pid for pid, (parent, _) in parents.items() if parent in own} - own:
            own |= more
        mark = "--type=renderer" if self.engine == "chromium" else "-contentproc"
        end = "" if self.engine == "chromium" else "tab"
        return [
            pid for pid in own if pid in parents and mark in parents[pid][1] and parents[pid][1].strip().endswith(end)
        ]

    def leave(self) -> None:
        """A last visit: what earlier pages left is delivered before its own call, and then the journal is empty.

        It is in the window of a page that is left by it, for a new window takes Firefox as long as all the rest. Not
        where processes have been killed, nor where the page still loads in Firefox, which tells the page of each fetch
        that it cuts off. Chromium has hung at closing such a page.
        """
        pages = [page for page in self.context.pages if not page.is_closed()]
        closes = self.killed or self.dying or (self.loading and self.engine == "firefox")
        kept = pages.pop() if pages and not closes else None
        for page in pages:
            try:
                page.close()
            except BrowserError:
                continue  # killed
        self.answer_heap()
        self.context.set_offline(False)
        # The browser gives a page to a process that it does not know to be dead, and waits for it for ever.
        self.until(lambda: not self.killed & set(self.renderers()), "the killed processes are gone")
        page = self.open(self.final, page=kept)
        last = self.burst(page, "last", 1)
        try:
            self.arrived(set(self.made) - self.refused | set(last))
        except AssertionError as error:
            error.add_note(f"at the last page: {page.evaluate(LEFT)}\nall pages' warnings: {dict(self.warned)}")
            raise
        page.wait_for_function("() => !lab.journal().length", timeout=SECONDS * 1000)
