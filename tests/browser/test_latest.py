"""Heap's latest SDK: every setting reaches the page, from each entrance, as recorded of the newer destination."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.conformance.cases.codec import decode
from tests.conformance.test_actions_web import INIT, IS_ERROR

from .conftest import Watch
from .serving import Site

# The first is an error here, said in the console. In the others a heap is there before: what then, test_heap knows.
OTHERS = {case["id"] for case in INIT if case.get("before", {}).get("heap")}
# An empty or missing host counts as not set; "0" is a host name like any other.
ODD = {"aw-init-32"}
CASES = [case for case in INIT if case["id"] not in IS_ERROR | OTHERS | ODD]
STATE = """
() => ({
  envId: heap.envId, appid: heap.appid ?? null, clientConfig: heap.clientConfig,
  waiting: heapReadyCb.length, track: typeof heap.track, methods: Object.keys(heap).length,
})
"""
EU = {
    "sdk": "latest",
    "appId": "11",
    "hostname": "cdn.eu.heap-api.com",
    "ingestServer": "https://c.eu.heap-api.com",
    "disableTextCapture": True,
    "secureCookie": True,
    "arrayLimit": 2,
}
EU_CONFIG = {
    "disableTextCapture": True,
    "secureCookie": True,
    "ingestServer": "https://c.eu.heap-api.com",
    "shouldFetchServerConfig": False,
}
# What each entrance's page is made of, by its settings; each leaves our own object as window.ours.
OURS = 'window.ours = window[Symbol.for("heap-web")]'


def by_attributes(settings: dict[str, Any]) -> str:
    """The script tag's data- attributes."""
    kebab = {"".join(f"-{c.lower()}" if c.isupper() else c for c in name): value for name, value in settings.items()}
    attributes = " ".join(f'data-{name}="{str(value).lower()}"' for name, value in kebab.items())
    return f'<script src="/dist/heap-web.js" {attributes}></script><script>{OURS}</script>'


def by_load(settings: dict[str, Any]) -> str:
    """`analytics.load` of the classic script."""
    return f'<script src="/dist/heap-web.js"></script><script>analytics.load({json.dumps(settings)}); {OURS}</script>'


def by_module(settings: dict[str, Any]) -> str:
    """`load` of the ES module."""
    script = f'import {{ load }} from "/dist/heap-web.mjs"; load({json.dumps(settings)}); {OURS};'
    return f'<script type="module">{script}</script>'


def by_plugin(settings: dict[str, Any]) -> str:
    """The plugin, loaded as Segment loads it."""
    segment = "{ user: () => ({ anonymousId: () => 'a' }), on() {}, off() {} }"
    script = (
        f'import {{ heapWeb }} from "/dist/heap-web.mjs"; await heapWeb({json.dumps(settings)}).load({{}}, {segment});'
    )
    return f'<script type="module">{script} {OURS};</script>'


ENTRANCES = {"attributes": by_attributes, "load": by_load, "module": by_module, "plugin": by_plugin}


def opened(context: BrowserContext, page: Page, site: Site, body: str) -> tuple[list[str], list[Route]]:
    """Opens a page; gives the URLs of the scripts asked of other hosts, and the requests, held back."""
    held: list[Route] = []
    context.route(lambda url: not url.startswith(site.url), lambda route: held.append(route))  # noqa: PLW0108
    page.goto(site.page("/", f"<!doctype html><title>latest</title>{body}"), wait_until="commit")
    page.wait_for_function("() => window.ours && document.querySelector('script[src^=\"https://\"]')")
    asked = page.evaluate("() => [...document.scripts].map((s) => s.src).filter((src) => src.startsWith('https:'))")
    return asked, held


@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_the_recorded_settings_give_the_recorded_script_and_configuration(
    case: dict[str, Any], context: BrowserContext, page: Page, site: Site
) -> None:
    """The recorded settings give the recorded script and configuration, and an empty queue."""
    settings = {"sdk": "latest", **decode(case["settings"])}
    asked, _ = opened(context, page, site, by_load(settings))
    state = page.evaluate(STATE)
    expect = case["expect"]
    assert asked == expect["scripts"]
    assert state["envId"] == expect["envId"]
    assert state["appid"] is None
    assert state["clientConfig"] == expect["clientConfig"]
    assert (state["waiting"], state["track"]) == (0, "function")


@pytest.mark.one_engine
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_settings_reach_heap_from_every_entrance(
    entrance: str, context: BrowserContext, page: Page, site: Site
) -> None:
    """The settings of the EU, privacy and arrays reach Heap's script from every entrance."""
    asked, _ = opened(context, page, site, ENTRANCES[entrance](EU))
    assert asked == ["https://cdn.eu.heap-api.com/config/11/heap_config.js"]
    assert page.evaluate("() => [heap.envId, heap.clientConfig]") == ["11", EU_CONFIG]


@pytest.mark.one_engine
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_the_array_limit_reaches_python_from_every_entrance(
    entrance: str, context: BrowserContext, page: Page, site: Site
) -> None:
    """Items of arrays become events of their own, up to the limit that any entrance was given."""
    asked, held = opened(context, page, site, ENTRANCES[entrance](EU))
    page.evaluate(
        "() => { window.told = []; const tell = (...args) => { told.push(args); };"
        " window.heap = { loaded: true, track: tell, identify() {}, addUserProperties() {}, resetIdentity() {} }; }"
    )
    page.evaluate("() => ours.track('Order', { l: [{ v: 1 }, { v: 2 }, { v: 3 }] })")
    assert page.evaluate("() => told") == [
        ["Order l item", {"v": 1}],
        ["Order l item", {"v": 2}],
        ["Order", {"l": '[{"v":1},{"v":2},{"v":3}]'}],
    ]
    assert len(asked) == len(held) == 1


@pytest.mark.one_engine
def test_a_self_hosted_script_is_the_classic_one_where_its_host_collects_too(
    context: BrowserContext, page: Page, site: Site
) -> None:
    """A host of one's own that also collects serves the script under its classic path."""
    settings = {
        "sdk": "latest",
        "appId": "11",
        "hostname": "heap.example.com",
        "trackingServer": "https://ts.example.com",
    }
    asked, _ = opened(context, page, site, by_attributes(settings))
    assert asked == ["https://heap.example.com/js/heap-11.js"]
    assert page.evaluate("() => heap.clientConfig.trackingServer") == "https://ts.example.com"


@pytest.mark.one_engine
def test_a_host_that_is_an_url_is_refused_with_a_word_on_what_to_pass(page: Page, site: Site, watch: Watch) -> None:
    """A hostname that is an URL loads nothing, and the console says what to pass."""
    watch.expect(r"\[heap-web\] hostname")
    body = by_load({"sdk": "latest", "appId": "11", "hostname": "https://cdn.example.com"})
    page.goto(site.page("/", f"<!doctype html><title>wrong</title>{body}"))
    assert page.evaluate("() => analytics.track('E')")["status"] == "dropped"
    assert page.evaluate("() => window.heap") is None


@pytest.mark.one_engine
def test_what_heap_would_cut_is_warned_of_once_with_the_key(context: BrowserContext, page: Page, site: Site) -> None:
    """A value too long for Heap is delivered uncut; the developer is told its key, once for many calls."""
    context.add_init_script(
        "window.told = []; window.heap = { loaded: true, track(...args) { told.push(args); }, identify() {},"
        " addUserProperties() {}, resetIdentity() {} };"
    )
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "warning" else None)
    page.goto(site.page("/", f"<!doctype html><title>long</title>{by_load({'appId': '11'})}"))
    page.evaluate("""async () => {
      window.warned = [];
      analytics.on("warning", ({ message }) => warned.push(message));
      for (let i = 0; i < 3; i++) analytics.track("E", { "a key": "x".repeat(2000 + i) });
      await analytics.flush();
    }""")
    assert [len(properties["a key"]) for _, properties in page.evaluate("() => told")] == [2000, 2001, 2002]
    (warning,) = page.evaluate("() => warned")
    assert "'a key'" in warning
    assert [text for text in said if "'a key'" in text] == [f"[heap-web] {warning}"]
