"""Calls that come before Python or Heap, and pages that end before either is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from starlette.requests import Request
from starlette.responses import Response

from .visitor import Visitor


async def late(request: Request, answer: Callable[[], Response]) -> Response:
    """A file that takes five seconds more."""
    await asyncio.sleep(5)
    return answer()


@pytest.mark.fault(1, "calls before anything is loaded")
def test_calls_before_anything_is_loaded_arrive(visitor: Visitor) -> None:
    """Calls made in the tick of our script, before Python and Heap have been asked for, arrive in order."""
    url = visitor.put("/", after="<script>window.calls = lab.burst('early', 100)</script>")
    page = visitor.context.new_page()
    page.goto(url, wait_until="commit")
    visitor.made += page.wait_for_function("() => window.calls").json_value()
    assert visitor.settle(page) == {"delivered": 100}


@pytest.mark.one_engine
@pytest.mark.fault(1, "calls on Segment's stub, before our script")
def test_calls_on_a_stub_before_our_script_arrive(visitor: Visitor) -> None:
    """Calls that an inline stub collected before our script ran are replayed in order."""
    stub = """<script>
        const analytics = window.analytics = [];
        analytics.track = (...args) => analytics.push(["track", ...args]);
        for (let i = 0; i < 50; i++) analytics.track("Made", { call: `stub-${i}` });
    </script>"""
    visitor.open("/", stub)
    visitor.made += [f"stub-{i}" for i in range(50)]
    visitor.arrived(visitor.made)


@pytest.mark.fault(2, "page closed while the runtime downloads")
def test_a_page_closed_while_the_runtime_downloads_leaves_its_calls_to_the_next(visitor: Visitor) -> None:
    """A page closed while pyodide.asm.wasm is still on its way (5 s late) leaves its calls to the next visit."""
    visitor.site.altered["pyodide.asm.wasm"] = late
    page = visitor.open("/")
    visitor.burst(page, "closed", 50)
    visitor.until(lambda: any(path.endswith(".wasm") for _, path, _ in visitor.site.asked), "the runtime is asked for")
    page.close()
    assert not visitor.site.received()
    visitor.site.altered.clear()
