"""Pages that are left: by navigation, by reload, into the back/forward cache; and pages that are made in advance."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.serving import Answer

from .undriven import undriven
from .visitor import Visitor, ids

# Keeps the last batch that went to Python, by whatever port.
BATCHES = """<script>
  window.batch = "";
  for (const { prototype } of [MessagePort, Worker]) {
    const { postMessage } = prototype;
    prototype.postMessage = function (message, ...rest) {
      if (message.type === "batch") window.batch = message.text;
      return postMessage.call(this, message, ...rest);
    };
  }
</script>"""
NOTES = """<script>
  addEventListener("pageshow", ({ persisted }) => persisted && lab.note("thawed", {}));
  addEventListener("pagehide", () => {
    if (window.atLast) lab.burst(atLast, 10);
    window.atLast = "";
  });
</script>"""
# Makes a burst whose batch is with Python when the page then leaves.
IN_FLIGHT = """([tag, count, leave]) => {
  lab.burst(tag, count);
  const look = () => {
    if (!batch.includes(`"${tag}-0"`)) return setTimeout(look);
    window.atLast = `last-${tag}`;
    setTimeout(leave);
  };
  setTimeout(look);
}"""

# Has the next page prerendered; then the site says when the calls of this one come, and when the visitor goes on.
PRERENDERING = """<script type="speculationrules">
  { "prerender": [{ "source": "list", "urls": ["/next"], "eagerness": "immediate" }] }
</script>
<script src="/heap.js"></script>
<script>
  const told = async (path) => {
    while (!(await fetch(path)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  (async () => {
    await told("/may-call");
    lab.burst("seen", 5);
    await told("/may-go");
    location.href = "/next";
  })();
</script>"""
PRERENDERED = """<script src="/heap.js"></script>
<script>
  lab.note("made", { hidden: document.prerendering });
  lab.burst("unseen", 20);
  const [entry] = performance.getEntriesByType("navigation");
  document.addEventListener("prerenderingchange", () => lab.note("shown", { after: entry.activationStart }));
</script>"""


@pytest.mark.fault(3, "navigation in the same tick as track, 5 times")
def test_calls_in_the_tick_of_a_navigation_arrive(visitor: Visitor) -> None:
    """Calls made in the tick that also leaves the page arrive, from page to page."""
    visitor.loading = True
    first, *others = [visitor.put(f"/page-{i}") for i in range(6)]
    page = visitor.go(first)
    for i, url in enumerate(others):
        with page.expect_navigation(url=url, wait_until="commit"):
            page.evaluate("([tag, url]) => { lab.burst(tag, 20); location.href = url; }", [f"nav-{i}", url])
        visitor.made += ids(f"nav-{i}", 20)
        page.wait_for_function("() => window.analytics")
    visitor.arrived(visitor.made)


@pytest.mark.fault(4, "reload with a batch in flight, 5 times")
def test_a_reload_with_a_batch_in_flight_costs_nothing(visitor: Visitor) -> None:
    """Calls whose batch is with Python when the page reloads arrive once."""
    visitor.loading = True
    page = visitor.open("/", BATCHES)
    for i in range(5):
        visitor.ready(page)
        with page.expect_navigation(wait_until="commit"):
            page.evaluate(IN_FLIGHT, [f"reload-{i}", 100, "location.reload()"])
        visitor.made += ids(f"reload-{i}", 100)
        page.wait_for_function("() => window.analytics")
    visitor.arrived(visitor.made)


@pytest.mark.fault(17, "back/forward cache: in flight and in the last tick, 10 times", freezing=True)
def test_pages_that_freeze_and_thaw_neither_lose_nor_double(visitor: Visitor) -> None:
    """Calls in flight as the page freezes, and calls in its last tick, arrive once, back and forth ten times."""
    one, two = visitor.put("/one", NOTES + BATCHES), visitor.put("/two", NOTES + BATCHES)
    page = visitor.go(one)
    visitor.ready(page)
    page.goto(two)
    for i in range(10):
        visitor.ready(page)
        there = one if i % 2 == 0 else two
        page.evaluate(IN_FLIGHT, [f"ice-{i}", 20, "history.back()" if i % 2 == 0 else "history.forward()"])
        page.wait_for_url(there, wait_until="commit")
        visitor.made += [*ids(f"ice-{i}", 20), *ids(f"last-ice-{i}", 10)]
        visitor.arrived(visitor.made)
    # Firefox keeps no page that holds a lock, as one does with calls in flight: there it is loaded anew.
    assert len(visitor.site.of("thawed")) == (10 if visitor.engine == "chromium" else 0)


@pytest.mark.only_browser("chromium")  # which is started here, whatever the others run in
@pytest.mark.fault(17, "prerendered, and shown later")
def test_a_prerendered_page_tells_heap_nothing_before_it_is_shown(visitor: Visitor, tmp_path: Path) -> None:
    """A prerendered page's calls wait until it is shown, though Python and Heap are there, and then arrive once."""
    site, go = visitor.site, Answer("", "text/plain")
    visitor.put("/next", after=PRERENDERED)
    with undriven(visitor.put("/", after=PRERENDERING), tmp_path):
        visitor.until(lambda: len(site.of("made")) > 0, "the next page is prerendered")
        site.pages["/may-call"] = go
        visitor.arrived(ids("seen", 5))
        assert site.of("made")[0]["hidden"] is True
        assert sorted(site.received()) == ids("seen", 5)
        site.pages["/may-go"] = go
        visitor.arrived(ids("unseen", 20))
        assert len(site.of("made")) == 1
        assert site.of("shown")[0]["after"] > 0
    visitor.made += ids("seen", 5) + ids("unseen", 20)
