"""WebKit, Safari's engine, as WebKitGTK's MiniBrowser on a display of its own, and pages that report their errors."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.conftest import CODEC, RECORDER, dist, running_site
from tests.browser.counting import RECEIPT
from tests.browser.serving import Site

__all__ = ["dist", "running_site"]  # fixtures

#: First in every page: what goes wrong there is told to the site.
ERRORS = """<script>
  (() => {
    const tell = (what, error) => navigator.sendBeacon("/wrong", `${what}: ${(error && error.stack) || error}`);
    addEventListener("error", (event) => tell("uncaught", event.error || event.message));
    addEventListener("unhandledrejection", (event) => tell("unhandled", event.reason));
    const { error } = console;
    console.error = (...args) => {
      tell("console", args.join(" "));
      error.apply(console, args);
    };
  })();
</script>"""


#: What notes what Heap is told.
RECORDED = "<script src='/codec.js'></script><script src='/recorder.js'></script>"


def html(body: str) -> str:
    """A page that reports its errors."""
    return f"<!doctype html><meta charset=utf-8><title>WebKit</title>{ERRORS}{body}"


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display of its own that shows nothing to anybody."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


@pytest.fixture(scope="module")
def webkit(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.WebKitGTK]:
    """A browser for each module, in the time zone of the recorded cases.

    On a busy machine a SharedWorker whose page was left at once has been seen never to fetch, nor any one after it in
    that browser. A page then goes on with a worker of its own after ten seconds.
    """
    home = tmp_path_factory.mktemp("home")
    environment = {
        **os.environ,
        "DISPLAY": display,
        "TZ": "UTC",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "GDK_BACKEND": "x11",
        "NO_AT_BRIDGE": "1",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        # Its sandbox needs rights that containers withhold; the pages are our own.
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    }
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(max(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")))
    options.add_argument("--automation")
    driver = webdriver.WebKitGTK(options=options, service=Service(env=environment))
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def site(running_site: Site) -> Iterator[Site]:
    """The site with what all pages load, which fails its test if one of them reported an error."""
    running_site.pages.clear()
    running_site.pages["/received"] = running_site.pages["/wrong"] = RECEIPT
    running_site.script("/codec.js", CODEC.read_text("utf-8"))
    running_site.script("/recorder.js", RECORDER.read_text("utf-8"))
    running_site.asked.clear()
    yield running_site
    assert [body for _, path, body in running_site.asked if path == "/wrong"] == []


@pytest.fixture
def run(webkit: webdriver.WebKitGTK) -> Callable[..., Any]:
    """Runs an async function in the page, with JSON arguments and result; what it throws fails the test."""

    def running(function: str, *arguments: Any) -> Any:
        script = f"""
          const [give, ...args] = [arguments[arguments.length - 1], ...Array.prototype.slice.call(arguments, 0, -1)];
          Promise.resolve(({function})(...args)).then(
            (value) => give(JSON.stringify({{ value }})),
            (error) => give(JSON.stringify({{ error: String(error) + (error && error.stack) }})),
          );
        """
        outcome = json.loads(webkit.execute_async_script(script, *arguments))
        assert "error" not in outcome, outcome["error"]
        return outcome.get("value")

    return running
