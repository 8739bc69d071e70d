"""Processes that die: the renderer amid a burst, a worker amid a batch, ten of twenty tabs."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import Error

from .visitor import Visitor

# Ends the first dedicated worker as soon as it has been given a batch: nobody answers that batch.
MORTAL = """<script>
  delete window.SharedWorker;
  let killed = 0;
  window.Worker = class extends Worker {
    postMessage(message) {
      super.postMessage(message);
      if (message.type === "batch" && !killed++) this.terminate();
    }
  };
</script>"""


@pytest.mark.parametrize("moment", [1, 250, 499])
@pytest.mark.fault(5, "renderer killed amid a burst of 500 calls in one tick")
def test_a_renderer_killed_amid_a_burst_loses_no_call_that_was_made(visitor: Visitor, moment: int) -> None:
    """Every call that had returned when the renderer was killed arrives once, from the next visit."""
    if visitor.engine == "firefox":
        pytest.skip("Firefox writes localStorage when the tick is over: a tick that is cut off never was")
    page = visitor.open("/")

    def made(call: str) -> None:
        if len(visitor.site.made) == moment:
            visitor.kill()

    visitor.site.on_made = made
    with contextlib.suppress(Error):
        page.evaluate("() => lab.told('burst', 500)")
    assert len(visitor.site.made) == moment
    visitor.made += visitor.site.made


@pytest.mark.fault(5, "renderer killed as a burst of 500 calls is delivered")
def test_a_renderer_killed_as_its_calls_are_delivered_neither_loses_nor_doubles(visitor: Visitor) -> None:
    """Calls made in full when the renderer is killed arrive once, though Heap has some of them already."""
    page = visitor.open("/")
    visitor.ready(page)
    visitor.burst(page, "burst", 500)
    visitor.until(lambda: bool(visitor.site.received()), "the first calls arrive")
    visitor.kill()


@pytest.mark.fault(12, "20 tabs at once with 50 calls each, half of them killed")
def test_twenty_tabs_at_once_of_which_half_are_killed(visitor: Visitor) -> None:
    """Twenty tabs start at the same moment, each makes 50 calls, half of them die: every call arrives once."""
    url = visitor.put("/tab", after="<script>window.calls = lab.burst(location.hash.slice(1), 50)</script>")
    tabs = [visitor.context.new_page() for _ in range(20)]
    for i, tab in enumerate(tabs):
        tab.goto("about:blank")
        tab.evaluate("(url) => { setTimeout(() => { location.href = url; }); }", f"{url}#tab{i}")
    for tab in tabs:
        visitor.made += tab.wait_for_function("() => window.calls", timeout=60_000).json_value()
    if visitor.engine == "chromium":
        for tab in tabs[:10]:
            with contextlib.suppress(Error):
                visitor.context.new_cdp_session(tab).send("Page.crash")
    else:  # tabs share processes there
        visitor.kill(half=True)
    assert len(visitor.made) == 1000
    visitor.arrived(visitor.made)


@pytest.mark.fault(18, "worker terminated amid a batch")
def test_a_worker_terminated_amid_a_batch_is_replaced(visitor: Visitor) -> None:
    """A worker that was terminated with a batch is replaced within its deadline of 10 s, and the batch is done once."""
    page = visitor.open("/", MORTAL)
    visitor.burst(page, "mortal", 50)
    visitor.arrived(visitor.made)
    assert page.evaluate("() => analytics.state.mode") == "dedicated"


@pytest.mark.only_browser("chromium")
@pytest.mark.fault(18, "SharedWorker terminated amid a batch")
def test_a_shared_worker_terminated_amid_a_batch_is_replaced(visitor: Visitor) -> None:
    """A SharedWorker that the browser ends with a batch is replaced, and the batch is done once."""
    page = visitor.open("/")
    visitor.ready(page)
    assert page.evaluate("() => analytics.state.mode") == "shared"
    visitor.burst(page, "mortal", 100)
    assert visitor.end_workers() == 1
    visitor.arrived(visitor.made)
