"""Hosts of Python in the browser: each served from here, with what makes the recorded cases inside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import CODEC, RECORDER, Watch, browser_type_launch_args, dist, running_site
from tests.browser.serving import Answer, Site
from tests.conformance.cases.codec import decode
from tests.conformance.test_classic import CLASSIC, comparable, expected

from .inside import twins
from .self_hosted import PYODIDES, PYSCRIPT, pyodide

__all__ = ["browser_type_launch_args", "dist", "running_site"]

HERE = Path(__file__).parent
START_MS = 120_000
# What PyScript asks for where it runs in a worker.
ISOLATED = {"cross_origin_opener_policy": "same-origin", "cross_origin_embedder_policy": "require-corp"}
# These need a context, a page or a moment of their own; the page's own tests have them.
SPECIAL = ("timezone", "clock", "beforeReady", "noStorage")
# The codec takes one frame a level: too many for Pyodide's stack. What is deep is made by a loop in a test of its own.
DEEP = ("$nest", "$nestArray")
CASES = [
    case
    for case in CLASSIC
    if case["class"] != "core"
    and not any(key in case for key in SPECIAL)
    and not any(tag in DEEP for tag in case.get("tags", ()))
    and twins.has_twin(case)
]
PREPARE = """
import pathlib, sys
from pyodide.http import pyfetch

folder = pathlib.Path("/tmp/hosts/inside")
folder.mkdir(parents=True, exist_ok=True)
for name in ("__init__.py", "codec.py", "twins.py", "cases.py", "cases.json"):
    (folder / name).write_text(await (await pyfetch("{origin}/inside/" + name)).text())
sys.path.insert(0, str(folder.parent))
"""
# The cases whose settings a page that is there already can have.
BRIDGED = [case for case in CASES if "init" not in case]
RUN = """
import json
from inside import cases

await cases.{way}(json.loads((folder / "cases.json").read_text()))
"""
INSTALL = """
import micropip

await micropip.install("{wheel}")
"""


@dataclass
class Host:
    """A page whose Python can be told to run code."""

    page: Page
    watch: Watch

    def run(self, code: str) -> str:
        """Runs code, which may await; gives the text of its last expression."""
        return str(self.page.evaluate("(code) => run(code)", code))

    def told(self) -> list[Any]:
        """What the page's Heap has been told so far, encoded as the cases are."""
        return list(self.page.evaluate("() => recorder.told"))


@pytest.fixture(scope="session")
def host_site(running_site: Site) -> Site:
    """The site with every host's files, and what the tests bring along."""
    folders = {f"/{name}/": pyodide(name) for name in PYODIDES}
    running_site.folders |= {**folders, "/pyscript/": PYSCRIPT}
    return running_site


def furnish(site: Site) -> dict[str, str]:
    """Puts the tests' own files on the site; returns the words that pages and code may use."""
    (wheel,) = site.dist.glob("*.whl")
    words = {"origin": site.url, "wheel": site.built(wheel.name)}
    for file in (CODEC, RECORDER, *(HERE / "pages").glob("*.mjs")):
        site.script(f"/{file.name}", file.read_text("utf-8"))
    site.page("/told.html", (HERE / "pages/told.html").read_text("utf-8"))
    site.pages["/told"] = Answer("", "text/plain", 204)
    for file in (*(HERE / "inside").glob("*.py"), CODEC.with_suffix(".py")):
        site.pages[f"/inside/{file.name}"] = Answer(file.read_text("utf-8"), "text/plain")
    site.pages["/inside/cases.json"] = Answer(json.dumps(CASES), "application/json")
    return words


def case_calls(told: list[Any]) -> dict[str, list[Any]]:
    """What Heap was told for each case, when the cases came over the bridge."""
    found: dict[str, list[Any]] = {}
    current: list[Any] = []
    for command in told:
        if command[0] == "track" and str(command[1]).startswith("case "):
            current = found.setdefault(command[1].removeprefix("case "), [])
        else:
            current.append(command)
    return found


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


def told_so_many(page: Page, count: int) -> list[Any]:
    """What the page's Heap has been told, once that is so many commands and no call waits any more."""
    page.wait_for_function("count => recorder.told.length >= count", arg=count, timeout=START_MS)
    return list(page.evaluate("async () => { await analytics.flush(); return recorder.told; }"))


def open_host(browser: Browser, site: Site, name: str) -> Iterator[Host]:
    """Opens a host by its page's name, with the Pyodide after a space: "worker pyodide-0.27"."""
    words = furnish(site)
    kind, _, version = name.partition(" ")
    html = (HERE / "pages" / f"{kind}.html").read_text("utf-8").replace("@PYODIDE@", version)
    html = html.replace("@ORIGIN@", words["origin"]).replace("@WHEEL@", words["wheel"])
    with closing(browser.new_context(timezone_id="UTC")) as context:
        watch = Watch(context)
        page = context.new_page()
        page.goto(site.page(f"/{kind}.html", html, **(ISOLATED if kind == "pyscript-worker" else {})))
        page.wait_for_function("() => window.run", timeout=START_MS)
        host = Host(page, watch)
        if not kind.startswith("pyscript"):
            host.run(INSTALL.format(**words))
        host.run(PREPARE.format(**words))
        yield host
        watch.check()
