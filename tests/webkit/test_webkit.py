"""heap_web in WebKit: boot, delivery, leaving a page and the documentation's examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.expected_conditions import url_to_be
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.counting import HEAP, delivered_once, events
from tests.browser.serving import Site

from .conftest import RECORDED, html

pytestmark = pytest.mark.host(
    "WebKitGTK (Safari's engine)", "boot, delivery, leaving pages, the examples, the recorded cases"
)
OURS = "<script src='/dist/heap-web.js' data-app-id='11'></script>"
DELIVERED = """
async () => {
  await analytics.ready();
  while (analytics.state.journal.calls + analytics.state.waiting) await new Promise((done) => setTimeout(done, 20));
  return analytics.state;
}
"""

Run = Callable[..., Any]


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
