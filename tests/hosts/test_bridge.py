"""Python in a bare worker, and pages that come, go and compete for its calls."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.serving import Site

from .conftest import Host, open_host

pytestmark = pytest.mark.host("a bare worker through the bridge", "pages that come, go and compete for its calls")
LOAD = """
import asyncio, heap_web

analytics = heap_web.load("1535634150")
"""
UNREACHABLE = """
try:
    await analytics.ready()
    text = "a page answered"
except heap_web.NoPageError as error:
    text = str(error)
text
"""
CLOSE = """
analytics.once("settled", lambda _: analytics.close())
last = await analytics.track("last")
await asyncio.sleep(0.1)
analytics.close()
f"{last.status}, then {analytics.track('later').status}"
"""

# No page has a call in its journal; beside those are only the marks of what has been taken.
NOTHING_WAITS = """
() =>
  Object.keys(localStorage).every((key) => !/^heap-web:\\d+:/.test(key)) &&
  run("analytics.flush()").then((left) => left === "0")
"""


@pytest.fixture(scope="module")
def booted(browser: Browser, host_site: Site) -> Iterator[Host]:
    """A worker in a page without heap-web.js. Its Python boots once: to boot takes longer than a test."""
    yield from open_host(browser, host_site, "bare pyodide-314")


@pytest.fixture
def bare(booted: Host, host_site: Site) -> Iterator[Host]:
    """The worker with nothing loaded, as the only page of a visitor of whom nothing is stored."""
    host_site.asked.clear()
    yield booted
    booted.run("analytics.close()")
    for page in booted.page.context.pages:
        if page != booted.page:
            page.close()
    booted.page.evaluate("() => localStorage.clear()")
    booted.watch.check()


def open_page(host: Host, site: Site) -> Page:
    """Another page of the same visitor, with heap-web.js and a Heap."""
    page = host.page.context.new_page()
    page.goto(f"{site.url}/told.html")
    return page


def told(site: Site) -> list[tuple[int, str]]:
    """The events that all pages' Heaps were told so far: (the how manieth of its page, name)."""
    bodies = [json.loads(body) for _, path, body in site.asked if path == "/told"]
    return [(count, name) for count, name, _ in bodies]


def told_in_all(host: Host, site: Site, count: int) -> list[str]:
    """The names of the events that Heap was told, once nothing waits any more and `count` reports have come in."""
    host.page.wait_for_function(NOTHING_WAITS)
    deadline = time.monotonic() + 60
    while len(told(site)) < count and time.monotonic() < deadline:
        host.page.wait_for_timeout(50)  # a beacon arrives when the browser likes
    return [name for _, name in told(site)]


def track(first: int, last: int) -> str:
    """Code that makes numbered calls."""
    return f"calls = [analytics.track(f'E{{number}}') for number in range({first}, {last})]\nlen(calls)"


@pytest.mark.one_engine
def test_calls_made_before_there_is_a_page_reach_the_one_that_opens(bare: Host, host_site: Site) -> None:
    """Calls made before there is a page reach the one that opens, in order, until a handler closes the bridge."""
    bare.run(LOAD + track(0, 5))
    open_page(bare, host_site)
    assert bare.run("[(await call).status for call in calls]") == str(["delivered"] * 5)
    assert sorted(told_in_all(bare, host_site, 5)) == [f"E{number}" for number in range(5)]
    assert sorted(told(host_site)) == [(number, f"E{number}") for number in range(5)]
    assert bare.run(CLOSE) == "delivered, then dropped"


@pytest.mark.one_engine
def test_with_no_page_the_error_says_what_to_do(bare: Host, host_site: Site) -> None:
    """With no page, `ready` raises within the deadline and says what to do; a page that comes later gets the calls."""
    bare.run(LOAD + track(0, 1))
    message = bare.run(UNREACHABLE)
    assert "heap-web.js" in message
    assert host_site.url in message
    assert bare.run("(await calls[0]).status") == "kept"
    open_page(bare, host_site)
    assert bare.run("(await analytics.ready()).status") == "delivered"
    assert told_in_all(bare, host_site, 1) == ["E0"]


def test_of_several_pages_one_takes_each_call(bare: Host, host_site: Site) -> None:
    """Of several pages exactly one takes each call, also when the one that did is closed in between."""
    bare.run(LOAD)
    pages = [open_page(bare, host_site) for _ in range(2)]
    bare.run("await analytics.ready()\n" + track(0, 20))
    pages[0].close()
    bare.run(track(20, 40))
    pages.append(open_page(bare, host_site))
    pages[1].close()
    bare.run(track(40, 60) + "\nlast = analytics.track('last')\n(await last).status")
    assert sorted(told_in_all(bare, host_site, 61)) == sorted([*(f"E{number}" for number in range(60)), "last"])


@pytest.mark.one_engine
def test_a_page_whose_storage_was_cleared_takes_the_next_calls(bare: Host, host_site: Site) -> None:
    """When the mark of what has been taken is lost, the next page takes the calls after it, in order and once each."""
    page = open_page(bare, host_site)
    bare.run(LOAD + track(0, 3) + "\nfor call in calls:\n    await call")
    page.evaluate("() => localStorage.clear()")
    page.close()
    open_page(bare, host_site)
    bare.run(track(3, 6))
    assert bare.run("[(await asyncio.wait_for(call, 30)).status for call in calls]") == str(["delivered"] * 3)
    told_in_all(bare, host_site, 6)
    assert sorted(told(host_site)) == sorted((number % 3, f"E{number}") for number in range(6))


@pytest.mark.one_engine
def test_another_app_id_is_refused(bare: Host, host_site: Site) -> None:
    """A page with another App ID does not take the calls, and the error says so."""
    open_page(bare, host_site)
    other: Any = LOAD.replace("1535634150", "42") + UNREACHABLE
    assert "the page has App ID 1535634150, Python was given 42" in bare.run(other)
