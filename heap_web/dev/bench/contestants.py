"""Who is measured: each contestant's page, its files, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from heap_web.dev.bench.server import Served, file, folder, page

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "static" / "bench"
TEMPLATES = ROOT / "templates" / "bench"
MODULES = ROOT / "static" / "node_modules"
DIST = ROOT / "dist"
CACHE = ROOT / ".cache" / "bench"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One contestant: `script` is the file that its page names, `count` the calls that its rates are measured with.

    `boots`: it boots Python in a worker, whose own timeline tells the stages of a first page.
    `integration`: whether a site may choose it to tell Heap; then it is measured under every condition.
    """

    key: str
    title: str
    script: str
    count: int = 10_000
    keeps: bool = True
    boots: bool = False
    firefox: bool = False
    integration: bool = False


# analytics.js 2 makes some 200 calls a second: its rates are measured with fewer calls, and its memory is not.
CONTESTANTS: tuple[Contestant, ...] = (
    Contestant("heap_web", "heap_web", "/heap_web/heap-web.js", boots=True, firefox=True, integration=True),
    Contestant(
        "analytics_next",
        "analytics.js 2",
        "/analytics_next/index.js",
        count=2_000,
        keeps=False,
        firefox=True,
        integration=True,
    ),
    Contestant("snippet", "Heap's snippet", "/bench/heap.js", integration=True),
    Contestant("pyscript", "PyScript", "/pyscript/core.js", keeps=False),
    Contestant("pyodide_worker", "Pyodide, worker", "/bench/pyodide-page.js"),
)


def files() -> dict[str, Served]:
    """Everything that the bench serves, by path: each contestant's page at ``/<key>.html`` and what the pages name."""
    served = {
        **folder("heap_web", DIST, CACHE),
        **folder("analytics_next", MODULES / "@segment" / "analytics-next" / "dist" / "umd", CACHE),
        **folder("pyscript", MODULES / "@pyscript" / "core" / "dist", CACHE),
        **folder("pyodide", MODULES / "pyodide", CACHE, skip=(".map", ".ts", ".html", ".md", "package.json")),
        **folder("bench", SOURCES, CACHE),
        "/bench/heap_web.whl": file(wheel(), CACHE),
    }
    return served | dict(_pages())


def wheel() -> Path:
    """The wheel that the build made. Raises FileNotFoundError when there is none."""
    found = sorted(DIST.glob("heap_web_pages-*.whl"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise FileNotFoundError(f"no heap_web_pages-*.whl in {DIST}: run `python3 build.py bundle` first")
    return found[-1]


def _pages() -> Iterator[tuple[str, Served]]:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    inline = (SOURCES / "page.js").read_text(encoding="utf-8")
    for key, title in [*((each.key, each.title) for each in CONTESTANTS), ("python_page", "Python in the page")]:
        html = environment.get_template(f"{key}.html").render(title=title, inline=inline)
        yield f"/{key}.html", page(html)
