"""The documentation as a reader uses it in a browser: search, copying, colours, next page, a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from heap_web.dev.docs import pages as docs
from heap_web.dev.serve.server import running
from tests.browser.conftest import Watch

pytestmark = pytest.mark.only_browser("chromium")
PHONE = {"width": 390, "height": 844}
# Text and what is behind it, as WCAG 2 weighs them: each text node's colour against the nearest ground that is painted.
CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = read(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return read("Canvas");
  };
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility({ opacityProperty: true })) continue;
    const pair = [light(read(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    const words = walker.currentNode.data.trim().slice(0, 30);
    if (ratio < 4.5) found.set(`${element.tagName}.${element.className}: ${words}`, ratio);
  }
  return [...found];
}"""


@pytest.fixture(scope="module")
def address(dist: Path) -> Iterator[str]:
    """The demo server, which serves the documentation."""
    with running(dist=dist) as url:
        yield f"{url}/docs"


def test_search_finds_a_setting_by_its_name_and_leads_there(page: Page, address: str) -> None:
    """The key / opens the search; what is typed is found by its beginning, with a slip too, and Enter goes there."""
    page.goto(f"{address}/values.html")
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search the documentation")
    expect(field).to_be_focused()
    field.fill("disabletextcapture")
    expect(page.get_by_role("option").first).to_contain_text("Settings")
    field.fill("consnt manager")
    expect(page.get_by_role("option").first).to_contain_text("Consent managers")
    field.fill("zzzzzz")
    expect(page.locator("#found-words")).to_have_text("Nothing found.")
    field.fill("strict policy")
    expect(page.get_by_role("option").first).to_contain_text("A strict policy")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/security.html#a-strict-policy")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_code_is_copied(page: Page, address: str) -> None:
    """A block's button copies its code, all of it and nothing else."""
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { copied = text; } } });"
    )
    page.add_init_script("window.copied = null;")
    page.goto(f"{address}/install.html")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    first = next(block for block in docs.blocks(next(doc for doc in docs.DOCS if doc.name == "install")))
    assert page.evaluate("copied").strip() == first.code.strip()


def test_the_chosen_colours_stay(page: Page, address: str) -> None:
    """The button changes the colours, and the next page has them before it is painted."""
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/install.html")
    page.get_by_role("button", name="Show in dark colours").click()
    page.goto(f"{address}/settings.html")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    expect(page.get_by_role("button", name="Show in light colours")).to_be_visible()


def test_one_reads_from_page_to_page(page: Page, address: str) -> None:
    """Each page leads to the next; the contents say where one is."""
    page.goto(f"{address}/index.html")
    page.get_by_role("link", name="Get started").first.click()
    page.get_by_role("link", name="Next Verify that it works").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Verify that it works")
    contents = page.get_by_role("navigation", name="Documentation")
    expect(contents.locator("[aria-current=page]")).to_have_text("Verify that it works")


def test_an_address_without_a_page_says_so(page: Page, address: str, watch: Watch) -> None:
    """Below /docs/ and in the shop, an address where nothing is shows a page that leads on, with the status 404."""
    watch.expect("404")
    answer = page.goto(f"{address}/no/such.html")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    page.get_by_role("main").get_by_role("link", name="Get started").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Get started")
    answer = page.goto(f"{address}/../nothing")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("link", name="To the documentation")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_read_on_a_phone(page: Page, address: str, scheme: str) -> None:
    """At 390 px no page scrolls sideways, the contents are folded away, and all text has contrast, light and dark."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    wide, faint = [], []
    for doc in docs.DOCS:
        page.goto(f"{address}/{doc.file}", wait_until="domcontentloaded")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(doc.name)
        faint += [(doc.name, *each) for each in page.evaluate(CONTRASTS)]
    assert wide == []
    assert faint == []
    contents = page.get_by_role("navigation", name="Documentation")
    expect(contents).to_be_hidden()
    page.get_by_role("button", name="Contents").click()
    contents.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_a_wide_table_is_a_list_on_a_phone(page: Page, address: str) -> None:
    """On a phone each fault says what it is, and beside each figure what it counts."""
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/faults.html")
    row = page.locator(".cards tbody tr").first
    expect(row.locator(".title")).to_be_visible()
    lost = row.locator("td[data-label=lost]")
    assert lost.evaluate("cell => getComputedStyle(cell, '::before').content") == '"lost"'
    assert lost.evaluate("cell => cell.getBoundingClientRect().right <= innerWidth")
