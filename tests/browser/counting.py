"""A Heap that tells the site what it receives, so that it is counted outside the browser; pages that load heap_web."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page
from starlette.requests import Request
from starlette.responses import Response

from .serving import Answer, Site

HEAP_HOSTS = "https://cdn.heapanalytics.com/**"

#: What the site answers to what HEAP posts.
RECEIPT = Answer("", "text/plain", 204)

_HEAP = """
(() => {
  let count = 0;
  const tell = (...call) => {
    const stamp = performance.timeOrigin + performance.now();
    TELL
  };
  const heap = { loaded: true };
  const methods = ["track", "identify", "addUserProperties", "resetIdentity"];
  for (const method of methods) heap[method] = (...args) => tell(method, ...args);
  window.heap = heap;
})();
"""
#: A Heap that is live at once. A beacon survives its page; the stamps tell the order of the calls.
HEAP = _HEAP.replace("TELL", 'navigator.sendBeacon("/received", JSON.stringify([stamp, count++, call]));')
#: One that notes in the storage what it receives: there, what was noted before a crash is as sure as the journal.
NOTING_HEAP = _HEAP.replace("TELL", "localStorage[`noted:${stamp}:${count}`] = JSON.stringify([stamp, count++, call]);")


@dataclass
class FaultySite(Site):
    """A site that misbehaves, also towards workers, whose requests a browser's own interception does not see.

    `held`: ends of paths whose answers wait as long as they stand there. `spoiled`: ends of paths and what they answer.
    """

    held: set[str] = field(default_factory=set)
    spoiled: dict[str, Answer] = field(default_factory=dict)

    async def answer(self, request: Request) -> Response:
        """Answers one request, late or wrongly if told so."""
        path = request.url.path
        while any(path.endswith(end) for end in self.held):
            await asyncio.sleep(0.02)
        for end, spoiled in self.spoiled.items():
            if path.endswith(end):
                return Response(spoiled.body, spoiled.status, spoiled.headers, spoiled.kind)
        return await super().answer(request)


def serve_heap(context: BrowserContext, body: str = HEAP, **answer: Any) -> None:
    """From now on Heap's host answers every page of the context with this script."""
    context.unroute(HEAP_HOSTS)
    context.route(
        HEAP_HOSTS, lambda route: route.fulfill(**{"content_type": "text/javascript", "body": body, **answer})
    )


def block_heap(context: BrowserContext) -> None:
    """From now on Heap's script is blocked, as by an ad blocker."""
    context.unroute(HEAP_HOSTS)
    context.route(HEAP_HOSTS, lambda route: route.abort("blockedbyclient"))


def received(site: Site) -> list[list[Any]]:
    """What Heap received, in order of the calls: [method, ...arguments]."""
    beacons = [json.loads(body) for method, path, body in list(site.asked) if path == "/received" and method == "POST"]
    return [call for _, _, call in sorted(beacons)]


def events(site: Site) -> list[str]:
    """The names of the events that Heap received, in order."""
    return [call[1] for call in received(site) if call[0] == "track"]


def html(attributes: str = 'data-app-id="11"', body: str = "", heap: str = HEAP) -> str:
    """A page with our script tag and something after it; a Heap may be there already."""
    return (
        f"<!doctype html><title>page</title><script>{heap}</script>"
        f"<script src='/dist/heap-web.js' {attributes}></script>{body}"
    )


def track(*names: str) -> str:
    """A script that makes these calls."""
    return "<script>" + "".join(f'analytics.track("{name}");' for name in names) + "</script>"


def journal(page: Page) -> list[str]:
    """The keys of the journalled calls that the page's storage holds."""
    keys: list[str] = page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('heap-web:'))")
    return keys


#: Whether all calls have been delivered, this page's and those it found.
EMPTY = "() => analytics.state.runtime === 'ready' && analytics.state.journal.calls + analytics.state.waiting === 0"


def delivered_once(got: list[str], names: list[str]) -> None:
    """Asserts that each event was received once, and in order."""
    lost = [name for name in names if name not in got]
    twice = sorted({name for name in got if got.count(name) > names.count(name)})
    assert not lost, f"lost {len(lost)}: {lost[:9]}"
    assert not twice, f"twice {len(twice)}: {twice[:9]}"
    assert got == names


def expect_events(page: Page, site: Site, names: list[str]) -> None:
    """Waits until everything is delivered, then compares what Heap received, in order."""
    page.wait_for_function(EMPTY)
    for _ in range(200):
        if len(events(site)) >= len(names):
            break
        page.wait_for_timeout(20)  # a beacon is on its way
    delivered_once(events(site), names)


def noted(page: Page) -> list[str]:
    """The names of the events that NOTING_HEAP received, in order."""
    entries = page.evaluate(
        "() => Object.keys(localStorage).filter((k) => k.startsWith('noted:')).map((k) => localStorage[k])"
    )
    return [call[1] for _, _, call in sorted(json.loads(entry) for entry in entries) if call[0] == "track"]
