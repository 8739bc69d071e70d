"""heap_web in WebKit: boot, delivery, leaving a page, the documentation's examples and the recorded cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.support.expected_conditions import url_to_be
from selenium.webdriver.support.wait import WebDriverWait

from heap_web.dev.build.steps import DIST
from tests.browser.counting import HEAP, delivered_once, events
from tests.browser.serving import Site
from tests.browser.test_conformance import CASES, HOLD, IN_FRAME, PERFORM, SPECIAL, judge, load, segments

from .conftest import ERRORS

pytestmark = pytest.mark.host(
    "WebKitGTK (Safari's engine)", "boot, delivery, leaving pages, the examples, the recorded cases"
)
RECORDED = "<script src='/codec.js'></script><script src='/recorder.js'></script>"
OURS = "<script src='/dist/heap-web.js' data-app-id='11'></script>"
DELIVERED = """
async () => {
  await analytics.ready();
  while (analytics.state.journal.calls + analytics.state.waiting) await new Promise((done) => setTimeout(done, 20));
  return analytics.state;
}
"""
HEAR_READY = 'held.port.onmessage = ({ data }) => { window.isReady ||= data.type === "ready"; };'
ORDINARY = [case for case in CASES if not any(key in case for key in SPECIAL)]

Run = Callable[..., Any]


def html(body: str) -> str:
    """A page that reports its errors."""
    return f"<!doctype html><meta charset=utf-8><title>WebKit</title>{ERRORS}{body}"


def test_python_boots_in_a_worker(webkit: webdriver.WebKitGTK, run: Run, site: Site) -> None:
    """Python boots in a worker that the site's pages share, and the page is told how long it took."""
    webkit.get(site.page("/boot", html(RECORDED + OURS)))
    state = run("() => analytics.ready()")
    assert (state["runtime"], state["heap"], state["mode"]) == ("ready", "live", "shared")
    assert state["bootMs"] > 0


def test_without_a_shared_worker_python_boots_in_a_worker_of_the_page(
    webkit: webdriver.WebKitGTK, run: Run, site: Site
) -> None:
    """Where there is no SharedWorker, Python boots in a worker of the page's own."""
    webkit.get(site.page("/boot", html(f"<script>delete window.SharedWorker;</script>{RECORDED}{OURS}")))
    assert run("() => analytics.ready()")["mode"] == "dedicated"
    assert run("() => analytics.track('E', { a: [1] }).then(({ commands }) => commands)") == [
        ["track", "E", {"a": "[1]"}]
    ]
    assert not [path for _, path, _ in site.asked if path.endswith("pyodide.whole.wasm")]


def test_the_documentations_examples_reach_heap_flat(webkit: webdriver.WebKitGTK, run: Run, site: Site) -> None:
    """The documentation's examples reach Heap flat, dates as ISO text and the e-mail address by Heap's name for it."""
    calls = """<script>
      analytics.identify("user123", { email: "a@b.example", signed_up: new Date(Date.UTC(2026, 0, 2)) });
      analytics.track("Signed Up", { foo: { bar: { cheese: "american", prop: [1, 2, 3] } } });
    </script>"""
    webkit.get(site.page("/examples", html(RECORDED + OURS + calls)))
    run(DELIVERED)
    assert run("() => recorder.told") == [
        ["identify", "user123"],
        ["addUserProperties", {"id": "user123", "signed_up": "2026-01-02T00:00:00.000Z", "_email": "a@b.example"}],
        ["track", "Signed Up", {"foo.bar.cheese": "american", "foo.bar.prop": "[1,2,3]"}],
    ]


def test_calls_made_right_before_leaving_arrive_once_and_in_order(
    webkit: webdriver.WebKitGTK, run: Run, site: Site
) -> None:
    """Calls made right before the page is left, page after page, are delivered once and in order."""
    names = [f"{page}-{number}" for page in range(4) for number in range(5)]
    heap = f"<script>{HEAP}</script>"
    for page in range(4):
        made = "".join(f'analytics.track("{page}-{number}");' for number in range(5))
        leave = f'location.href = "/leave-{page + 1}";'
        site.page(f"/leave-{page}", html(f"{heap}{OURS}<script>{made}{leave}</script>"))
    last = site.page("/leave-4", html(heap + OURS))
    webkit.get(f"{site.url}/leave-0")
    WebDriverWait(webkit, 30).until(url_to_be(last))
    run(DELIVERED)
    run("async () => { await fetch('/received'); }")
    delivered_once(events(site), names)


@pytest.fixture(scope="module")
def keeper(webkit: webdriver.WebKitGTK, running_site: Site) -> Iterator[str]:
    """A page that keeps the SharedWorker, and holds one frame a case."""
    manifest = json.loads((DIST / "manifest.json").read_text("utf-8"))
    hold = f"<script>({HOLD})('/dist/{manifest['runtime']}'); {HEAR_READY}</script>"
    page = running_site.page("/keeper", f"<!doctype html><title>keeper</title><body>{hold}")
    # WebKit's SharedWorker has been seen to begin and never to fetch: each case then waits for the page's own deadline.
    for tries_left in (2, 1, 0):
        webkit.get(page)
        try:
            WebDriverWait(webkit, 20).until(lambda driver: driver.execute_script("return window.isReady"))
            break
        except TimeoutException:
            if not tries_left:
                raise
    return webkit.current_url


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ORDINARY])
def test_a_recorded_case_tells_heap_exactly_what_parity_or_the_rules_demand(
    case: dict[str, Any], keeper: str, run: Run, site: Site
) -> None:
    """A recorded case tells a live Heap exactly what parity or the rules demand."""
    script = f"<script src='/dist/heap-web.js'></script><script>analytics.load({json.dumps(load(case))})</script>"
    url = site.page(case.get("url", "/"), html(RECORDED + script + PERFORM))
    outcome = run(IN_FRAME, url, segments(case), None)
    judge(case, (outcome["told"], outcome["threw"], outcome["called"]))
