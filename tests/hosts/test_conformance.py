"""The recorded cases through Python values, in every host of Python that the browser has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.serving import Site
from tests.conformance.cases.codec import decode
from tests.conformance.test_classic import comparable, expected

from .conftest import CASES, Host, open_host

RUN = """
import json
from inside import cases

await cases.{way}(json.loads((folder / "cases.json").read_text()))
"""


def wrong(outcomes: dict[str, Any], cases: list[dict[str, Any]]) -> dict[str, Any]:
    """The cases that came out otherwise than parity or the rules demand, with what Heap was told."""
    found = {}
    for case in cases:
        told, called = outcomes[case["id"]]
        right = comparable(decode(told)) in [comparable(decode(answer)) for answer in expected(case)]
        if "callbacks" in case["expect"] and case["class"] == "parity":
            right = right and called == case["expect"]["callbacks"]
        if not right:
            found[case["id"]] = (told, called)
    return found


@pytest.fixture(params=["main pyodide-314", "main pyodide-0.27", "pyscript"])
def page_host(request: pytest.FixtureRequest, browser: Browser, host_site: Site) -> Iterator[Host]:
    """A host whose Python is in the page."""
    yield from open_host(browser, host_site, request.param)


@pytest.fixture(params=["worker pyodide-314", "worker pyodide-0.27", "pyscript-worker"])
def worker_host(request: pytest.FixtureRequest, browser: Browser, host_site: Site) -> Iterator[Host]:
    """A host whose Python is in a worker without a window, heap-web.js being in the page."""
    yield from open_host(browser, host_site, request.param)


def test_python_in_the_page_tells_heap_what_parity_or_the_rules_demand(page_host: Host) -> None:
    """Python in the page tells Heap, for every recorded case that Python can make, what parity or the rules demand."""
    outcomes = json.loads(page_host.run(RUN.format(way="in_page")))
    assert wrong(outcomes, CASES) == {}


def test_python_in_a_worker_has_the_page_tell_heap_what_parity_or_the_rules_demand(worker_host: Host) -> None:
    """Python in a worker has the page tell Heap the same, for every recorded case with the page's own settings."""
    cases = [case for case in CASES if "init" not in case]
    outcomes = json.loads(worker_host.run(RUN.format(way="over_bridge")))
    told: dict[str, list[Any]] = {}
    for command in worker_host.told():
        if command[0] == "track" and str(command[1]).startswith("case "):
            current = told.setdefault(command[1].removeprefix("case "), [])
        else:
            current.append(command)
    assert wrong({name: (told[name], called) for name, (_, called) in outcomes.items()}, cases) == {}
