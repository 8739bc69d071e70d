"""Segment's front ends before ours: the real analytics.js 2 with our plugin, and the classic stub taken over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from heap_web.dev.build.steps import DIST, STATIC
from heap_web.dev.build.toolchain import esbuild
from tests.conformance.cases.codec import decode
from tests.conformance.test_classic import CLASSIC, comparable

from .conftest import Watch, record
from .serving import Site
from .test_conformance import HOLD, SPECIAL, judge, segments

# Whatever engine it runs in, Segment calls our plugin alike; tests/entrances has the plugin in both.
pytestmark = pytest.mark.one_engine
SEGMENT = STATIC / "node_modules" / "@segment" / "analytics-next" / "dist" / "pkg" / "index.js"
PAGE = """<!doctype html><title>Segment</title><script type="module">
  import { AnalyticsBrowser } from "/segment.js";
  import { heapWeb } from "/dist/heap-web.mjs";
  window.segment = AnalyticsBrowser.load({ writeKey: "none", cdnSettings: { integrations: {} } });
  segment.register(heapWeb(%s)).then(() => { window.ours = window[Symbol.for("heap-web")]; });
</script>"""
# Segment's promise resolves once its destinations have the event; ours flushes once Heap has it.
CALL = """
async (calls) => {
  const threw = [], done = [];
  calls.forEach(([method, ...args], index) => {
    const values = args.map((arg) => GoldenCodec.decode(arg, { callback: () => () => {} }));
    try { done.push(segment[method](...values)); } catch (error) { threw.push([index, String(error)]); }
  });
  await Promise.all(done);
  await ours.flush();
  return { told: recorder.told, threw };
}
"""
# Where Segment's newer front end itself differs from the one that was recorded, before any destination.
DIFFERS = {
    "identify-23": "an id that is a number becomes text",
    "sequence-17": "an id that is a number becomes text",
    "sequence-18": "an id that is a number becomes text",
    "sequence-19": "traits without an id are merged into those of the current user",
    "sequence-20": "traits without an id are merged into those of the current user",
}


def is_portable(case: dict[str, Any]) -> bool:
    """Whether a case is made of values and calls that both of Segment's front ends read alike."""
    return (
        case["class"] == "parity"
        and case["group"] in ("own", "identify", "track", "sequence", "odd-track", "odd-identify")
        and case["id"] not in DIFFERS
        and not case.get("tags")
        and not any(key in case for key in (*SPECIAL, "init", "blockScript", "noCookies"))
        and all(method in ("identify", "track", "reset") for method, *_ in case["calls"])
    )


CASES = [case for case in CLASSIC if is_portable(case)]


@pytest.fixture(scope="session")
def segment_script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The real @segment/analytics-next as one ES module."""
    out: Path = tmp_path_factory.mktemp("segment") / "segment.js"
    define = "--define:process.env.NODE_ENV='production'"
    esbuild("bundling Segment's analytics.js 2", [str(SEGMENT), "--bundle", "--format=esm", define, f"--outfile={out}"])
    return out.read_text("utf-8")


def refuse_network(context: BrowserContext) -> None:
    """Answers Segment's own servers in their stead."""
    context.route("https://*.segment.*/**", lambda route: route.fulfill(json={"success": True}))


def put_page(site: Site, script: str, **settings: Any) -> str:
    """Puts a page with Segment and our plugin on the site; returns its URL."""
    site.script("/segment.js", script)
    return site.page("/segment", PAGE % json.dumps({"appId": "11", **settings}))


def opened(page: Page, url: str) -> Page:
    """The page, once our plugin is registered with Segment."""
    page.goto(url)
    page.wait_for_function("() => window.ours")
    return page


@pytest.fixture(scope="module")
def shared(browser: Browser, running_site: Site) -> Iterator[tuple[Page, Watch]]:
    """One page for all cases of a browser, beside one that keeps the SharedWorker: Python boots once."""
    context = browser.new_context(timezone_id="UTC")
    watch = Watch(context)
    refuse_network(context)
    keeper = context.new_page()
    keeper.goto(running_site.page("/keeper", "<!doctype html><title>keeper</title>"))
    keeper.evaluate(HOLD, f"/dist/{json.loads((DIST / 'manifest.json').read_text('utf-8'))['runtime']}")
    record(context)
    yield context.new_page(), watch
    context.close()


@pytest.fixture
def segment(context: BrowserContext, page: Page, site: Site, segment_script: str) -> Page:
    """A page with Segment, our plugin and a Heap that remembers what it is told."""
    refuse_network(context)
    record(context)
    return opened(page, put_page(site, segment_script, resetIdentity=True))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_a_recorded_case_made_of_segments_newer_front_end_tells_heap_the_same(
    case: dict[str, Any], shared: tuple[Page, Watch], site: Site, segment_script: str
) -> None:
    """A recorded case made of Segment's newer front end tells Heap the same through our plugin."""
    page, watch = shared
    url = put_page(site, segment_script)
    page.context.clear_cookies()
    if page.url.startswith(site.url):
        page.evaluate("() => localStorage.clear()")
    told: list[Any] = []
    threw: list[Any] = []
    for calls in segments(case):
        outcome = opened(page, url).evaluate(CALL, calls)
        told += outcome["told"]
        threw += outcome["threw"]
    judge({**case, "expect": {**case["expect"], "callbacks": []}}, (told, threw, []))
    watch.check()


def test_our_visitor_is_segments_and_what_segment_stored_stays(segment: Page) -> None:
    """Our user agrees with Segment's after calls in one tick, and what Segment has stored of them stays as it is."""
    segment.evaluate(CALL, [["identify", "u1", {"a": 1}], ["identify", "u2", {"b": {"c": 2}}], ["track", "E"]])
    ours = segment.evaluate("() => [ours.user().id(), ours.user().traits(), ours.user().anonymousId()]")
    theirs = segment.evaluate(
        "async () => { const user = (await segment).instance?.user() ?? segment.instance.user();"
        " return [user.id(), user.traits(), user.anonymousId()]; }"
    )
    stored = segment.evaluate("() => ['ajs_user_id', 'ajs_user_traits'].map((key) => JSON.parse(localStorage[key]))")
    assert ours == theirs
    assert ours[:2] == stored == ["u2", {"b": {"c": 2}}]


def test_a_reset_comes_between_the_events_before_and_after_it(segment: Page) -> None:
    """A reset tells Heap of another visitor after what was called before it and before what was called after it."""
    calls = [["identify", "u1", {"a": 1}], ["track", "Out"], ["reset"], ["identify", {"b": 2}], ["track", "In"]]
    outcome = segment.evaluate(CALL, calls)
    assert comparable(decode(outcome["told"])) == comparable(
        [
            ["identify", "u1"],
            ["addUserProperties", {"a": 1, "id": "u1"}],
            ["track", "Out", {}],
            ["resetIdentity"],
            ["addUserProperties", {"b": 2}],
            ["track", "In", {}],
        ]
    )


def test_a_reset_that_nothing_follows_is_told_too(segment: Page) -> None:
    """A reset that no call follows reaches Heap all the same."""
    segment.evaluate(CALL, [["identify", "u1"], ["reset"]])
    segment.wait_for_function("() => recorder.told.length === 3")
    assert segment.evaluate("() => recorder.told.at(-1)") == ["resetIdentity"]
    assert segment.evaluate("() => ours.user().id()") is None


def test_segments_ready_waits_for_heap_and_page_and_group_tell_it_nothing(segment: Page) -> None:
    """Segment's ready comes when Heap is live, and its page, group and alias calls tell Heap nothing."""
    heap = segment.evaluate("() => new Promise((resolve) => segment.ready(() => resolve(ours.state.heap)))")
    assert heap == "live"
    outcome = segment.evaluate(
        CALL, [["page", "Home"], ["group", "g1", {"a": 1}], ["alias", "u1"], ["track", "E", {"a": 1}]]
    )
    assert outcome == {"told": [["track", "E", {"a": 1}]], "threw": []}


STUB = """<!doctype html><title>stub</title><script>
  window.analytics = [];
  for (const method of ["identify", "track", "reset"]) {
    analytics[method] = (...args) => { analytics.push([method, ...args]); return analytics; };
  }
  window.early = analytics;
  analytics.load = () => {};
  analytics.track("First", { n: 1 });
  analytics.identify("u1", { a: 1 });
  analytics.push(["track", "Second", { n: 2 }, { __t: "bpc" }]);
  analytics.reset();
  analytics.identify({ b: 2 });
  analytics.track("Third", { n: 3 });
</script><script src="/dist/heap-web.js" data-app-id="11"></script><script>
  early.push(["track", "Fourth", {}]);
  early.track("Fifth");
  analytics.track("Sixth");
</script>"""


def test_what_the_classic_stub_collected_reaches_heap_in_time_order(
    context: BrowserContext, page: Page, site: Site
) -> None:
    """What the classic stub collected, and what is said to it later, reaches Heap in the order of the calls."""
    record(context)
    page.goto(site.page("/stub", STUB))
    page.evaluate("() => analytics.flush()")
    assert page.evaluate("() => recorder.told") == [
        ["track", "First", {"n": 1}],
        ["identify", "u1"],
        ["addUserProperties", {"a": 1, "id": "u1"}],
        ["track", "Second", {"n": 2}],
        ["addUserProperties", {"b": 2}],
        ["track", "Third", {"n": 3}],
        ["track", "Fourth", {}],
        ["track", "Fifth", {}],
        ["track", "Sixth", {}],
    ]
