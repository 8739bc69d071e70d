"""The documentation's table of hosts, drawn from the tests' marks `host`: `python -m tests.hosts.named` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from heap_web.dev.build.steps import ROOT

FILE = ROOT / "templates" / "docs" / "hosts.json"
#: Where the marks stand, in the order of the table.
MODULES = (
    "tests.browser.test_conformance",
    "tests.webkit.test_webkit",
    "tests.hosts.test_conformance",
    "tests.hosts.test_bridge",
    "tests.hosts.test_jupyterlite",
    "tests.hosts.test_marimo",
    "tests.hosts.test_stlite",
)
#: What no test can have: their files are in no registry that the tests use.
OTHERS = {
    "shinylive": "no: tried by hand, an export with Pyodide 0.25.1 worked",
    "Panel, Quarto-live": "no: not run",
}


def table() -> str:
    """The file's text: a host and what of it is tested in each row."""
    tested = [(host, f"yes: {what}") for name in MODULES for host, what in _marks(import_module(name))]
    rows = [json.dumps({"host": host, "tested": what}) for host, what in (*tested, *OTHERS.items())]
    return "[\n  " + ",\n  ".join(rows) + "\n]\n"


def _marks(module: ModuleType) -> Iterator[tuple[str, str]]:
    """What the module's marks say, those of the whole module first."""
    marks = [getattr(module, "pytestmark", []), *(getattr(one, "pytestmark", []) for one in vars(module).values())]
    for some in marks:
        for mark in some if isinstance(some, list) else [some]:
            if mark.name == "host":
                yield mark.args


if __name__ == "__main__":
    FILE.write_text(table(), "utf-8")
