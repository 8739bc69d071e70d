"""Storage that is denied, full or shared; clocks that are wrong; calls too large or too many for a journal."""

from __future__ import annotations

import pytest

from .visitor import APP, Visitor, ids

DENIED = """<script>
  Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
  Object.defineProperty(document, "cookie", { get: () => "", set() {} });
</script>"""
FULL = """<script>
  for (let size = 1 << 20, i = 0; size; ) {
    try {
      localStorage.setItem(`site:${i++}`, "x".repeat(size));
    } catch {
      size >>= 1;
    }
  }
</script>"""
OTHER = "2000000001"


@pytest.mark.parametrize("page", [DENIED, FULL], ids=["denied", "full"])
@pytest.mark.fault(11, "localStorage throws, or is full; cookies off")
def test_calls_without_storage_arrive_from_the_page_that_made_them(visitor: Visitor, page: str) -> None:
    """Without storage calls wait in the page's memory, and the page itself delivers them."""
    opened = visitor.open("/", page)
    visitor.burst(opened, "memory", 50)
    assert visitor.settle(opened) == {"delivered": 50}
    opened.evaluate("() => { try { localStorage.clear(); } catch {} }")  # for the last visit


@pytest.mark.fault(11, "sandboxed page: no storage, no cookies, no origin")
def test_a_sandboxed_page_delivers_from_memory(visitor: Visitor) -> None:
    """A page in a sandbox without an origin of its own, so without storage and workers, delivers from memory."""
    visitor.site.cors = True
    page = visitor.open("/", headers={"content-security-policy": "sandbox allow-scripts"})
    visitor.burst(page, "sandbox", 50)
    assert visitor.settle(page) == {"delivered": 50}


@pytest.mark.one_engine
@pytest.mark.fault(13, "two App IDs on one origin")
def test_journals_of_different_app_ids_never_mix(visitor: Visitor) -> None:
    """What was kept for one App ID reaches that App ID alone, though another's page comes first."""
    visitor.block_heap()
    for app, tag in ((APP, "one"), (OTHER, "two")):
        page = visitor.open("/", app=app)
        visitor.burst(page, tag, 20)
        assert visitor.settle(page) == {"kept": 20}
        page.close()
    visitor.answer_heap()
    page = visitor.open("/", app=OTHER)
    visitor.arrived(ids("two", 20))
    visitor.burst(page, "three", 5)
    assert visitor.settle(page) == {"delivered": 5}
    assert not set(ids("one", 20)) & set(visitor.site.received())
    page.close()
    visitor.open("/")
    visitor.arrived(visitor.made)
    apps = {note["call"]: note["app"] for note in visitor.site.of("received")}
    assert {app for call, app in apps.items() if call.startswith("one")} == {APP}
    assert {app for call, app in apps.items() if call.startswith(("two", "three"))} == {OTHER}


@pytest.mark.one_engine
@pytest.mark.parametrize("hours", [-24, 24])
@pytest.mark.fault(21, "clock set back, or forward, by a day")
def test_a_clock_that_jumps_loses_nothing(visitor: Visitor, hours: int) -> None:
    """Calls kept by one page arrive from the next, whose clock is a day off, and so do its own."""
    visitor.block_heap()
    page = visitor.open("/")
    visitor.burst(page, "before", 20)
    assert visitor.settle(page) == {"kept": 20}
    visitor.answer_heap()
    jump = f"<script>{{ const {{ now }} = Date; Date.now = () => now() + {hours} * 3600_000; }}</script>"
    page = visitor.open("/next", jump, page=page)
    visitor.burst(page, "after", 20)
    visitor.arrived(visitor.made)


@pytest.mark.fault(22, "5 MB of traits")
def test_five_megabytes_of_traits_harm_no_other_call(visitor: Visitor) -> None:
    """A trait of 5 MB, too large for any journal, reaches Heap, and so do the calls around it."""
    page = visitor.open("/?memory")
    visitor.burst(page, "before", 10)
    page.evaluate("() => { analytics.identify('u1', { call: 'traits-0', blob: 'x'.repeat(5_000_000) }); }")
    visitor.made.append("traits-0")
    visitor.burst(page, "after", 10)
    visitor.arrived(visitor.made)


@pytest.mark.one_engine  # Firefox takes three times as long
@pytest.mark.fault(23, "100,000 calls in one tick")
def test_a_hundred_thousand_calls_in_one_tick_arrive(visitor: Visitor) -> None:
    """A hundred thousand calls in one tick, a hundred times what the journal takes, arrive in order."""
    page = visitor.open("/?memory")
    visitor.burst(page, "flood", 100_000)
    visitor.arrived(visitor.made, seconds=180)
