"""What sites do with our script and with `analytics`: odd ways to load it, Segment's habits, ids in cookies."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from heap_web.dev.build.steps import STATIC
from heap_web.dev.build.toolchain import node

from .conftest import Watch
from .serving import Site

Told = Callable[[Page], list[Any]]
DOCTYPE = "<!doctype html><meta charset=utf-8><title>site</title>"
READY = "() => analytics.state.runtime === 'ready' && analytics.state.heap === 'live'"
FLUSHED = "async () => { await analytics.flush(); }"
PREFIX = "[heap-web] "


def ours(site: Site, attributes: str = 'data-app-id="11"') -> str:
    """Our script's tag."""
    return f'<script src="{site.built("heap-web.js")}" {attributes}></script>'


def open_page(page: Page, site: Site, body: str | None = None) -> None:
    """Opens a page with our script, and waits until Python and Heap are there."""
    page.goto(site.page("/", DOCTYPE + (ours(site) if body is None else body)))
    page.wait_for_function(READY)


def warnings(context: BrowserContext) -> list[str]:
    """What our script says in a context's consoles, from now on."""
    said: list[str] = []
    context.on("console", lambda message: message.text.startswith(PREFIX) and said.append(message.text))
    return said


@pytest.mark.one_engine
def test_a_script_loaded_as_a_module_or_by_eval_says_what_to_do(
    page: Page, context: BrowserContext, site: Site, watch: Watch
) -> None:
    """Loaded as a module or by eval, our script throws nothing, says once how to load it, and `analytics` is there."""
    said = warnings(context)
    module = f'<script type="module" src="{site.built("heap-web.js")}"></script>'
    evaluated = f"""<script>
        setTimeout(async () => (0, eval)(await (await fetch("{site.built("heap-web.js")}")).text()));
    </script>"""
    for number, body in enumerate((module, evaluated)):
        page.goto(site.page(f"/{number}", DOCTYPE + body))
        page.wait_for_function("() => typeof window.analytics?.track === 'function'")
        result = page.evaluate("() => { const made = analytics.track('A'); analytics.load('11'); return made; }")
        assert result["status"] == "dropped"
        assert "runtime must be set" in result["reason"]
        assert len(said) == 2 * (number + 1)
        assert '<script src="…/heap-web.js">' in said[2 * number]
    watch.expect("is no module and cannot be run by eval")
    watch.expect("runtime must be set")


@pytest.mark.one_engine
def test_a_named_element_is_not_taken_for_our_script(page: Page, recorded: Told, site: Site) -> None:
    """An image named currentScript before our script does not say where our files are."""
    elsewhere = '<img name="currentScript" src="/elsewhere/x.png" data-app-id="666" width=1>'
    site.pages["/elsewhere/x.png"] = site.pages["/received"]
    open_page(page, site, elsewhere + ours(site))
    page.evaluate("() => analytics.track('A')")
    assert recorded(page) == [["track", "A", {}]]
    assert not [path for _, path, _ in site.asked if path.startswith("/elsewhere/") and not path.endswith(".png")]


def test_frames_that_are_called_heap_and_analytics_are_neither(page: Page, site: Site, context: BrowserContext) -> None:
    """Frames of another origin that are called heap and analytics do not keep our script from its work."""
    heap = "window.told = []; window.heap = { loaded: true, track: (name) => told.push(name) };"
    context.route("https://cdn.heapanalytics.com/**", lambda r: r.fulfill(body=heap, content_type="text/javascript"))
    frames = "".join(f'<iframe name={name} src="data:text/html,x"></iframe>' for name in ("heap", "analytics"))
    open_page(page, site, frames + ours(site))
    page.evaluate("() => analytics.track('A')")
    assert page.evaluate("() => told") == ["A"]


@pytest.mark.one_engine
def test_other_peoples_attributes_stop_nothing(page: Page, context: BrowserContext, recorded: Told, site: Site) -> None:
    """Attributes that are not ours are ignored; one like a misspelt setting is warned of and stops nothing."""
    said = warnings(context)
    others = "data-src=x data-ssr data-turbo-track=reload data-cfasync=false data-host=a data-app=b data-debugger=c"
    open_page(page, site, ours(site, f"data-app-id=11 {others} data-respect-dntt"))
    page.evaluate("() => analytics.track('A')")
    assert recorded(page) == [["track", "A", {}]]
    assert said == [f"{PREFIX}data-respect-dntt is no setting of ours, and is ignored: did you mean data-respect-dnt?"]


def test_a_page_with_credentials_in_its_address_is_served(page: Page, recorded: Told, site: Site) -> None:
    """On a page whose address has credentials in it, Python starts: they are not asked for again."""
    url = site.page("/", f'{DOCTYPE}<script src="/dist/heap-web.js" data-app-id=11></script>')
    page.goto(url.replace("http://", "http://demo:secret@"))
    page.wait_for_function(READY)
    page.evaluate("() => analytics.track('A')")
    assert recorded(page) == [["track", "A", {}]]


@pytest.mark.one_engine
def test_the_site_pushes_after_we_have_loaded(page: Page, recorded: Told, site: Site) -> None:
    """A call pushed onto `analytics` after we have loaded is made, and `initialized` says that we have."""
    open_page(page, site)
    page.evaluate("() => { (window.analytics = window.analytics || []).push(['track', 'Late'], ['nonsense'], 7); }")
    page.evaluate(FLUSHED)
    assert recorded(page) == [["track", "Late", {}]]
    assert page.evaluate("() => analytics.initialized") is True


@pytest.mark.one_engine
def test_a_stub_that_is_kept_knows_that_we_have_loaded(page: Page, recorded: Told, site: Site) -> None:
    """A reference to Segment's stub from before has `initialized` and `state` as they are now."""
    stub = "<script>window.kept = window.analytics = [];</script>"
    open_page(page, site, stub + ours(site))
    assert page.evaluate("() => [kept.initialized, kept.state.heap, kept === analytics]") == [True, "live", False]


# What TypeScript calls private there, or is no method.
PRIVATE = {"constructor", "createStore", "_dispatch", "warnIfPossibleMemoryLeak"}
# Those of analytics.js 1 that analytics.js 2 has not.
FIRST = {"init", "add", "addIntegration", "addIntegrationMiddleware", "user", "integrations", "require"}


@pytest.mark.one_engine
def test_every_public_method_of_analytics_js_is_there(page: Page, recorded: Told, site: Site) -> None:
    """Whatever the real analytics.js 2 has on its object is there, and no method throws, whatever it is given."""
    listed = """import { Analytics } from "@segment/analytics-next/dist/cjs/index.js";
        const names = {};
        for (let at = Analytics.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at))
          for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
            names[name] ??= typeof value;
        console.log(JSON.stringify(names));"""
    del recorded  # a live Heap is enough
    command = [node(), "--input-type=module", "--eval", listed]
    theirs = json.loads(subprocess.run(command, cwd=STATIC, check=True, capture_output=True, text=True).stdout)
    names = {name: kind for name, kind in theirs.items() if name not in PRIVATE}
    assert len(names) > 25
    open_page(page, site)
    kinds = page.evaluate("(names) => names.map((name) => [name in analytics, typeof analytics[name]])", [*names])
    for (name, kind), (there, ours_is) in zip(names.items(), kinds, strict=True):
        assert there, name
        assert kind != "function" or ours_is == "function", name
    assert page.evaluate("(names) => names.filter((name) => !(name in analytics))", sorted(FIRST)) == []
    methods = sorted({name for name, kind in names.items() if kind == "function"} - {"noConflict", "Integrations"})
    for given in ("", "null", "'x'", "[]", "() => { throw new Error('the page'); }", "document.body", "{}, 1, 2, 3"):
        page.evaluate(f"(names) => {{ for (const name of names) void analytics[name]({given}); }}", methods)
    page.evaluate("() => { window.mine = analytics; analytics.noConflict(); }")
    assert page.evaluate("() => [window.analytics, typeof mine.track]") == [None, "function"]


def test_links_and_forms_are_tracked_and_then_followed(page: Page, recorded: Told, site: Site) -> None:
    """trackLink and trackForm make the call, and then the visitor gets to where the link or the form leads."""
    site.page("/there", DOCTYPE + "<p>there</p>")
    body = """<a id=link href="/there?link">go</a>
        <form id=form action="/there"><input name=submit value=x><input name=action value=y>
        <button name=b value=pressed>send</button></form>
        <a id=here href="#here">stay</a>"""
    track = """() => {
        window.addEventListener("pagehide", () => { localStorage.told = JSON.stringify(recorder.told); });
        analytics.trackLink(document.querySelectorAll("a"), (link) => `Link ${link.id}`, { a: 1 });
        analytics.trackForm(document.getElementById("form"), "Form", (form) => ({ id: form.id }));
    }"""
    told = "() => JSON.parse(localStorage.told)"
    open_page(page, site, body + ours(site))
    page.evaluate(track)
    page.click("#link")
    page.wait_for_url("**/there?link")
    assert page.evaluate(told) == [["track", "Link link", {"a": 1}]]
    open_page(page, site, body + ours(site))
    page.evaluate(track)
    page.click("button")
    page.wait_for_url("**/there?submit=x&action=y&b=pressed")
    assert page.evaluate(told) == [["track", "Form", {"id": "form"}]]


@pytest.mark.one_engine
def test_user_says_what_was_said_last_and_ready_settles(
    page: Page, context: BrowserContext, site: Site, watch: Watch
) -> None:
    """With Heap blocked, `user()` says what was said last, and `ready` settles with the state."""
    context.route("https://cdn.heapanalytics.com/**", lambda route: route.abort())
    page.goto(site.page("/", DOCTYPE + ours(site)))
    result = page.evaluate("async () => await analytics.identify('user-7', { plan: 'a', at: new Date(0) })")
    assert result["status"] == "kept"
    page.evaluate("() => { analytics.identify({ size: 2 }); analytics.group('g1', { name: 'G' }); }")
    said = (
        "() => [analytics.user().id(), analytics.user().traits(), analytics.group().id(), analytics.group().traits()]"
    )
    traits = {"plan": "a", "at": "1970-01-01T00:00:00.000Z", "size": 2}
    assert page.evaluate(said) == ["user-7", traits, "g1", {"name": "G"}]
    page.evaluate("() => { analytics.identify('user-8'); }")
    assert page.evaluate(said)[:2] == ["user-8", {}]
    assert page.evaluate("() => analytics.user().anonymousId('a1')") == "a1"
    page.evaluate("() => { analytics.reset(); }")
    assert page.evaluate(said) == [None, {}, None, {}]
    assert page.evaluate("async () => (await analytics.ready()).heap") == "failed"
    watch.expect("Heap's script was blocked")
    watch.expect("Failed to load resource|blocked|^console: $")


@pytest.mark.one_engine
def test_the_next_page_knows_what_was_said_while_heap_was_blocked(
    page: Page, context: BrowserContext, recorded: Told, site: Site, watch: Watch
) -> None:
    """With Heap blocked, the next page's `user()` says what was said last; where consent is refused nothing is kept."""
    said = "() => [analytics.user().id(), analytics.user().traits()]"
    identify = "() => { analytics.identify('user-7', { plan: 'a' }); analytics.identify({ size: 2 }); }"
    blocked = f"{DOCTYPE}<script>delete window.heap;</script>"
    context.route("https://cdn.heapanalytics.com/**", lambda route: route.abort())
    for path in ("/one", "/two"):
        page.goto(site.page(path, blocked + ours(site)))
        if path == "/one":
            page.evaluate(identify)
        assert page.evaluate(said) == ["user-7", {"plan": "a", "size": 2}]
        assert page.evaluate("() => localStorage.ajs_user_id ?? null") is None
    page.evaluate("() => { analytics.consent(false); }")
    assert page.evaluate("() => Object.keys(localStorage)") == []
    page.goto(site.page("/three", blocked + ours(site, 'data-app-id="11" data-consent="required"')))
    page.evaluate(identify)
    page.evaluate("() => { analytics.consent(false); }")
    page.goto(site.page("/four", blocked + ours(site)))
    assert page.evaluate(said) == [None, {}]
    page.evaluate("() => { analytics.identify('user-8'); }")
    open_page(page, site)
    assert page.evaluate(said) == ["user-8", {}]
    page.wait_for_function("() => recorder.told.length")
    assert recorded(page)[0] == ["identify", "user-8"]
    page.wait_for_function("""() => localStorage.ajs_user_id === '"user-8"'""")
    assert page.evaluate(said) == ["user-8", {}]
    watch.expect("Heap's script was blocked|Failed to load resource|^console: $")


COOKIES = {
    "12345678901234567890": "12345678901234567890",
    "%2212345678901234567890%22": "12345678901234567890",
    "1e5": "1e5",
    "007": "007",
    "true1": "true1",
    "user-1": "user-1",
    "%22user-1%22": "user-1",
}


@pytest.mark.one_engine
def test_an_id_in_a_cookie_is_its_exact_text(page: Page, context: BrowserContext, recorded: Told, site: Site) -> None:
    """An id that analytics.js left in a cookie, bare or quoted, is its exact text; so it is once it is stored."""
    open_page(page, site)
    for cookie, text in COOKIES.items():
        context.add_cookies([{"name": "ajs_user_id", "value": cookie, "url": site.url}])
        page.evaluate("() => localStorage.clear()")
        page.goto("about:blank")
        open_page(page, site)
        page.evaluate("() => analytics.identify({ a: 1 })")
        assert recorded(page)[0] == ["identify", text]
        assert page.evaluate("() => [analytics.user().id(), localStorage.ajs_user_id]") == [text, f'"{text}"']


@pytest.mark.one_engine
def test_a_polluted_tojson_changes_nothing_that_is_stored(page: Page, recorded: Told, site: Site) -> None:
    """A toJSON that a library gave to every object and array changes no trait, neither told nor stored."""
    open_page(page, site)
    stored = page.evaluate(
        """async () => {
            Object.prototype.toJSON = Array.prototype.toJSON = () => "rewritten";
            await analytics.identify("u1", { a: { b: [1] } });
            await analytics.identify({ c: 1 });
            delete Object.prototype.toJSON;
            delete Array.prototype.toJSON;
            return localStorage.ajs_user_traits;
        }"""
    )
    assert stored == '{"a":{"b":[1]},"c":1}'
    assert recorded(page)[-1] == ["addUserProperties", {"a.b": "[1]", "c": 1, "id": "u1"}]
