"""What else is on a page: our script again, other snippets, listeners that throw, patched natives."""

from __future__ import annotations

import pytest

from heap_web.core.settings import Settings
from heap_web.core.snippet import html as heap_snippet

from .visitor import APP, Visitor, html, ids

SEGMENT = """<script>
  // The shape of Segment's snippet: a queue with methods, until its script comes. Here it never comes.
  const analytics = (window.analytics = window.analytics || []);
  if (!analytics.initialize && !analytics.invoked) {
    analytics.invoked = true;
    analytics.methods = ["track", "identify", "page", "ready", "on", "once", "off", "reset", "group", "alias"];
    analytics.factory = (name) => (...args) => {
      if (window.analytics.initialized) return window.analytics[name](...args);
      analytics.push([name, ...args]);
      return analytics;
    };
    for (const name of analytics.methods) analytics[name] = analytics.factory(name);
    analytics.load = () => {};
    analytics._writeKey = "abc";
    analytics.load("abc");
    for (let i = 0; i < 10; i++) analytics.track("Made", { call: `segment-${i}` });
  }
</script>"""
WRAPPED = """<script>
  // As old libraries and monitoring tools do it: wrapped, extended, and working.
  const { stringify } = JSON, { fetch, Promise } = window, { push, map } = Array.prototype;
  const { then } = Promise.prototype;
  JSON.stringify = function (...args) { return stringify.apply(this, args); };
  window.fetch = function (...args) { return fetch.apply(this, args); };
  Array.prototype.push = function (...args) { return push.apply(this, args); };
  Array.prototype.map = function (...args) { return map.apply(this, args); };
  Array.prototype.toJSON = function () { return stringify([...this]); };
  Array.prototype.last = function () { return this[this.length - 1]; };
  Object.prototype.extended = function () {};
  Promise.prototype.then = function (...args) { return then.apply(this, args); };
  window.Promise = class Patched extends Promise {};
</script>"""
BROKEN = """<script>
  // Worse than any library: from here on, before our engine and Python are there, nothing of this works any more.
  const fail = () => { throw new Error("broken by the page"); };
  for (const [owner, names] of [
    [JSON, ["stringify", "parse"]],
    [Object, ["keys", "getPrototypeOf"]],
    [Array, ["isArray"]],
    [Reflect, ["apply"]],
    [Object.prototype, ["hasOwnProperty"]],
    [Array.prototype, ["push", "splice", "sort", "map", "forEach"]],
    [window, ["fetch", "queueMicrotask", "setTimeout", "clearTimeout", "Promise"]],
  ]) for (const name of names) owner[name] = fail;
  lab.burst("broken", 50);
</script>"""


@pytest.mark.one_engine
@pytest.mark.fault(14, "our script twice")
def test_our_script_twice_delivers_once(visitor: Visitor) -> None:
    """With our script on the page twice there is one analytics, and each call arrives once."""
    again = html(visitor.site).rpartition("</script><script src=")[2]
    page = visitor.open("/", after=f"<script src={again}")
    visitor.burst(page, "twice", 20)
    visitor.arrived(visitor.made)
    assert visitor.settle(page) == {"delivered": 20}


@pytest.mark.one_engine
@pytest.mark.fault(14, "Heap's own snippet beside us")
def test_heaps_own_snippet_beside_us_is_the_one_heap(visitor: Visitor) -> None:
    """With Heap's own snippet before ours its script is asked for once, and its calls and ours arrive once."""
    asked: list[str] = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    own = "<script>for (let i = 0; i < 10; i++) heap.track('Made', { call: `own-${i}` });</script>"
    page = visitor.open("/", heap_snippet(Settings.of(APP)), own)
    visitor.burst(page, "ours", 20)
    visitor.made += ids("own", 10)
    visitor.arrived(visitor.made)
    assert len([url for url in asked if "cdn.heapanalytics.com" in url]) == 1


@pytest.mark.one_engine
@pytest.mark.fault(14, "Segment's snippet beside us")
def test_segments_snippet_beside_us_is_taken_over(visitor: Visitor) -> None:
    """What Segment's snippet queued is replayed, and a reference to its stub goes on as us."""
    page = visitor.open("/", SEGMENT + "<script>window.stub = analytics;</script>")
    page.evaluate("() => { for (let i = 0; i < 10; i++) stub.track('Made', { call: `kept-${i}` }); }")
    visitor.burst(page, "ours", 10)
    visitor.made += ids("segment", 10) + ids("kept", 10)
    visitor.arrived(visitor.made)


@pytest.mark.one_engine
@pytest.mark.fault(15, "references kept from before Heap loaded")
def test_a_stub_kept_from_before_reaches_the_heap_that_came(visitor: Visitor) -> None:
    """A reference to our stub of Heap, kept from before Heap loaded, reaches Heap when it is called later."""
    page = visitor.open("/", after="<script>window.kept = { heap, track: heap.track };</script>")
    visitor.ready(page)
    page.evaluate("() => { kept.heap.track('Made', { call: 'kept-0' }); kept.track('Made', { call: 'kept-1' }); }")
    visitor.made += ids("kept", 2)
    visitor.burst(page, "ours", 10)
    visitor.arrived(visitor.made)


@pytest.mark.one_engine
@pytest.mark.fault(19, "listeners and callbacks that throw")
def test_listeners_and_callbacks_that_throw_stop_nothing(visitor: Visitor) -> None:
    """Listeners and callbacks that throw stop no call and reach no error handler of the page."""
    page = visitor.open("/")
    page.evaluate(
        """() => {
            const fail = () => { throw new Error("the page's own"); };
            const names = ["call", "transformed", "settled", "state", "ready", "track", "warning", "error"];
            for (const name of names) analytics.on(name, fail);
            analytics.ready(fail);
            for (let i = 0; i < 20; i++) analytics.track("Made", { call: `callback-${i}` }, fail);
        }"""
    )
    visitor.made += ids("callback", 20)
    visitor.burst(page, "after", 20)
    visitor.arrived(visitor.made)


@pytest.mark.fault(20, "natives wrapped and extended by the page before us")
def test_wrapped_natives_cost_nothing(visitor: Visitor) -> None:
    """Natives that the page has wrapped or extended before our script cost no call."""
    page = visitor.open("/", WRAPPED)
    visitor.burst(page, "patched", 50)
    visitor.arrived(visitor.made)


@pytest.mark.fault(20, "natives broken by the page after us")
def test_natives_broken_after_us_cost_nothing(visitor: Visitor) -> None:
    """Natives that the page breaks once our script has run cost no call of that page."""
    page = visitor.context.new_page()
    page.goto(visitor.put("/", after=BROKEN), wait_until="commit")  # what is broken is broken for our driver too
    visitor.made += ids("broken", 50)
    visitor.arrived(visitor.made)
