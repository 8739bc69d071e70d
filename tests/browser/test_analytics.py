"""The page's `analytics` object: consent at awkward moments, bad settings, listeners that call back."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page

from .conftest import Watch
from .counting import EMPTY, HEAP, FaultySite, block_heap, expect_events, html, journal, track
from .serving import Site

pytestmark = pytest.mark.one_engine
TOGGLED = "<script>analytics.consent(false).consent(true)</script>"
STORED = "() => Object.keys(localStorage).filter((key) => /^(heap-web:|ajs_)/.test(key))"
HEAPS = "() => document.querySelectorAll('script[src*=heapanalytics]').length"


def test_consent_taken_back_and_given_again_at_once_leaves_one_queue(page: Page, site: Site) -> None:
    """Consent taken back and given again before Python is there leaves one queue: each call arrives once."""
    page.goto(site.page("/", html(body=track("lost") + TOGGLED + track("A", "B"))))
    page.wait_for_function(EMPTY)
    page.evaluate("() => { for (const name of 'CDEFGH') analytics.track(name); }")
    expect_events(page, site, [*"ABCDEFGH"])


def test_consent_taken_back_before_python_is_there_leaves_nothing_stored(page: Page, faulty: FaultySite) -> None:
    """Consent taken back while Python is still loading removes the journal and the visitor at once."""
    page.goto(faulty.page("/before", "<title>before</title>"))
    page.evaluate("() => { localStorage.ajs_user_id = JSON.stringify('of an earlier visit'); }")
    faulty.held.add("worker.js")
    url = faulty.page("/", html(body=track("A") + "<script>analytics.user().anonymousId()</script>"))
    page.goto(url, wait_until="domcontentloaded")
    assert len(journal(page)) == 1
    result = page.evaluate("() => { const made = analytics.track('B'); analytics.consent(false); return made; }")
    assert (result["status"], result["reason"]) == ("dropped", "no consent")
    assert page.evaluate(STORED) == []
    assert page.evaluate("() => analytics.state.journal") == {"calls": 0, "bytes": 0}
    faulty.held.clear()


def test_a_refusal_removes_what_an_earlier_visit_stored(page: Page, site: Site) -> None:
    """Consent refused before it was ever given on this page removes what an earlier, consented visit stored."""
    page.goto(site.page("/", html()))
    page.wait_for_function(EMPTY)
    page.evaluate("() => analytics.identify('u1', { plan: 'a' })")
    assert "ajs_user_id" in page.evaluate(STORED)
    page.goto(site.page("/asks", html('data-app-id="11" data-consent="required"')))
    page.evaluate("() => { analytics.consent(false); }")
    assert page.evaluate(STORED) == []
    assert page.evaluate("() => analytics.user().id()") is None


@pytest.mark.only_browser("chromium")  # Firefox does not always say that a script was blocked
def test_a_network_that_comes_back_after_a_refusal_loads_nothing(
    page: Page, context: BrowserContext, site: Site, watch: Watch
) -> None:
    """Once consent is taken back, a network that returns does not bring Heap's script into the page again."""
    block_heap(context)
    page.goto(site.page("/", html(heap="")))
    page.wait_for_function("() => analytics.state.heap === 'failed'")
    page.evaluate("() => { analytics.consent(false); dispatchEvent(new Event('online')); }")
    assert page.evaluate(HEAPS) == 1
    watch.expect("Heap's script was blocked or not found; calls are kept for the next page")
    watch.expect("ERR_BLOCKED_BY_CLIENT|Loading failed")


def test_a_runtime_that_is_no_url_is_said_and_can_be_put_right(page: Page, site: Site, watch: Watch) -> None:
    """A `runtime` that is no URL is said in one sentence; a right `load` afterwards delivers the calls that wait."""
    page.goto(site.page("/", html("data-x", track("A"))))
    page.evaluate("() => { analytics.load({ appId: '11', runtime: 'https://' }); }")
    page.evaluate("() => { analytics.load('11'); }")
    expect_events(page, site, ["A"])
    watch.expect('runtime must be a URL; got "https://"')


def test_our_script_inlined_finds_its_runtime_by_its_attribute(page: Page, site: Site) -> None:
    """Our script inlined into the page, without an address of its own, works with `data-runtime`."""
    text = (site.dist / "heap-web.js").read_text("utf-8").replace("</", "<\\/")
    runtime = next((site.dist / "runtime").iterdir()).name
    tag = f"<script data-app-id=11 data-runtime=/dist/runtime/{runtime}/>{text}</script>"
    page.goto(site.page("/", f"<!doctype html><title>inline</title><script>{HEAP}</script>{tag}{track('A')}"))
    expect_events(page, site, ["A"])


def test_a_settled_listener_that_tracks_does_not_freeze_the_page(
    page: Page, context: BrowserContext, site: Site, watch: Watch
) -> None:
    """A `settled` listener that makes another call of every call that failed leaves the page time to breathe."""
    page.goto(site.page("/", html("data-x")))
    page.evaluate(
        """() => {
            analytics.load('no digits');
            analytics.on('settled', ({ status }) => status === 'dropped' && analytics.track('again'));
            analytics.track('first');
        }"""
    )
    # Ten turns of the event loop between the calls.
    turns = (
        "() => new Promise((done) => { let n = 0; const turn = () => ++n > 10 ? done(n) : setTimeout(turn); turn(); })"
    )
    assert page.evaluate(turns) == 11
    page.evaluate("() => { analytics.off('settled'); }")
    watch.expect("appId must be")


def test_a_missing_broadcast_channel_breaks_nothing(page: Page, site: Site) -> None:
    """Where there is no BroadcastChannel, calls arrive all the same."""
    page.add_init_script("delete window.BroadcastChannel;")
    page.goto(site.page("/", html(body=track("A"))))
    expect_events(page, site, ["A"])


def test_settings_that_are_not_their_own_do_not_count(page: Page, site: Site, watch: Watch) -> None:
    """An App ID on Object.prototype is nobody's setting."""
    page.goto(site.page("/", html("data-x")))
    page.evaluate("() => { Object.prototype.appId = '666'; analytics.load({}); delete Object.prototype.appId; }")
    assert page.evaluate("() => [window.heap.appid, analytics.state.heap]") == [None, "idle"]
    watch.expect("appId must be")
