"""The page may be anything: declared globals, patched natives, named elements, policies, Heap's own snippet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route
from starlette.responses import Response

from tests.too_small import too_small

from .test_runtime import Answer, Request
from .visitor import Visitor, ids

CALLS = "<script>window.calls = lab.burst('early', 20)</script>"
DECLARED = """<script>
  var URL = "x", performance = { now: 1 }, Map = { a: 1 }, Blob = 1, AbortController = 2, BroadcastChannel = 3;
  var Worker = {}, SharedWorker = "x", console = { log() {} };
  function addEventListener(element, name, listener) { element.addEventListener(name, listener); }
</script>"""
LEXICAL = """<script>
  let URL = "x", Promise = 5, Date = 6, RegExp = 7, Symbol = 8, JSON = 9;
  class Map {} class SharedWorker {} const performance = 1, Worker = 1;
</script>"""
PATCHED = """<script>
  Date.prototype.toISOString = () => "bad";
  navigator.locks.request = LockManager.prototype.request = () => new Promise(() => {});
  RegExp.prototype.exec = () => null;
  RegExp.prototype.test = () => false;
  String.prototype.slice = () => "?";
  String.prototype.startsWith = () => true;
  String.prototype.replace = () => "?";
  EventTarget.prototype.addEventListener = () => { throw 1; };
  Function.prototype.toString = () => "x";
  for (const name of ["log", "warn", "error"]) console[name] = () => { throw 1; };
</script>"""
NAMED = "".join(
    f"<img name={name}>"
    for name in (
        *("prerendering", "createElement", "getElementsByTagName", "documentElement", "addEventListener"),
        *("readyState", "baseURI", "head", "defaultView"),
    )
)
NAMED += '<img name=currentScript src="/elsewhere/x.png"><form id=heap><input name=track></form><a id=analytics></a>'
PAGES = {"declared": DECLARED, "lexical": LEXICAL, "patched": PATCHED, "named": NAMED}
FROZEN = """<script>
  for (const one of [Object, Array, Function, Promise, Map, Set, Error, Date, RegExp, String, Number]) {
    Object.freeze(one);
    Object.freeze(one.prototype);
  }
</script>"""
ALONE = "<script>delete window.SharedWorker; delete window.Worker;</script>"
LIKE_NODE = "<script>window.process = { versions: { node: '22.0.0' }, release: { name: 'node' }, env: {} };</script>"
SNIPPET = """() => {
  window.heap = window.heap || [];
  heap.load = function (e, t) { window.heap.appid = e; window.heap.config = t = t || {}; };
  for (var n = function (e) {
    return function () { heap.push([e].concat(Array.prototype.slice.call(arguments, 0))); };
  }, p = ["addUserProperties", "identify", "track"], o = 0; o < p.length; o++) heap[p[o]] = n(p[o]);
  heap.load("1535634150");
}"""


@pytest.mark.parametrize("order", ["before", pytest.param("after", marks=pytest.mark.one_engine)])
@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.fault(26, "globals declared, natives replaced, elements named")
def test_what_the_page_has_made_of_its_globals_costs_no_call(visitor: Visitor, kind: str, order: str) -> None:
    """Declared globals, replaced natives and named elements, before or after our script, cost no call."""
    what = PAGES[kind]
    before, after = ((what,), CALLS) if order == "before" else ((), what + CALLS)
    page = visitor.context.new_page()
    page.goto(
        visitor.put("/", *before, after=after), wait_until="commit"
    )  # what is broken is broken for our driver too
    visitor.made += ids("early", 20)
    visitor.arrived(visitor.made)
    assert not [path for _, path, _ in visitor.site.asked if path.startswith("/elsewhere/") and path.endswith(".js")]


@pytest.mark.fault(27, "built-ins frozen, Trusted Types demanded")
def test_frozen_built_ins_and_trusted_types_cost_no_call(visitor: Visitor) -> None:
    """Frozen built-ins and a page that demands Trusted Types, with a SharedWorker or without, cost no call."""
    policy = {"content_security_policy": "require-trusted-types-for 'script'; trusted-types heap-web"}
    for number, before in enumerate(("", "<script>delete window.SharedWorker</script>")):
        page = visitor.context.new_page()
        url = visitor.put(f"/{number}", FROZEN, before, after=CALLS.replace("early", f"v{number}"), headers=policy)
        page.goto(url, wait_until="commit")
        visitor.made += ids(f"v{number}", 20)
        visitor.arrived(visitor.made)
        page.close()


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.one_engine)], ids=["small", "whole"])
@pytest.mark.fault(27, "built-ins frozen, no workers, a page that looks like Node")
def test_python_starts_in_a_frozen_page_without_workers(visitor: Visitor, *, whole: bool) -> None:
    """Python runs in a frozen page without workers that has Node's version, also where it needs all its parts."""
    lacking = too_small() if whole else b""

    async def cold(request: Request, answer: Answer) -> Response:
        return Response(lacking, media_type="application/wasm")

    if whole:
        visitor.site.altered["pyodide.asm.wasm"] = cold
    stub = "<script>(window.kept = window.analytics = []).push(['track', 'Made', { call: 'stub-0' }]);</script>"
    page = visitor.context.new_page()
    page.goto(visitor.put("/", LIKE_NODE, ALONE, FROZEN, stub, after=CALLS), wait_until="commit")
    visitor.made += ["stub-0", *ids("early", 20)]
    visitor.arrived(visitor.made)
    assert page.evaluate("() => analytics.state.mode") == "page"
    page.evaluate("() => { kept.push(['track', 'Made', { call: 'stub-1' }]); }")
    visitor.made.append("stub-1")
    visitor.arrived(visitor.made)
    asked = [path for _, path, _ in visitor.site.asked if path.endswith("pyodide.whole.wasm")]
    assert len(asked) == whole


@pytest.mark.one_engine
@pytest.mark.fault(27, "no mode in which Python can start")
def test_where_no_mode_works_each_says_why(visitor: Visitor) -> None:
    """Where Python can start neither in a worker nor in the page, the console says why of each, in one line."""
    said: list[str] = []
    visitor.context.on("console", lambda message: said.append(message.text))
    page = visitor.open("/", ALONE, "<script>WebAssembly.compile = null; delete window.WebAssembly;</script>")
    visitor.burst(page, "nowhere", 3)
    assert visitor.settle(page) == {"kept": 3}
    (line,) = [text for text in said if text.startswith("[heap-web]")]
    start = "[heap-web] Python did not start (shared: this browser has none; dedicated: this browser has none; page: "
    assert line.startswith(start)
    assert "WebAssembly" in line


@pytest.mark.one_engine
@pytest.mark.fault(28, "Heap's own snippet after us; a track that throws")
def test_a_heap_that_throws_is_told_again_and_its_own_methods_come_back(visitor: Visitor) -> None:
    """Heap's own snippet run after Heap, and a track that throws at first, lose nothing."""
    said: list[str] = []
    visitor.context.on("console", lambda message: said.append(message.text))
    page = visitor.open()
    visitor.ready(page)
    page.evaluate(SNIPPET)
    visitor.burst(page, "snippet", 10)
    visitor.arrived(visitor.made)
    assert visitor.settle(page) == {"delivered": 10}
    page.evaluate(
        """() => {
            const { track } = heap;
            let left = 2;
            heap.track = (...args) => { if (left-- > 0) throw new Error("not now"); track(...args); };
        }"""
    )
    visitor.burst(page, "again", 10)
    visitor.arrived(visitor.made)
    assert visitor.settle(page) == {"delivered": 20}
    page.evaluate("() => { heap.track = () => { throw new Error('never'); }; }")
    visitor.burst(page, "never", 2)
    assert visitor.settle(page) == {"delivered": 20, "kept": 2}
    assert any("heap.track threw: never" in text for text in said)


@pytest.mark.one_engine
@pytest.mark.fault(29, "consent withdrawn while Heap records")
def test_withdrawn_consent_stops_heap_itself(visitor: Visitor) -> None:
    """Withdrawn consent makes the classic Heap's methods inert and removes its cookies; given again, it goes on."""
    page = visitor.open()
    visitor.ready(page)
    left = page.evaluate(
        """() => {
            document.cookie = "_hp2_id.1535634150=x; path=/";
            document.cookie = "_hp2_id.11=x; path=/";
            analytics.consent(false);
            heap.track("Made", { call: "inert-0" });
            return document.cookie;
        }"""
    )
    assert "_hp2_id.1535634150" not in left
    assert "_hp2_id.11=x" in left
    assert page.evaluate("() => analytics.state.heap") == "idle"
    page.evaluate("() => { analytics.consent(true); heap.track('Made', { call: 'again-0' }); }")
    visitor.made.append("again-0")
    visitor.burst(page, "after", 5)
    visitor.arrived(visitor.made)
    assert not visitor.site.received()["inert-0"]


@pytest.mark.one_engine
@pytest.mark.fault(29, "consent withdrawn before Heap has come")
def test_a_heap_that_comes_after_the_refusal_is_stopped(visitor: Visitor) -> None:
    """A Heap whose script was on its way when consent was withdrawn is stopped as it comes: the latest is told so."""
    stopping = """window.heap = lab.heap();
        heap.stopTracking = (...given) => { window.stopped = given; };
        heap.startTracking = () => { window.stopped = 0; };"""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.answer_heap(hold)
    page = visitor.open()
    visitor.until(lambda: bool(held), "Heap's script is asked for")
    visitor.refused |= set(visitor.burst(page, "early", 3))
    page.evaluate("() => { analytics.stop(); }")
    held.pop().fulfill(body=stopping, content_type="text/javascript")
    page.wait_for_function("() => window.stopped && stopped[0] === true && stopped.length === 1")
    page.evaluate("() => { analytics.consent(true); }")
    assert page.evaluate("() => window.stopped") == 0
    visitor.burst(page, "after", 3)
    visitor.arrived(set(visitor.made) - visitor.refused)


@pytest.mark.one_engine
@pytest.mark.fault(30, "calls of the site's own before Heap may load")
def test_heaps_stub_is_there_at_once_and_told_once(visitor: Visitor) -> None:
    """Where consent is required, Heap's stub keeps what it is told until Heap may load, and drops it if refused."""
    own = "<script>heap.addEventProperties({ call: 'stub-0' }); heap.track('Made', { call: 'stub-1' });</script>"
    page = visitor.open("/", data_consent="required", after=own)
    page.evaluate("() => { analytics.consent(false); heap.track('Made', { call: 'refused-0' }); }")
    page.evaluate("() => { analytics.consent(true); heap.track('Made', { call: 'granted-0' }); }")
    visitor.made.append("granted-0")
    visitor.arrived(visitor.made)
    assert set(visitor.site.received()) == {"granted-0"}
    page = visitor.open("/next", page=page, data_consent="required", after=own)
    page.evaluate("() => { analytics.consent(true); }")
    visitor.made += ["stub-0", "stub-1"]
    visitor.arrived(visitor.made)
