"""The documentation's code as its readers use it: every block that claims to run is run, every other one says so."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from heap_web.dev.build.steps import ROOT, STATIC
from heap_web.dev.build.toolchain import esbuild, node
from heap_web.dev.docs import reference
from heap_web.dev.docs.render import LOOKED_UP, fences
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running
from tests.browser.serving import Site
from tests.hosts import recipes  # noqa: F401 - what it takes is taken

from . import test_guides, test_operating, test_servers, test_typed_events  # noqa: F401 - what they take is taken
from .blocks import BLOCKS, SHOWN, files, one, some, taken

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
# What a consent manager does once the visitor has agreed.
MANAGERS = {
    "page-klaro": "klaroConfig.services.forEach(({ callback }) => callback(true));",
    "page-onetrust": "window.OnetrustActiveGroups = ',C0001,C0002,'; OptanonWrapper();",
    "page-blocked": """for (const held of document.querySelectorAll('script[type="text/plain"]')) {
        const script = document.createElement("script");
        for (const { name, value } of held.attributes) if (name !== "type") script.setAttribute(name, value);
        held.replaceWith(script);
    }""",
}
MANAGED = {runs: one("html", runs) for runs in MANAGERS}
SEGMENT = one("js", "segment")
PAGES_PYTHON = some("python", "page")
UNIT_TESTS, BROWSER_TESTS = files("jsdom"), files("playwright")
COMMANDS = some("sh", LOOKED_UP)
SEEN = "() => recorder.told.some(([method, name]) => method === 'track' && name === 'Seen')"

# What is tested is the recipe; the other browsers run what it leads to in tests of their own.
RECIPE = pytest.mark.only_browser("chromium")

Recorded = Callable[[Page], list[Any]]


def page_of(*parts: str) -> str:
    """A page of these parts."""
    return "<!doctype html><title>A page</title>" + "".join(parts)


@pytest.mark.one_engine
@pytest.mark.parametrize("code", some("html", "page"))
def test_html_is_a_page_that_works(host: Site, page: Page, recorded: Recorded, code: str) -> None:
    """Markup that the documentation gives, put into a page as it is, tells Heap something and breaks nothing."""
    seen = '<script type="module">analytics.track("Seen")</script>'
    page.goto(host.page("/page", page_of(code, seen)))
    page.wait_for_function(SEEN)


@RECIPE
@pytest.mark.parametrize("runs", MANAGERS)
def test_nothing_is_told_before_the_manager_says_so(host: Site, page: Page, recorded: Recorded, runs: str) -> None:
    """With a consent manager's markup, Heap is told nothing until the manager does what it does on consent."""
    page.goto(host.page("/page", page_of(MANAGED[runs])))
    page.evaluate("() => void analytics.track('Seen')")
    page.wait_for_timeout(300)
    assert recorded(page) == []
    page.evaluate(f"() => {{ {MANAGERS[runs]} }}")
    page.wait_for_function(SEEN)


@RECIPE
@pytest.mark.parametrize("code", [*some("js", "page"), *some("js", "module")])
def test_javascript_runs(host: Site, page: Page, recorded: Recorded, code: str) -> None:
    """JavaScript that the documentation gives runs to its end as a module and tells Heap something."""
    script = IMPORTS if "import " in code else SCRIPT
    end = "\nanalytics.track('Seen'); await analytics.flush(); window.ended = true;"
    page.goto(host.page("/page", page_of(script, f'<script type="module">{code}{end}</script>')))
    page.wait_for_function("() => window.ended")
    page.wait_for_function(SEEN)


@RECIPE
def test_segments_front_end_with_our_plugin(host: Site, page: Page, recorded: Recorded, tmp_path: Path) -> None:
    """The lines for a site that keeps Segment's analytics.js 2 deliver through it."""
    source = STATIC / ".documented-segment.js"  # beside node_modules, where the bundler looks for Segment's package
    out = tmp_path / "segment.js"
    settings = 'writeKey: "none", cdnSettings: { integrations: {} }'
    try:
        source.write_text(SEGMENT.replace('writeKey: "…"', settings), "utf-8")
        define = "--define:process.env.NODE_ENV='production'"
        options = ["--bundle", "--format=esm", "--external:heap-web", define, f"--outfile={out}"]
        esbuild("bundling the documentation's lines for Segment", [str(source), *options])
    finally:
        source.unlink()
    host.script("/segment.js", out.read_text("utf-8"))
    page.context.route("https://*.segment.*/**", lambda route: route.fulfill(json={"success": True}))
    page.goto(host.page("/page", page_of(IMPORTS, '<script type="module" src="/segment.js"></script>')))
    page.wait_for_function("() => recorder.told.some(([method, name]) => name === 'Signed Up')")


@RECIPE
@pytest.mark.parametrize("header", some("http", "policy"))
def test_a_documented_policy_is_enough(host: Site, page: Page, recorded: Recorded, header: str) -> None:
    """Under each policy that the documentation gives, calls are delivered, by Python in a worker."""
    name, _, policy = header.strip().partition(": ")
    assert name == "Content-Security-Policy"
    host.script("/seen.js", "analytics.track('Seen')")
    html = page_of(SCRIPT, '<script src="/seen.js"></script>')
    page.goto(host.page("/page", html, content_security_policy=policy))
    page.wait_for_function(SEEN)
    assert page.evaluate("() => analytics.state.mode") in ("shared", "dedicated")


@RECIPE
def test_python_in_the_page_runs(host: Site, page: Page, recorded: Recorded, dist: Path) -> None:
    """Every block of Python for pages runs in stock Pyodide with the wheel that is shipped."""
    (wheel,) = dist.glob("*.whl")
    page.goto(host.page("/page", page_of(PYODIDE_PAGE.format(wheel=wheel.name))))
    page.wait_for_function("() => window.run", timeout=60_000)
    page.evaluate("code => run(code)", "import sys; sys.path.insert(0, 'wheel') if 'wheel' not in sys.path else None")
    for param in PAGES_PYTHON:
        assert page.evaluate("code => run(code)", param.values[0])
    expected = {"Signed Up", "Ran model", "Drew chart"}
    page.wait_for_function(
        "names => names.every(name => recorder.told.some(call => call[1] === name))", arg=[*expected]
    )


@pytest.mark.parametrize("code", some("python", "plain"))
def test_python_without_a_page_runs(code: str) -> None:
    """Python that needs neither page nor server runs as it stands."""
    exec(compile(code, "documentation", "exec"), {})


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


def test_unit_tests_under_node_pass(packages: Path, tmp_path: Path) -> None:
    """The unit test of a reader's own code passes under Node with jsdom."""
    (tmp_path / "node_modules").symlink_to(packages)
    for name, code in UNIT_TESTS.items():
        (tmp_path / name).write_text(code, "utf-8")
    done = subprocess.run([node(), "--test", *UNIT_TESTS], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^. pass 1$", done.stdout, re.MULTILINE)


@RECIPE
def test_browser_tests_pass(host: Site, page: Page) -> None:
    """The browser test of a reader's own page passes against such a page."""
    button = """<button>Sign up</button><script>
      const plan = { name: "pro", seats: 3 };
      document.querySelector("button").onclick = () => analytics.track("Signed Up", { plan });
    </script>"""
    url = host.page("/page", page_of(SCRIPT, button))
    for code in BROWSER_TESTS.values():
        names: dict[str, Any] = {}
        exec(compile(code, "documentation", "exec"), names)
        names["test_signing_up_is_tracked"](page, url)


def test_commands_are_known() -> None:
    """A command that the documentation names is a usual one or our own, and an extra that it names is one of ours."""
    from heap_web.cloud.cli import main

    lines = [line for param in COMMANDS for line in param.values[0].splitlines() if line]
    assert {line.split()[0] for line in lines} <= {"pip", "heap-web", "python3", "npm", "npx", "node", "cp", "git"}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert {extra for line in lines for extra in re.findall(r"heap-web\[(\w+)\]", line)} <= set(extras)
    for line in lines:
        if line.startswith("python3 build.py"):
            command = line.split()[2]
            assert command in ("serve", "bundle", "test", "bench", "release")
    for line in lines:
        if line.startswith("heap-web "):
            with pytest.raises(SystemExit, match="0"):
                main([*line.split()[1:], "--help"])


def test_every_block_is_run_or_says_that_it_is_not() -> None:
    """Each block is of a kind that a test takes, or says that none does; only drawn signatures are of no kind."""
    drawn = {fence.code for draw in (reference.page, reference.cloud, reference.audiences) for fence in fences(draw())}
    loose = [
        (block.page, block.language, block.runs, block.code)
        for block in BLOCKS
        if (block.language, block.runs) not in taken and block.runs not in SHOWN and block.code not in drawn
    ]
    assert loose == []


def test_no_block_waits_for_a_call_at_the_top_of_a_module() -> None:
    """A module that awaits a call at its top would hold the page while Heap's host hangs: no snippet does."""
    waiting = [
        block.page for block in BLOCKS if re.search(r"^await analytics\.(track|identify)", block.code, re.MULTILINE)
    ]
    assert waiting == []
