"""The documentation as its readers use it: every block of code that claims to run is run, every link is followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from heap_web.dev.build.toolchain import PYODIDE
from heap_web.dev.docs import pages as docs
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running
from tests.browser.serving import Site

BLOCKS = [block for doc in docs.DOCS for block in docs.blocks(doc)]
# The server of the tests answers below /dist/; the documentation's own example address is mapped to it.
SCRIPT = '<script src="/heap-web/heap-web.js" data-app-id="1535634150"></script>'
# What a bundler makes of the package's name.
IMPORTS = '<script type="importmap">{"imports": {"heap-web": "/heap-web/heap-web.mjs"}}</script>'
PYODIDE_PAGE = """
<script type="module">
  import {{ loadPyodide }} from "/pyodide/pyodide.mjs";
  const pyodide = await loadPyodide({{ indexURL: "/pyodide/" }});
  pyodide.unpackArchive(await (await fetch("/dist/{wheel}")).arrayBuffer(), "wheel");
  window.run = (code) => pyodide.runPythonAsync(code).then(() => true);
</script>
"""


def some(language: str, runs: str) -> list[Any]:
    """The blocks of a kind, each named by its page and place."""
    chosen = [block for block in BLOCKS if (block.language, block.runs) == (language, runs)]
    assert chosen
    return [pytest.param(block.code, id=f"{block.page}-{number}") for number, block in enumerate(chosen)]


@pytest.fixture
def host(site: Site, dist: Path) -> Site:
    """The site, with dist/ where the documentation says and Pyodide beside it."""
    site.folders |= {"/heap-web/": dist, "/pyodide/": PYODIDE}
    return site


@pytest.mark.parametrize("code", some("html", "page"))
def test_html_is_a_page_that_works(host: Site, page: Page, recorded: Callable[[Page], list[Any]], code: str) -> None:
    """Markup that the documentation gives, put into a page as it is, tells Heap something and breaks nothing."""
    page.goto(host.page("/page", f"<!doctype html><title>A page</title>{code}<script>analytics.track('Seen')</script>"))
    page.evaluate("() => analytics.flush()")
    page.wait_for_function("() => recorder.told.some(([method, name]) => method === 'track' && name === 'Seen')")


@pytest.mark.parametrize("code", [*some("js", "page"), *some("js", "module")])
def test_javascript_runs(host: Site, page: Page, recorded: Callable[[Page], list[Any]], code: str) -> None:
    """JavaScript that the documentation gives runs to its end as a module and tells Heap something."""
    script = IMPORTS if "import " in code else SCRIPT
    module = f'<script type="module">{code}\nawait analytics.flush(); window.ended = true;</script>'
    page.goto(host.page("/page", f"<!doctype html><title>A page</title>{script}{module}"))
    page.wait_for_function("() => window.ended")


def test_python_in_the_page_runs(host: Site, page: Page, recorded: Callable[[Page], list[Any]], dist: Path) -> None:
    """Every block of Python for pages runs in stock Pyodide with the wheel that is shipped."""
    (wheel,) = dist.glob("*.whl")
    page.goto(host.page("/page", f"<!doctype html><title>A page</title>{PYODIDE_PAGE.format(wheel=wheel.name)}"))
    page.wait_for_function("() => window.run", timeout=60_000)
    page.evaluate("code => run(code)", "import sys; sys.path.insert(0, 'wheel') if 'wheel' not in sys.path else None")
    for param in some("python", "page"):
        assert page.evaluate("code => run(code)", param.values[0])
    assert {name for method, name, *_ in recorded(page) if method == "track"} >= {
        "Signed Up",
        "Ran model",
        "Drew chart",
    }


@pytest.mark.parametrize("code", [*some("python", "cloud"), *some("python", "audiences")])
def test_python_on_a_server_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python for servers runs as it stands, and Heap gets what it sends."""
    from heap_web.cloud import calls

    heap = Heap(limits=UNLIMITED)
    with running(heap) as url:
        monkeypatch.setitem(calls.HOSTS, "us", url)
        monkeypatch.setenv("HEAP_WEB_OUTBOX", f"sqlite:///{tmp_path}/outbox.db")
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        exec(compile(code, "documentation", "exec"), {})
        assert heap.events or heap.users


def test_shell_commands_exist() -> None:
    """A command of ours that the documentation names is one that the package installs."""
    from heap_web.cloud.cli import main

    named = {line for block in BLOCKS if block.language == "sh" for line in block.code.splitlines() if line}
    assert {line.split()[0] for line in named} <= {"pip", "heap-web", "python3", "npm", "node", "cp"}
    ours = {line for line in named if line.startswith("heap-web ")}
    assert ours
    for line in ours:
        with pytest.raises(SystemExit, match="0"):
            main([*line.split()[1:], "--help"])


class Links(HTMLParser):
    """The links and ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps what a tag links to or is called."""
        found = dict(attrs)
        if tag == "a" and found.get("href"):
            self.links.add(found["href"] or "")
        if found.get("id"):
            self.ids.add(found["id"] or "")


@pytest.mark.parametrize("doc", docs.DOCS, ids=lambda doc: doc.name)
def test_pages_hold_together(doc: docs.Doc) -> None:
    """A page has one title, no Markdown or template left in its text, and links only to pages that are there."""
    html = docs.html(doc, lambda name: f"/static/{name}", lambda _: "sha384-x")
    links = Links()
    links.feed(html)
    files = {other.file for other in docs.DOCS}
    assert {link.partition("#")[0] for link in links.links if "://" not in link and not link.startswith("#")} <= files
    assert {link[1:] for link in links.links if link.startswith("#")} <= links.ids
    assert html.count("<h1") == 1
    assert not re.search(r"{{|}}|\]\(", re.sub(r"<pre.*?</pre>|<code>.*?</code>", "", html, flags=re.DOTALL))


@pytest.mark.parametrize("doc", docs.DOCS, ids=lambda doc: doc.name)
def test_pages_keep_their_own_policy(doc: docs.Doc) -> None:
    """No page of the documentation has what its own Content Security Policy forbids: inline styles and handlers."""
    tags = re.findall(r"<[a-z][^>]*>", docs.html(doc, str, str))
    assert [tag for tag in tags if re.search(r"\s(style|on\w+)=", tag)] == []


def test_every_setting_is_documented() -> None:
    """The table of settings names every setting that there is, in its three spellings."""
    from heap_web.core.settings import Settings
    from heap_web.core.snippet import loader_data

    text = docs.markdown(next(doc for doc in docs.DOCS if doc.name == "settings"))
    for name, camel in zip(Settings._fields, loader_data()["settings"], strict=True):
        assert f"`{camel}`" in text
        assert name == "app_id" or f"`{escape(name)}`" in text
