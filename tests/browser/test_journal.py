"""Calls survive the page they were made in, and reach Heap once."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from .conftest import Watch
from .counting import (
    EMPTY,
    HEAP,
    HEAP_HOSTS,
    NOTING_HEAP,
    FaultySite,
    block_heap,
    delivered_once,
    events,
    expect_events,
    html,
    journal,
    noted,
    track,
)
from .serving import Site

BURST = "(name) => { for (let i = 0; i < 50; i++) analytics.track(`${name}-${i}`); }"
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


def test_denied_web_locks_keep_no_call(page: Page, site: Site) -> None:
    """Where Web Locks are there but denied, calls arrive without them."""
    denied = "LockManager.prototype.request = () => Promise.reject(new DOMException('denied'));"
    page.add_init_script(f"if (window.LockManager) {denied}")
    page.goto(site.page("/", html(body=track("A"))))
    expect_events(page, site, ["A"])
    page.evaluate("() => { analytics.track('B'); }")
    expect_events(page, site, ["A", "B"])


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


def test_two_app_ids_on_one_origin_never_mix(context: BrowserContext, faulty: FaultySite) -> None:
    """Calls for one App ID are left alone by pages of another."""
    faulty.held.add("python.bin")
    first = context.new_page()
    first.goto(faulty.page("/", html('data-app-id="11"', track("A"))))
    first.close()
    faulty.held.clear()
    other = context.new_page()
    other.goto(faulty.page("/other", html('data-app-id="22"', track("B"))))
    expect_events(other, faulty, ["B"])
    assert len(journal(other)) == 1
    other.goto(faulty.page("/again", html('data-app-id="11"')))
    expect_events(other, faulty, ["B", "A"])


def test_what_the_journal_cannot_take_waits_in_memory_and_is_delivered(page: Page, faulty: FaultySite) -> None:
    """Calls beyond the journal's 1,000 wait in memory, and are delivered in order; the developer is warned once."""
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    faulty.held.add("python.bin")
    page.goto(faulty.page("/", html(heap=NOTING_HEAP)))
    page.evaluate(MANY, 1500)
    assert len(journal(page)) == 1000
    assert len([text for text in warnings if text.startswith("[heap-web] ")]) == 1
    faulty.held.clear()
    page.wait_for_function(EMPTY)
    delivered_once(noted(page), [str(i) for i in range(1500)])


def test_a_call_larger_than_the_journal_is_delivered(page: Page, site: Site) -> None:
    """Traits of 5 MB reach Heap, and the calls after them."""
    page.goto(site.page("/", html(heap=NOTING_HEAP)))
    page.evaluate("() => { window.seen = 0; heap.addUserProperties = (traits) => { seen = traits.big.length; }; }")
    page.evaluate("() => { analytics.identify('u', { big: 'x'.repeat(5_000_000) }); analytics.track('after'); }")
    page.wait_for_function(EMPTY)
    assert page.evaluate("() => seen") == 5_000_000
    assert noted(page) == ["after"]


STORAGE_FAULTS = {
    "denied": "Object.defineProperty(window, 'localStorage', { get() { throw Error('denied'); } });",
    "null": "Object.defineProperty(window, 'localStorage', { value: null });",
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };",
    "throws": "for (const name of ['setItem', 'getItem', 'removeItem']) Storage.prototype[name] = () => { throw 1; };",
}


@pytest.mark.parametrize("fault", STORAGE_FAULTS.values(), ids=STORAGE_FAULTS)
def test_a_storage_that_fails_loses_nothing_within_the_page(fault: str, page: Page, site: Site) -> None:
    """Where the storage is denied, full or broken, calls and the visitor are kept in memory."""
    page.add_init_script(fault)
    page.goto(site.page("/", html(body=track("A"))))
    page.evaluate("() => analytics.identify('u1', { a: 1 })")
    page.evaluate("() => analytics.track('B')")
    assert page.evaluate("() => [analytics.user().id(), analytics.user().traits()]") == ["u1", {"a": 1}]
    expect_events(page, site, ["A", "B"])


def test_a_site_that_clears_its_storage_loses_nothing(page: Page, site: Site) -> None:
    """A site that clears its storage in the tick of a call loses none within the page."""
    page.goto(site.page("/", html(body=track("A") + "<script>localStorage.clear()</script>")))
    expect_events(page, site, ["A"])


def test_calls_older_than_a_week_are_forgotten(page: Page, site: Site) -> None:
    """A dead page's calls are delivered for seven days; older ones, and what we never wrote, are removed."""
    page.goto(site.page("/empty", "<title>no script</title>"))
    page.evaluate(
        """() => {
            const put = (days, n, text) =>
                (localStorage[`heap-web:11:dead:${n}`] = Date.now() - days * 864e5 + text);
            put(7.1, 0, '{"m":"track","a":["old"]}');
            put(6.9, 1, '{"m":"track","a":["young"]}');
            put(1, 2, '{"m":"track","a":["cut');
            put(-1, 3, '{"m":"track","a":["made before the clock was set back"]}');
            localStorage["heap-web:11:dead:10"] = "nonsense";
        }"""
    )
    page.goto(site.page("/", html()))
    expect_events(page, site, ["young", "made before the clock was set back"])
    assert journal(page) == []


@pytest.mark.only_browser("chromium")  # Firefox does not always say that a script was blocked
def test_calls_without_a_heap_are_kept_for_the_next_page(
    page: Page, context: BrowserContext, watch: Watch, site: Site
) -> None:
    """With Heap blocked, calls settle as kept; the next page, with Heap there, delivers them first."""
    block_heap(context)
    page.goto(site.page("/", html(heap="", body=track("A"))))
    result = page.evaluate("() => analytics.track('B')")
    assert result["status"] == "kept"
    assert "blocked" in result["reason"]
    page.goto(site.page("/next", html(body=track("C"))))
    expect_events(page, site, ["A", "B", "C"])
    watch.expect("Heap's script was blocked or not found; calls are kept for the next page")
    watch.expect("ERR_BLOCKED_BY_CLIENT|Loading failed")
