"""The promises by each of the four entrances, under the same faults: nothing lost, nothing twice, nothing thrown."""

from __future__ import annotations

import pytest

from tests.faults.test_heap_host import NONSENSE
from tests.faults.test_storage import DENIED, FULL, OTHER
from tests.faults.visitor import APP, ids

from .entrance import ENTRANCES, Entrance, InWorker

# The calls in the journal.
OURS = "() => lab.journal()"
THROWING = """() => {
  const fail = () => { throw new Error("the page's own"); };
  const names = ["call", "transformed", "settled", "state", "ready", "track", "warning", "error"];
  for (const name of names) analytics.on(name, fail);
  analytics.ready(fail);
}"""
THROWING_IN_PYTHON = """
def fail(*_):
    raise ValueError("the page's own")

for name in ("call", "transformed", "settled", "state", "ready", "track", "warning", "error"):
    analytics.on(name, fail)
analytics.ready(fail)
made += 1
analytics.track("Made", {"call": "callback-0"}, fail)
"""


@pytest.mark.fault(1, "calls before anything is loaded")
def test_calls_before_anything_is_loaded_arrive(entrance: Entrance) -> None:
    """Calls made as the entrance begins, before Heap and any page's half have been asked for, arrive in order."""
    page = entrance.open("/", first="early")
    assert entrance.statuses(page) == {"delivered": 20}


@pytest.mark.fault(3, "navigation in the same tick as track")
def test_calls_in_the_tick_of_a_navigation_arrive(entrance: Entrance) -> None:
    """Calls made in the tick that also leaves the page arrive from the next one."""
    visitor = entrance.visitor
    visitor.loading = True
    page = entrance.open("/")
    there = visitor.put("/next")
    with page.expect_navigation(url=there, wait_until="commit"):
        entrance.burst(page, "leaving", then=f"location.href = {there!r}")
    visitor.arrived(visitor.made)


@pytest.mark.fault(4, "reload with calls on their way")
def test_a_reload_with_calls_on_their_way_costs_nothing(entrance: Entrance) -> None:
    """Calls that are on their way when the page reloads arrive once, beside those of the page that comes."""
    visitor = entrance.visitor
    visitor.loading = True
    page = entrance.open("/")
    visitor.ready(page)
    with page.expect_navigation(wait_until="commit"):
        entrance.burst(page, "reloaded", 100, then="location.reload()")
    visitor.arrived(visitor.made)


@pytest.mark.fault(6, "Heap's script blocked, then allowed on the next page")
def test_calls_made_while_heap_is_blocked_arrive_from_the_next_page(entrance: Entrance) -> None:
    """With Heap's script blocked each call settles as kept; the page of the next visit, by a script tag, delivers."""
    visitor = entrance.visitor
    visitor.block_heap()
    page = entrance.open("/")
    entrance.burst(page, "lost")
    assert entrance.statuses(page) == {"kept": 20}
    visitor.answer_heap()
    visitor.open("/next", page=page)
    visitor.arrived(visitor.made)


@pytest.mark.fault(8, "HTML from Heap's host")
def test_nonsense_from_heaps_host_is_never_thrown_into_the_page(entrance: Entrance) -> None:
    """Nonsense from Heap's host is said once by us, never thrown into the page, and the next page delivers."""
    visitor = entrance.visitor
    said: list[str] = []
    visitor.context.on("console", lambda message: said.append(message.text))
    visitor.answer_heap(lambda route: route.fulfill(**NONSENSE["HTML"]))
    page = entrance.open("/")
    entrance.burst(page, "nonsense")
    assert entrance.statuses(page) == {"kept": 20}
    assert len([text for text in said if text.startswith("[heap-web]")]) == 1


@pytest.mark.fault(11, "localStorage throws")
def test_calls_without_storage_arrive_from_the_page_that_made_them(entrance: Entrance) -> None:
    """Where storage is denied calls wait in memory, and the page itself delivers them."""
    page = entrance.open("/", DENIED)
    entrance.burst(page, "memory")
    assert entrance.statuses(page) == {"delivered": 20}


# analytics.js 2 itself never comes to its destinations where the storage is full.
@pytest.mark.parametrize("entrance", [name for name in ENTRANCES if name != "plugin"], indirect=True)
@pytest.mark.fault(11, "localStorage is full")
def test_calls_with_a_full_storage_arrive_from_the_page_that_made_them(entrance: Entrance) -> None:
    """Where the storage is full calls wait in memory, and the page itself delivers them."""
    page = entrance.open("/", FULL)
    entrance.burst(page, "memory")
    assert entrance.statuses(page) == {"delivered": 20}
    page.evaluate("() => localStorage.clear()")  # for the last visit


@pytest.mark.fault(13, "two App IDs on one origin")
def test_journals_of_different_app_ids_never_mix(entrance: Entrance) -> None:
    """What was kept for one App ID reaches that App ID alone, though another's page comes first."""
    visitor = entrance.visitor
    visitor.block_heap()
    page = None
    for app, tag in ((APP, "one"), (OTHER, "two")):
        page = entrance.open("/", app=app, page=page)
        entrance.burst(page, tag)
        assert set(entrance.statuses(page)) == {"kept"}
    visitor.answer_heap()
    page = visitor.open("/other", app=OTHER, page=page)
    visitor.arrived(ids("two", 20))
    assert not set(ids("one", 20)) & set(visitor.site.received())
    visitor.open("/next", page=page)
    visitor.arrived(visitor.made)
    apps = {note["call"]: note["app"] for note in visitor.site.of("received")}
    assert {call.partition("-")[0]: app for call, app in apps.items()} == {"one": APP, "two": OTHER}


@pytest.mark.fault(14, "our script beside, twice")
def test_our_script_beside_delivers_once(entrance: Entrance) -> None:
    """With our script on the page beside the entrance, twice, there is one analytics, and each call arrives once."""
    visitor = entrance.visitor
    tag = f'<script src="{visitor.site.built("heap-web.js")}" data-app-id="{APP}"></script>'
    page = entrance.open("/", tag, tag)
    visitor.burst(page, "beside", 20)
    entrance.burst(page, "through")
    visitor.arrived(visitor.made)
    assert entrance.statuses(page)["delivered"] >= 20


@pytest.mark.fault(16, "offline once Heap is there, then online")
def test_calls_made_offline_reach_a_live_heap(entrance: Entrance) -> None:
    """Once Heap is live, calls need no network to reach it."""
    visitor = entrance.visitor
    page = entrance.open("/")
    visitor.ready(page)
    visitor.context.set_offline(True)
    entrance.burst(page, "offline")
    assert entrance.statuses(page) == {"delivered": 20}
    visitor.context.set_offline(False)


@pytest.mark.fault(17, "back/forward cache, there and back", freezing=True)
def test_pages_that_freeze_and_thaw_neither_lose_nor_double(entrance: Entrance) -> None:
    """Calls made as a page freezes and once it is shown again arrive once each."""
    visitor = entrance.visitor
    page = entrance.open("/")
    visitor.ready(page)
    elsewhere = visitor.site.page("/elsewhere", "<!doctype html><title>elsewhere</title>")
    with page.expect_navigation(url=elsewhere, wait_until="commit"):
        entrance.burst(page, "ice", then=f"location.href = {elsewhere!r}")
    page.wait_for_load_state()
    # The driver's own way back fails while a page that freezes and one that comes change places.
    page.evaluate("() => { history.back(); }")
    page.wait_for_url("**/", wait_until="commit")
    page.wait_for_function("() => window.analytics && window.lab")
    visitor.ready(page)
    entrance.again(page)
    entrance.burst(page, "thaw")
    visitor.arrived(visitor.made)


@pytest.mark.fault(19, "listeners and callbacks that throw")
def test_listeners_and_callbacks_that_throw_stop_nothing(entrance: Entrance) -> None:
    """Listeners and callbacks that throw stop no call and reach no error handler of the page."""
    visitor = entrance.visitor
    page = entrance.open("/")
    page.evaluate(THROWING)
    if isinstance(entrance, InWorker):
        entrance.run(THROWING_IN_PYTHON)
        visitor.made.append("callback-0")
    elif page.evaluate("() => !!window.python"):
        page.evaluate("(code) => void python.runPython(code)", THROWING_IN_PYTHON)
        visitor.made.append("callback-0")
    entrance.burst(page, "after")
    visitor.arrived(visitor.made)


@pytest.mark.fault(24, "consent granted later, then withdrawn")
def test_nothing_happens_without_consent(entrance: Entrance) -> None:
    """Until consent is given nothing is stored and calls wait; then they arrive; withdrawn, all that is ours goes."""
    visitor = entrance.visitor
    page = entrance.open("/", consent_required=True)
    entrance.burst(page, "asked")
    assert page.evaluate(OURS) == []
    assert page.evaluate("() => analytics.state.heap") == "idle"
    entrance.consent(page, True)
    visitor.arrived(visitor.made)
    entrance.consent(page, False)
    visitor.refused |= set(entrance.burst(page, "refused"))
    assert entrance.statuses(page) == {"delivered": 20, "dropped": 20}
    assert page.evaluate(OURS) == []
