"""Heap's host: blocked, failing, answering nonsense, half there."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route

from .visitor import Visitor

LATEST = "https://cdn.us.heap-api.com/**"
# The latest SDK's first script asks for its second one; only that is Heap.
CONFIG = """{
  const script = document.createElement("script");
  script.src = "https://cdn.us.heap-api.com/v5/heap.js";
  document.head.append(script);
}"""
CORE = """{
  window.heap = lab.heap(window.heap);
  for (const { fn } of heapReadyCb.splice(0)) fn();
}"""
NONSENSE: dict[str, dict[str, Any]] = {
    "404": {"status": 404, "body": "not here", "content_type": "text/plain"},
    "HTML": {"body": "<!doctype html><title>Sign in to this network</title>", "content_type": "text/html"},
    "a throw": {"body": "throw new Error('not today')", "content_type": "text/javascript"},
}


@pytest.mark.fault(6, "Heap's script blocked, then allowed on the next page")
def test_calls_made_while_heap_is_blocked_arrive_from_the_next_page(visitor: Visitor) -> None:
    """With Heap's script blocked every promise settles as kept, and the next page delivers."""
    visitor.block_heap()
    page = visitor.open("/")
    visitor.burst(page, "blocked", 50)
    assert visitor.settle(page) == {"kept": 50}
    assert page.evaluate("() => analytics.state.heap") == "failed"
    visitor.answer_heap()
    page = visitor.open("/next", page=page)
    visitor.burst(page, "allowed", 10)
    visitor.arrived(visitor.made)


@pytest.mark.one_engine
@pytest.mark.fault(7, "latest SDK: its first script there, its core blocked")
def test_a_heap_whose_core_is_blocked_is_given_up_at_its_deadline(visitor: Visitor) -> None:
    """The latest SDK without its core has failed after 15 s; the next page, where both come, delivers."""

    def half(route: Route) -> None:
        if "heap_config" in route.request.url:
            route.fulfill(body=CONFIG, content_type="text/javascript")
        else:
            route.abort()

    def whole(route: Route) -> None:
        body = CONFIG if "heap_config" in route.request.url else CORE
        route.fulfill(body=body, content_type="text/javascript")

    visitor.context.route(LATEST, half)
    page = visitor.open("/", data_sdk="latest")
    visitor.burst(page, "half", 50)
    assert visitor.settle(page) == {"kept": 50}
    assert page.evaluate("() => analytics.state.heap") == "failed"
    visitor.context.unroute(LATEST)
    visitor.context.route(LATEST, whole)
    page = visitor.open("/next", page=page, data_sdk="latest")
    visitor.burst(page, "whole", 10)
    visitor.arrived(visitor.made)


@pytest.mark.parametrize(
    "answer", [name if name == "404" else pytest.param(name, marks=pytest.mark.one_engine) for name in NONSENSE]
)
@pytest.mark.fault(8, "404, HTML or a throw from Heap's host")
def test_nonsense_from_heaps_host_is_reported_once_and_calls_are_kept(visitor: Visitor, answer: str) -> None:
    """Nonsense from Heap's host is said once by us, never thrown into the page, and the next page delivers."""
    said: list[str] = []
    visitor.context.on("console", lambda message: said.append(message.text))
    visitor.answer_heap(lambda route: route.fulfill(**NONSENSE[answer]))
    page = visitor.open("/")
    visitor.burst(page, "nonsense", 20)
    assert visitor.settle(page) == {"kept": 20}
    assert page.evaluate("() => analytics.state.heap") == "failed"
    assert len([text for text in said if text.startswith("[heap-web]")]) == 1
