"""The recorded cases in WebKit: each in a frame of one page, which keeps the SharedWorker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

from heap_web.dev.build.steps import DIST
from tests.browser.serving import Site
from tests.browser.test_conformance import CASES, HOLD, IN_FRAME, PERFORM, SPECIAL, judge, load, segments

from .conftest import RECORDED, html

HEAR_READY = 'held.port.onmessage = ({ data }) => { window.isReady ||= data.type === "ready"; };'
ORDINARY = [case for case in CASES if not any(key in case for key in SPECIAL)]


@pytest.fixture(scope="module")
def keeper(webkit: webdriver.WebKitGTK, running_site: Site) -> str:
    """A page that keeps the SharedWorker, and holds one frame a case."""
    manifest = json.loads((DIST / "manifest.json").read_text("utf-8"))
    hold = f"<script>({HOLD})('/dist/{manifest['runtime']}'); {HEAR_READY}</script>"
    webkit.get(running_site.page("/keeper", f"<!doctype html><title>keeper</title><body>{hold}"))
    WebDriverWait(webkit, 30).until(
        lambda driver: driver.execute_script("return window.isReady"), "the SharedWorker did not start"
    )
    return webkit.current_url


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ORDINARY])
def test_a_recorded_case_tells_heap_exactly_what_parity_or_the_rules_demand(
    case: dict[str, Any], keeper: str, run: Callable[..., Any], site: Site
) -> None:
    """A recorded case tells a live Heap exactly what parity or the rules demand."""
    script = f"<script src='/dist/heap-web.js'></script><script>analytics.load({json.dumps(load(case))})</script>"
    url = site.page(case.get("url", "/"), html(RECORDED + script + PERFORM))
    outcome = run(IN_FRAME, url, segments(case), None)
    judge(case, (outcome["told"], outcome["threw"], outcome["called"]))
