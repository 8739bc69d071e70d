"""What people at a prompt expect: awaiting, decorators, representations, and no JavaScript handle left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.serving import Site

from .conftest import Host, open_host

LOAD = """
import heap_web

analytics = heap_web.load("1535634150")
await analytics.ready()
"""
TRACKED = """
import asyncio

@analytics.tracked("Ran model", {"model": "trees"})
async def run_model():
    await asyncio.sleep(0.02)
    raise KeyError("secret")

try:
    await run_model()
except KeyError:
    pass

with analytics.tracked("Loaded file") as properties:
    properties["rows"] = 3
(await analytics.track("over")).status
"""
LEFT_BEHIND = """
import gc, weakref

class Thing(dict):
    pass

def make(number):
    thing = Thing(a={"b": number})
    seen = weakref.ref(thing)
    return seen, analytics.track("E", thing), analytics.identify("u", Thing(plan="pro"), None, lambda: thing)

made = [make(number) for number in range(20)]
for _, *results in made:
    for result in results:
        await result
await asyncio.sleep(0.5)
seen = [reference for reference, *_ in made]
del made, results, result
gc.collect()
str(sum(reference() is not None for reference in seen))
"""
REPRESENTATIONS = """
import json

result = await analytics.track("Signed Up")
json.dumps([repr(analytics), analytics._repr_html_(), repr(result), repr(analytics.tracked("Ran"))])
"""


@pytest.fixture(params=["main pyodide-314", "worker pyodide-314"])
def host(request: pytest.FixtureRequest, browser: Browser, host_site: Site) -> Iterator[Host]:
    """Python in the page, and in a worker."""
    yield from open_host(browser, host_site, request.param)


@pytest.mark.one_engine
def test_at_a_prompt(host: Host) -> None:
    """Blocks are timed and tell how they ended, what is shown is readable, and nothing is kept that was passed."""
    host.run(LOAD)
    assert host.run(TRACKED) == "delivered"
    ran, loaded, _ = (command for command in host.told() if command[0] == "track")
    assert ran[2]["duration_ms"] >= 15
    assert {**ran[2], "duration_ms": 0} == {
        "model": "trees",
        "duration_ms": 0,
        "succeeded": False,
        "error": "KeyError",
    }
    assert {**loaded[2], "duration_ms": 0} == {"duration_ms": 0, "succeeded": True, "rows": 3}

    shown, html, result, block = json.loads(host.run(REPRESENTATIONS))
    assert shown.startswith("<analytics: App ID 1535634150, ")
    assert "<th>App ID</th><td>1535634150</td>" in html
    assert result.endswith("delivered (track)>")
    assert block == "<tracked 'Ran'>"

    assert host.run(LEFT_BEHIND) == "0"
