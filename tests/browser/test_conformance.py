"""The recorded cases through the built bundle: called on `window.analytics`, compared with what a live Heap is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from heap_web.dev.build.steps import DIST
from tests.conformance.cases.codec import decode
from tests.conformance.test_classic import CLASSIC, comparable, expected

from .conftest import CODEC, RECORDER, Watch, record
from .serving import Site

pytestmark = pytest.mark.host(
    "Chromium, Firefox", "everything that is tested in a page; in Firefox what proves nothing of an engine once a week"
)
CASES = [case for case in CLASSIC if case["class"] != "core"]
# These need a context, a page or a moment of their own; all others are frames of one page.
SPECIAL = ("timezone", "clock", "beforeReady", "noStorage")
NO_STORAGE = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });"
)
# A page that performs the calls it is given, in its own realm.
PERFORM = """<script>
  async function afresh() {
    await analytics.reset();
    localStorage.clear();
    recorder.told.length = 0;
  }
  async function perform(calls) {
    const called = [], threw = [], results = [];
    const callback = (number) => Object.assign(() => void called.push(number), { __cb: number });
    JSON.parse(calls).forEach(([method, ...args], index) => {
      const values = args.map((arg) => GoldenCodec.decode(arg, { callback }));
      try { results.push(analytics[method](...values)); } catch (error) { threw.push([index, String(error)]); }
    });
    await Promise.all(results);
    return JSON.stringify({ told: recorder.told, threw, called });
  }
</script>"""
# A case in a frame: a page like any other, loaded anew where the case says so. The page around keeps Python.
# The frame is the case's own, or that of the last case with the same `page`, where that is given.
IN_FRAME = """
async (url, segments, page) => {
  const last = document.querySelector("iframe");
  const again = page && window.lastPage === page;
  window.lastPage = null;
  const frame = again ? last : document.createElement("iframe");
  if (again) await frame.contentWindow.afresh();
  else {
    last?.remove();
    localStorage.clear();
  }
  const all = { told: [], threw: [], called: [] };
  for (const [i, calls] of segments.entries()) {
    if (i || !again) {
      const loaded = new Promise((done) => { frame.onload = done; });
      if (i) frame.contentWindow.location.reload();
      else {
        frame.src = url;
        document.body.append(frame);
      }
      await loaded;
    }
    const outcome = JSON.parse(await frame.contentWindow.perform(JSON.stringify(calls)));
    for (const name in all) all[name].push(...outcome[name]);
  }
  window.lastPage = page;
  return all;
}
"""
# The name and options are those that the loader gives.
HOLD = """
(runtime) => {
  const name = `heap-web ${runtime.split("/")[3]}`;
  window.held = new SharedWorker(`${runtime}worker.js`, { type: "module", name, extendedLifetime: true });
  held.port.start();
}
"""
CALL = """
async (calls) => {
  const called = [], threw = [], results = [];
  const callback = (number) => Object.assign(() => void called.push(number), { __cb: number });
  calls.forEach(([method, ...args], index) => {
    const values = args.map((arg) => GoldenCodec.decode(arg, { callback }));
    try { results.push(analytics[method](...values)); } catch (error) { threw.push([index, String(error)]); }
  });
  window.done = Promise.all(results).then(() => ({ called, threw }));
}
"""


def load(case: dict[str, Any]) -> dict[str, Any]:
    """What `analytics.load` is given for a case."""
    init = [decode(value) for value in case.get("init", [{"Heap": {"appId": "1535634150"}}])]
    options = init[1] if len(init) > 1 else {}
    return {
        "appId": init[0]["Heap"]["appId"],
        **({"integrations": options["integrations"]} if "integrations" in options else {}),
    }


def put_page(site: Site, case: dict[str, Any], more: str = "") -> str:
    """Puts the page for a case on the site; returns its URL."""
    script = (
        f'<script src="{site.built("heap-web.js")}"></script><script>analytics.load({json.dumps(load(case))})</script>'
    )
    return site.page(case.get("url", "/"), f"<!doctype html><title>case</title>{script}{more}")


def page_of(case: dict[str, Any]) -> str:
    """What the page of a case has in common with those of others.

    In Firefox such cases follow each other in one page, for to load one takes longer than the case. What the engine
    makes of a case's values is the same there. In Chromium and WebKit each case has a page of its own.
    """
    return json.dumps([case.get("url", "/"), load(case)])


def segments(case: dict[str, Any]) -> list[list[Any]]:
    """The case's calls, cut where the page is reloaded."""
    cut: list[list[Any]] = [[]]
    for call in case["calls"]:
        if call[0] == "$reload":
            cut.append([])
        else:
            cut[-1].append(call)
    return cut


def perform(page: Page, url: str, case: dict[str, Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Makes a case's calls; returns what Heap was told, what was thrown at the caller, and the callbacks called."""
    told: list[Any] = []
    threw: list[Any] = []
    called: list[Any] = []
    for index, calls in enumerate(segments(case)):
        if index:
            page.reload()
        else:
            page.goto(url)
        page.evaluate(CALL, calls)
        outcome = page.evaluate("() => done")
        told += page.evaluate("() => recorder.told")
        threw += outcome["threw"]
        called += outcome["called"]
    return told, threw, called


def judge(case: dict[str, Any], outcome: tuple[list[Any], list[Any], list[Any]]) -> None:
    """Compares an outcome with what parity or the rules demand."""
    told, threw, called = outcome
    assert threw == []
    assert comparable(decode(told)) in [comparable(decode(answer)) for answer in expected(case)]
    if "callbacks" in case["expect"] and case["class"] == "parity":
        assert called == case["expect"]["callbacks"]


@pytest.fixture(scope="module")
def shared(browser: Browser, running_site: Site) -> Iterator[tuple[Page, Watch]]:
    """One page for all ordinary cases of a browser: it keeps the SharedWorker, so Python boots once."""
    context = browser.new_context(timezone_id="UTC")
    watch = Watch(context)
    record(context)
    keeper = context.new_page()
    keeper.goto(running_site.page("/keeper", "<!doctype html><title>keeper</title><body>"))
    keeper.evaluate(HOLD, f"/dist/{json.loads((DIST / 'manifest.json').read_text('utf-8'))['runtime']}")
    yield keeper, watch
    context.close()


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case["id"]) for case in CASES if not any(key in case for key in SPECIAL)]
)
def test_a_recorded_case_tells_heap_exactly_what_parity_or_the_rules_demand(
    case: dict[str, Any], shared: tuple[Page, Watch], site: Site, browser_name: str
) -> None:
    """A recorded case tells a live Heap exactly what parity or the rules demand."""
    page, watch = shared
    url = put_page(site, case, PERFORM)
    given = [url, segments(case), page_of(case) if browser_name == "firefox" else None]
    outcome = page.evaluate(f"(given) => ({IN_FRAME})(...given)", given)
    judge(case, (outcome["told"], outcome["threw"], outcome["called"]))
    watch.check()


def special(*keys: str) -> list[Any]:
    """The cases that have one of these fields."""
    return [pytest.param(case, id=case["id"]) for case in CASES if any(key in case for key in keys)]


@pytest.mark.parametrize("case", special("timezone", "clock"))
def test_a_case_in_another_zone_reads_local_times_as_they_were_there_on_that_date(
    case: dict[str, Any], browser: Browser, site: Site
) -> None:
    """A case in another time zone reads local times as they were there on that date."""
    context = browser.new_context(timezone_id=case.get("timezone", "UTC"))
    watch = Watch(context)
    record(context)
    page = context.new_page()
    if "clock" in case:
        page.clock.set_fixed_time(case["clock"])
    judge(case, perform(page, put_page(site, case), case))
    watch.check()
    context.close()


@pytest.mark.one_engine
@pytest.mark.parametrize("case", special("noStorage"))
def test_a_case_without_storage_loses_nothing_within_the_page(
    case: dict[str, Any], context: BrowserContext, page: Page, site: Site
) -> None:
    """A case in a browser that denies storage loses nothing within the page."""
    record(context)
    context.add_init_script(NO_STORAGE)
    judge(case, perform(page, put_page(site, case), case))


@pytest.mark.one_engine
@pytest.mark.parametrize("case", special("beforeReady"))
def test_a_case_whose_calls_come_before_heap_has_loaded_tells_heap_the_same(
    case: dict[str, Any], context: BrowserContext, page: Page, site: Site
) -> None:
    """A case whose calls are made before Heap has loaded tells Heap the same."""
    context.add_init_script(path=CODEC)
    held: list[Route] = []
    context.route("https://cdn.heapanalytics.com/**", lambda route: held.append(route))  # noqa: PLW0108 (playwright wants a function)
    with page.expect_request("https://cdn.heapanalytics.com/**"):
        page.goto(put_page(site, case), wait_until="commit")
    page.wait_for_function("() => window.analytics")
    page.evaluate(CALL, case["calls"])
    held[0].fulfill(body=RECORDER.read_text("utf-8"), content_type="text/javascript")
    outcome = page.evaluate("() => done")
    judge(case, (page.evaluate("() => recorder.told"), outcome["threw"], outcome["called"]))
