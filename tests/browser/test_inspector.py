"""The inspector: a call's way, its values before and after, filter, copies, states; by mouse and by keyboard."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from heap_web.dev.build.steps import STATIC
from heap_web.dev.build.toolchain import node
from heap_web.dev.docs import pages as docs
from heap_web.dev.serve.server import running

PATIENCE = 30_000
CLIPBOARD = """Object.defineProperty(navigator, "clipboard", {
  value: { writeText: async (text) => { window.copied = text; } },
});"""
NESTED = {"foo": {"bar": {"cheese": "american", "prop": [1, 2, 3], "products": [{"A": "Jello"}, {"B": "Peanut"}]}}}


@pytest.fixture(scope="module")
def demo(dist: Path) -> Iterator[str]:
    """The demo's address."""
    with running(dist=dist) as address:
        yield address


@pytest.fixture
def panel(page: Page, demo: str) -> Locator:
    """The open panel on the home page, after one event with nested values."""
    page.add_init_script(CLIPBOARD)
    page.goto(f"{demo}/")
    page.get_by_role("button", name="heap-web").click()
    page.evaluate("(values) => { analytics.track('Test Event', values); }", NESTED)
    return page.get_by_role("region", name="heap-web inspector")


def row(panel: Locator, name: str) -> Locator:
    """The call of that name in the list."""
    return panel.locator(".call").filter(has=panel.page.locator(".title", has_text=name))


def test_shows_the_way_of_a_call(panel: Locator) -> None:
    """A call's line opens to its way, and to its values with the changed ones marked."""
    call = row(panel, "Test Event")
    expect(call.locator(".badge")).to_have_text("delivered", timeout=PATIENCE)
    call.get_by_role("button", name="Test Event").click()
    expect(call.locator(".way li b")).to_contain_text(["made", "transformed", "delivered"])
    expect(call.locator("tbody tr")).to_have_count(3)
    expect(call.locator("tbody tr.changed th")).to_contain_text(["foo.bar.prop", "foo.bar.products"])
    expect(call.locator("tbody tr").first.locator("td")).to_have_text(['"american"', '"american"'])
    expect(call.locator("tbody tr").last.locator("td").last).to_have_text("""'[{"A":"Jello"},{"B":"Peanut"}]'""")


@pytest.mark.one_engine
def test_sees_the_calls_from_before_it_was_there(panel: Locator) -> None:
    """The page's first call, made before the panel's module had arrived, is in the list."""
    expect(panel.locator(".call .method")).to_have_text(["track", "page"], timeout=PATIENCE)


@pytest.mark.one_engine
def test_what_is_not_sent_on_purpose_is_no_fault(panel: Locator) -> None:
    """Calls that Heap needs none of, and those that the options keep from it, are "not sent"; a fault is "dropped"."""
    panel.page.evaluate("() => { analytics.track('Kept from Heap', {}, { integrations: { Heap: false } }); }")
    panel.page.evaluate("() => { analytics.track(''); }")
    page_call = panel.locator(".call").filter(has=panel.page.locator(".method", has_text="page"))
    expect(page_call.locator(".badge")).to_have_text("not sent", timeout=PATIENCE)
    expect(row(panel, "Kept from Heap").locator(".badge")).to_have_text("not sent", timeout=PATIENCE)
    nameless = row(panel, 'no event name: ""')
    expect(nameless.locator(".badge")).to_have_text("dropped", timeout=PATIENCE)
    colours = [
        each.locator(".badge").evaluate("badge => getComputedStyle(badge).color") for each in (page_call, nameless)
    ]
    assert len(set(colours)) == 2
    page_call.locator(".line").click()
    expect(page_call.locator(".way")).to_contain_text("not sent on purpose: page is not told to Heap")


@pytest.mark.one_engine
def test_values_are_shown_as_what_they_are(panel: Locator) -> None:
    """What has no value for Heap is said in words, and of long text how much is not shown and what Heap keeps."""
    panel.page.evaluate("() => { analytics.track('Odd', { f() {}, text: 'x'.repeat(1500) }); }")
    call = row(panel, "Odd")
    expect(call.locator(".badge")).to_have_text("delivered", timeout=PATIENCE)
    call.locator(".line").click()
    expect(call.locator("tr.dropped")).to_contain_text("undefined, a function or the like")
    long = call.locator("tr.same")
    expect(long).to_contain_text("more characters")
    expect(long).to_contain_text("Heap keeps 1,024 characters")


@pytest.mark.one_engine
def test_the_bars_fill_the_axis(panel: Locator) -> None:
    """A few calls' bars are spread over the whole width of the chart, within it."""
    panel.page.evaluate("() => { for (let n = 0; n < 4; n += 1) analytics.track('Timed', { n }); }")
    panel.get_by_role("tab", name="Runtime").click()
    picture = panel.get_by_role("img", name="The last 5 calls")
    expect(picture).to_be_visible(timeout=PATIENCE)
    ends = picture.evaluate(
        """picture => {
          const all = picture.getBoundingClientRect();
          const bars = [...picture.querySelectorAll("rect.whole")].map((each) => each.getBoundingClientRect());
          return bars.map((bar) => (bar.right - all.left) / all.width);
        }"""
    )
    assert len(ends) == 5
    assert 0.85 < ends[-1] <= 1


@pytest.mark.one_engine
def test_filters_the_calls(panel: Locator) -> None:
    """The filter looks into names and values; clearing forgets the calls."""
    panel.page.evaluate("() => { analytics.track('Other', { colour: 'green' }); }")
    expect(panel.locator(".call")).to_have_count(3, timeout=PATIENCE)
    panel.get_by_role("searchbox").fill("AMERICAN")
    expect(panel.locator(".call .title")).to_have_text(["Test Event"])
    expect(panel.locator("#view-Calls [role=status]")).to_contain_text("1 of 3 calls")
    panel.get_by_role("searchbox").fill("")
    panel.get_by_role("button", name="Clear").click()
    expect(panel.locator(".call")).to_have_count(0)


@pytest.mark.one_engine
def test_copies_a_call(panel: Locator) -> None:
    """A call is copied as JSON with its commands, and as the line of Python that makes it."""
    call = row(panel, "Test Event")
    expect(call.locator(".badge")).to_have_text("delivered", timeout=PATIENCE)
    call.get_by_role("button", name="Test Event").click()
    call.get_by_role("button", name="Copy as JSON").click()
    expect(call.locator(".said")).to_have_text("Copied")
    copied = json.loads(panel.page.evaluate("copied"))
    assert (copied["method"], copied["arguments"]) == ("track", ["Test Event", NESTED])
    assert copied["commands"][0][2]["foo.bar.prop"] == "[1,2,3]"
    call.get_by_role("button", name="Copy as Python").click()
    text = panel.page.evaluate("copied")
    told: list[Any] = []
    eval(text, {"analytics": type("Analytics", (), {"track": staticmethod(lambda *given: told.extend(given))})})
    assert told == ["Test Event", NESTED]


@pytest.mark.one_engine
def test_shows_the_state_and_the_timings(panel: Locator) -> None:
    """The second tab says how long Python took to start and where it runs, and draws a bar for each call."""
    panel.get_by_role("tab", name="Runtime").click()
    facts = panel.locator("dl.facts dd")
    expect(facts.first).to_contain_text("ready in", timeout=PATIENCE)
    expect(facts.nth(2)).to_have_text("live", timeout=PATIENCE)
    expect(panel.get_by_role("img", name="One call: median")).to_be_visible(timeout=PATIENCE)
    expect(panel.locator("progress")).to_be_hidden()


@pytest.mark.one_engine
def test_lists_warnings(panel: Locator) -> None:
    """What the developer was warned of is in the third tab, with its number beside the tab's name."""
    panel.page.evaluate("() => { analytics.track(''); }")
    tab = panel.get_by_role("tab", name="Warnings")
    expect(tab).to_contain_text("1", timeout=PATIENCE)
    tab.click()
    expect(panel.locator(".notices li")).to_have_count(1)
    expect(panel.locator(".notices li")).to_contain_text("name")


@pytest.mark.one_engine
def test_explains_warnings(panel: Locator) -> None:
    """A warning has a line on what it means, and a link into the documentation where the page says where that is."""
    panel.get_by_role("tab", name="Warnings").click()
    panel.page.evaluate("() => { analytics.track(''); }")
    rows = panel.locator(".notices li.warning")
    link = rows.first.get_by_role("link", name="What to do")
    expect(link).to_have_attribute("href", re.compile(r"/docs/troubleshooting\.html#value$"), timeout=PATIENCE)
    link.focus()
    panel.page.evaluate("() => document.querySelector('meta[name=heap-web-docs]').remove()")
    panel.page.evaluate("() => { analytics.identify('guest'); }")
    expect(rows).to_have_count(2, timeout=PATIENCE)
    expect(rows.last.locator(".why")).to_contain_text("Heap does not take this")
    expect(rows.last.get_by_role("link")).to_have_count(0)
    expect(link).to_be_focused()


def test_every_warning_is_explained() -> None:
    """Each code that is reported has its line in the inspector and its place in the documentation."""
    scripts = "".join(path.read_text("utf-8") for path in (STATIC / "src" / "page").rglob("*.js"))
    reported = set(re.findall(r'\b(?:report\b.*"(?:warning|error)", |warn\()"(\w+)"', scripts))
    assert reported >= {"config", "heap", "inspector", "journal", "runtime", "value"}
    program = (
        "import(process.argv[1]).then(({ EXPLANATIONS }) => console.log(JSON.stringify(Object.keys(EXPLANATIONS))))"
    )
    module = (STATIC / "src" / "inspector" / "explanations.js").as_uri()
    done = subprocess.run([node(), "--eval", program, module], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == reported
    (page,) = (doc for doc in docs.DOCS if doc.name == "troubleshooting")
    html = docs.html(page, str, str)
    assert [code for code in sorted(reported) if f'<h3 id="{code}">' not in html] == []


@pytest.mark.one_engine
def test_is_used_by_keyboard(page: Page, demo: str) -> None:
    """Opened by Enter, its tabs turned by the arrows, closed by Escape, which gives the focus back."""
    page.goto(f"{demo}/")
    pill = page.get_by_role("button", name="heap-web")
    pill.press("Enter")
    panel = page.get_by_role("region", name="heap-web inspector")
    expect(panel.get_by_role("tab", name="Calls")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(panel.get_by_role("tab", name="Runtime")).to_be_focused()
    expect(panel.get_by_role("tab", name="Runtime")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(panel.get_by_role("tab", name="Warnings")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(pill).to_be_focused()


@pytest.mark.one_engine
def test_an_open_line_stays_open_while_calls_come(panel: Locator) -> None:
    """New calls come above; the line that is open and has the focus stays so."""
    call = row(panel, "Test Event")
    expect(call.locator(".badge")).to_have_text("delivered", timeout=PATIENCE)
    line = call.get_by_role("button", name="Test Event")
    line.press("Enter")
    panel.page.evaluate("() => { for (let n = 0; n < 20; n += 1) analytics.track('Later', { n }); }")
    expect(row(panel, "Later")).to_have_count(20)
    expect(line).to_be_focused()
    expect(line).to_have_attribute("aria-expanded", "true")


@pytest.mark.one_engine
def test_stays_as_it_was_on_the_next_page(panel: Locator, demo: str) -> None:
    """Open on one page, it is open on the next, at the same tab."""
    panel.get_by_role("tab", name="Runtime").click()
    panel.page.goto(f"{demo}/products")
    expect(panel.get_by_role("tab", name="Runtime")).to_have_attribute("aria-selected", "true")


@pytest.mark.one_engine
def test_opens_by_the_address(page: Page, demo: str) -> None:
    """`?heap-web=inspect` opens it."""
    page.goto(f"{demo}/?heap-web=inspect")
    expect(page.get_by_role("region", name="heap-web inspector")).to_be_visible()


@pytest.mark.one_engine
def test_a_burst_does_not_hold_the_page_up(panel: Locator) -> None:
    """With the panel open, 2,000 calls leave a bounded list, and no frame of the page waits long for it."""
    longest = panel.page.evaluate(
        """async () => {
          for (let n = 0; n < 2000; n += 1) analytics.track("Burst", { n });
          let longest = 0;
          for (let frame = 0, last = performance.now(); frame < 60; frame += 1) {
            await new Promise(requestAnimationFrame);
            longest = Math.max(longest, performance.now() - last);
            last = performance.now();
          }
          return longest;
        }"""
    )
    expect(panel.locator(".call")).to_have_count(150)
    assert longest < 1000
