"""The recorded cases through Python values, in every host of Python that the browser has."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.serving import Site

from .conftest import BRIDGED, CASES, RUN, Host, case_calls, open_host, wrong

RECORDED = "the recorded cases through Python values"
pytestmark = [
    pytest.mark.host("Pyodide 314 and 0.27, page and worker", RECORDED),
    pytest.mark.host("PyScript, page and worker (the worker with COOP and COEP)", RECORDED),
]
# One host for the page and one for a worker run in both engines. What the others do otherwise, they do in Python.
PYSCRIPT, PYSCRIPT_WORKER = (
    pytest.param(name, marks=pytest.mark.one_engine) for name in ("pyscript", "pyscript-worker")
)


@pytest.fixture(params=["main pyodide-314", pytest.param("main pyodide-0.27", marks=pytest.mark.one_engine), PYSCRIPT])
def page_host(request: pytest.FixtureRequest, browser: Browser, host_site: Site) -> Iterator[Host]:
    """A host whose Python is in the page."""
    yield from open_host(browser, host_site, request.param)


@pytest.fixture(
    params=["worker pyodide-314", pytest.param("worker pyodide-0.27", marks=pytest.mark.one_engine), PYSCRIPT_WORKER]
)
def worker_host(request: pytest.FixtureRequest, browser: Browser, host_site: Site) -> Iterator[Host]:
    """A host whose Python is in a worker without a window, heap-web.js being in the page."""
    yield from open_host(browser, host_site, request.param)


def test_python_in_the_page_tells_heap_what_parity_or_the_rules_demand(page_host: Host) -> None:
    """Python in the page tells Heap, for every recorded case that Python can make, what parity or the rules demand."""
    outcomes = json.loads(page_host.run(RUN.format(way="in_page")))
    assert wrong(outcomes, CASES) == {}


def test_python_in_a_worker_has_the_page_tell_heap_what_parity_or_the_rules_demand(worker_host: Host) -> None:
    """Python in a worker has the page tell Heap the same, for every recorded case with the page's own settings."""
    outcomes = json.loads(worker_host.run(RUN.format(way="over_bridge")))
    told = case_calls(worker_host.told())
    assert wrong({name: (told[name], called) for name, (_, called) in outcomes.items()}, BRIDGED) == {}
