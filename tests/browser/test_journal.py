"""Calls survive the page they were made in, and reach Heap once."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from .counting import (
    EMPTY,
    HEAP,
    HEAP_HOSTS,
    NOTING_HEAP,
    FaultySite,
    delivered_once,
    events,
    expect_events,
    html,
    journal,
    noted,
    track,
)
from .serving import Site

MANY = "(count) => { for (let i = 0; i < count; i++) analytics.track(String(i)); }"


def test_calls_of_a_page_that_closed_before_python_was_there_are_delivered_by_the_next(
    context: BrowserContext, faulty: FaultySite
) -> None:
    """Calls of a page closed while the runtime was still loading are delivered by the next page, in order, once."""
    faulty.held.add("python.bin")
    first = context.new_page()
    first.goto(faulty.page("/", html(body=track("A", "B", "C"))))
    assert len(journal(first)) == 3
    first.close()
    assert events(faulty) == []
    faulty.held.clear()
    second = context.new_page()
    second.goto(faulty.page("/next", html(body=track("D"))))
    expect_events(second, faulty, ["A", "B", "C", "D"])
    assert journal(second) == []


def test_a_call_in_the_tick_of_a_navigation_is_delivered_once(page: Page, site: Site) -> None:
    """A call in the same tick as a navigation is delivered once, before the calls of the page that follows."""
    site.page("/next", html(body=track("after")))
    page.goto(site.page("/", html()))
    for _ in range(5):
        with page.expect_navigation(url="**/next"):
            page.evaluate("() => { analytics.track('before'); location.href = '/next'; }")
        page.wait_for_function(EMPTY)
    expect_events(page, site, ["before", "after"] * 5)


NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"
#: Firefox lets go of the page's lock once everything is delivered; Chromium's SharedWorker lives on by itself.
AT_REST = "async () => !navigator.userAgent.includes('Firefox') || !(await navigator.locks.query()).held.length"


def test_without_web_locks_calls_that_another_tab_saw_are_delivered_once(
    context: BrowserContext, faulty: FaultySite
) -> None:
    """Without Web Locks, calls made before a page's heartbeat, which another tab may deliver, are delivered once."""
    context.add_init_script(NO_LOCKS)
    other = context.new_page()
    other.goto(faulty.page("/", html()))
    other.wait_for_function(EMPTY)
    page = context.new_page()
    page.goto(faulty.page("/late", html(body=track("A", "B"))))
    expect_events(other, faulty, ["A", "B"])
    page.evaluate("() => { analytics.track('C'); }")
    expect_events(page, faulty, ["A", "B", "C"])


def test_an_idle_tab_counts_what_another_tab_holds_and_has_delivered(context: BrowserContext, site: Site) -> None:
    """The state of a tab that does nothing follows the journal of another tab, up and down."""
    context.route(HEAP_HOSTS, lambda route: None)
    idle, busy = context.new_page(), context.new_page()
    idle.goto(site.page("/", html()))
    idle.wait_for_function(EMPTY)
    busy.goto(site.page("/busy", html(heap="", body=track("A", "B"))), wait_until="commit")
    idle.wait_for_function("() => analytics.state.journal.calls === 2")
    busy.evaluate(HEAP)
    expect_events(busy, site, ["A", "B"])
    idle.wait_for_function(EMPTY)


def test_python_boots_once_for_a_visit(page: Page, site: Site) -> None:
    """The visitor's next pages find the Python of the first one running."""
    # Firefox keeps no page in its back/forward cache, and so no SharedWorker, that says no-store.
    urls = [site.page(f"/{name}", html(body=track(name)), cache_control="no-cache") for name in "ABAB"]
    boots = set()
    for count, url in enumerate(urls, 1):
        page.goto(url)
        expect_events(page, site, [*"ABAB"][:count])
        page.wait_for_function(AT_REST)
        # To the microsecond the same: what a SharedWorker says of its own start.
        boots.add(page.evaluate("() => [analytics.state.mode, analytics.state.bootMs].join()"))
    assert len(boots) == 1, boots
    assert boots.pop().startswith("shared,")


@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize("late", [0, 10, 40])
def test_a_crash_amid_a_burst_loses_and_doubles_nothing(late: int, context: BrowserContext, site: Site) -> None:
    """A renderer that crashes amid a burst of 500 calls loses none and doubles none."""
    page = context.new_page()
    page.goto(site.page("/", html(heap=NOTING_HEAP)))
    page.wait_for_function(EMPTY)
    page.evaluate(MANY, 500)
    page.wait_for_timeout(late)
    with contextlib.suppress(Error), page.expect_event("crash"):
        page.goto("chrome://crash", timeout=1000)
    survivor = context.new_page()
    survivor.goto(site.page("/next", html(heap=NOTING_HEAP)))
    survivor.wait_for_function(EMPTY)
    delivered_once(noted(survivor), [str(i) for i in range(500)])
