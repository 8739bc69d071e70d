"""The demo as a visitor uses it: the shop clicked through, the playground, what Heap received, the control."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from heap_web.dev.serve.server import running
from heap_web.dev.serve.site import PAGES

from .conftest import Watch

PATIENCE = 30.0
PHONE = {"width": 390, "height": 844}
DOCUMENTED = [
    "foo.bar.cheese: 'american'",
    "foo.bar.prop: '[1,2,3]'",
    """foo.bar.products: '[{"A":"Jello"},{"B":"Peanut"}]'""",
]
# A Heap that is live at once and writes what it is told onto the page.
HEAP = """(() => {
  const told = [];
  const track = (event) => (document.documentElement.dataset.told = (told.push(event), told.join()));
  window.heap = { loaded: true, track, identify() {}, addUserProperties() {}, resetIdentity() {} };
})();"""

Received = Callable[[int], list[dict[str, Any]]]


@pytest.fixture
def demo(dist: Path) -> Iterator[str]:
    """The demo's address; without an App ID, so that its server plays Heap."""
    with running(dist=dist) as address:
        yield address


@pytest.fixture
def received(demo: str) -> Received:
    """Gives what Heap received, once it is at least so many calls."""

    def ask(least: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + PATIENCE
        while True:
            calls: list[dict[str, Any]] = httpx.get(f"{demo}/received.json").json()["received"]
            if len(calls) >= least or time.monotonic() > deadline:
                return calls
            time.sleep(0.05)

    return ask


def names(calls: list[dict[str, Any]]) -> list[str]:
    """Each call in one line: an event by its name, a user by the id."""
    return [
        f"{call['method']} {call['arguments'][0]}" if call["method"] != "addUserProperties" else "addUserProperties"
        for call in calls
    ]


def properties(calls: list[dict[str, Any]], event: str) -> dict[str, Any]:
    """The properties of the only event of that name."""
    [found] = [call["arguments"][1] for call in calls if call["arguments"][0] == event]
    return dict(found)


def test_a_visit_reaches_heap_whole_and_in_order(page: Page, demo: str, received: Received) -> None:
    """From the first look to the order, in and out of the account: every action is one call, received once."""
    page.goto(demo)
    page.get_by_role("link", name="See the shelf").click()
    page.get_by_role("link", name="Lime Jello").click()
    page.get_by_label("How many").select_option("2")
    page.get_by_role("button", name="Add to the cart").click()
    expect(page.locator("#cart-count")).to_have_text("2")
    page.get_by_role("link", name="Cart").click()
    page.get_by_role("button", name="One more of Lime Jello").click()
    page.get_by_role("button", name="One less of Lime Jello").click()
    expect(page.locator("#cart-total")).to_have_text("€12.00")
    page.get_by_role("link", name="Go to checkout").click()
    page.get_by_label("Chilled").check()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Hello, Ada Lovelace.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    calls = received(13)
    assert names(calls) == [
        "track Product List Viewed",
        "track Product Clicked",
        "track Product Viewed",
        "track Product Added",
        "track Cart Viewed",
        "track Product Added",
        "track Product Removed",
        "track Checkout Started",
        "track Order Completed",
        "identify ada@example.com",
        "addUserProperties",
        "track Signed In",
        "track Signed Out",
    ]
    assert [call["refused"] for call in calls] == [None] * 13
    order = properties(calls, "Order Completed")
    assert (order["total"], order["shipping"], order["currency"]) == (16.9, 4.9, "EUR")
    assert "coupon" not in order
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", order["ordered_at"])
    [bought] = json.loads(order["products"])
    assert (bought["product_id"], bought["quantity"], bought["price"]) == ("lime-jello", 2, 6)
    [traits] = [call["arguments"][0] for call in calls if call["method"] == "addUserProperties"]
    assert (traits["_email"], traits["likes.taste"], traits["likes.spoons"]) == ("ada@example.com", "Both", "[1,2,3]")


@pytest.mark.one_engine
def test_the_first_minute_shows_a_nested_call_become_flat(page: Page, demo: str, received: Received) -> None:
    """One click on the home page fills all three steps: the call, its flat values, and what the server got of it."""
    page.goto(demo)
    page.locator("#step-click").get_by_role("button", name="Add to the cart").click()
    expect(page.locator(".step.done")).to_have_count(3, timeout=PATIENCE * 1000)
    expect(page.locator("#way-call")).to_contain_text("product: {")
    expect(page.locator("#way-python tr").filter(has_text="cart.items")).to_contain_text('[{"product_id":"lime-jello"')
    [call] = received(1)
    assert call["refused"] is None
    assert (call["arguments"][1]["product.name"], call["arguments"][1]["cart.total"]) == ("Lime Jello", 6)
    shown = page.locator("#way-heap li[data-call] .values > li")
    expect(shown).to_have_count(len(call["arguments"][1]))


@pytest.mark.one_engine
def test_no_page_of_the_shop_warns_of_itself(page: Page, demo: str) -> None:
    """With something in the cart, no page of the shop makes a call that its own analytics warns of."""
    warned: list[str] = []
    page.on("console", lambda message: warned.append(message.text) if message.type == "warning" else None)
    page.goto(f"{demo}/products")
    for name in ("Lime Jello", "Raspberry Jello", "Peanut Butter", "Peanut Brittle"):
        page.get_by_role("button", name=f"Add {name} to the cart").click()
    page.get_by_role("button", name="Peanut", exact=True).click()
    for path in ("/products", "/products/lime-jello", "/cart", "/checkout", "/account", "/"):
        page.goto(demo + path)
        page.evaluate("() => analytics.flush()")
    assert warned == []


@pytest.mark.one_engine
def test_on_a_phone_what_floats_covers_nothing(page: Page, demo: str) -> None:
    """At 390 px toast, header's buttons and inspector are beside each other, and the page's end stays clear of them."""
    page.set_viewport_size(PHONE)
    page.goto(f"{demo}/products")
    page.get_by_role("button", name="Add Lime Jello to the cart").click()
    toast = page.locator("#said")
    expect(toast).to_have_text("Lime Jello is in your cart")
    box = toast.bounding_box()
    header = page.locator("header.top").bounding_box()
    account = page.locator("a.pill").first.bounding_box()
    links = page.locator("nav.links").bounding_box()
    assert box
    assert header
    assert account
    assert links
    assert header["y"] <= box["y"]
    assert box["y"] + box["height"] <= links["y"] + 1
    assert box["x"] + box["width"] <= account["x"]
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
    pill = page.get_by_role("button", name="heap-web").bounding_box()
    last = page.locator("footer a").last.bounding_box()
    assert pill
    assert last
    assert last["y"] + last["height"] <= pill["y"]


@pytest.mark.one_engine
def test_the_documented_example_arrives_as_documented(page: Page, demo: str) -> None:
    """The nested event of the documentation, sent from the playground, is listed with exactly the documented values."""
    page.goto(f"{demo}/playground")
    page.get_by_role("button", name="Send it", exact=True).click()
    expect(page.locator("#outcome")).to_contain_text("delivered", timeout=PATIENCE * 1000)
    expect(page.locator("#commands")).to_contain_text('heap.track("Test Event"')
    page.get_by_role("link", name="What Heap received").click()
    entry = page.locator("#received li[data-call]").filter(has_text="Test Event")
    expect(entry.locator(".name")).to_have_text("Test Event")
    expect(entry.locator(".values li")).to_have_text(DOCUMENTED)


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("example", "values"),
    [
        (
            "Who it is",
            {"_email": "john.doe@example.com", "address.zip": "04711", "signedUpAt": "2026-02-28T11:30:00.000Z"},
        ),
        ("Dates", {"sku": "1234-56-78", "noSuchDay": "2026-02-30", "under.a.list": '["1970-01-01T00:00:00.000Z"]'}),
        ("A cart in an order", {"delivery.window.from": "18:00", "total": 27.5}),
        ("Odd values", {"map.b.c": 2, "set": "[3,1,2]", "big": 10, "error": "TypeError: too wobbly", "minusZero": 0}),
        (
            "Strange names",
            {"constructor": "a key like any other", "with.dot.inside": 1, "emoji": "🥜 and half of one: \ufffd"},
        ),
        ("No properties", {}),
    ],
)
def test_every_example_arrives_flat(
    page: Page, demo: str, received: Received, example: str, values: dict[str, object]
) -> None:
    """Each of the playground's examples is delivered, and nothing of it is refused as not flat."""
    page.goto(f"{demo}/playground")
    page.get_by_role("button", name=example).click()
    page.get_by_role("button", name="Send it", exact=True).click()
    expect(page.locator("#outcome")).to_contain_text("delivered", timeout=PATIENCE * 1000)
    calls = received(2 if example == "Who it is" else 1)
    flat = calls[-1]["arguments"][-1]
    assert [call["refused"] for call in calls] == [None] * len(calls)
    assert {key: flat.get(key) for key in values} == values
    assert not {"nothing", "none", "made", "symbol", "element", "window", "again", "__proto__.polluted"} & set(flat)


@pytest.mark.one_engine
def test_a_call_that_cannot_be_forwarded_says_why(page: Page, demo: str) -> None:
    """An event without a name is dropped, and the playground shows the reason."""
    page.goto(f"{demo}/playground")
    page.get_by_role("button", name="No event name").click()
    page.get_by_role("button", name="Send it", exact=True).click()
    expect(page.locator("#outcome")).to_contain_text("dropped", timeout=PATIENCE * 1000)
    expect(page.locator("#outcome")).to_contain_text("name")


@pytest.mark.one_engine
def test_what_is_no_value_is_shown_where_it_ends(page: Page, demo: str) -> None:
    """Text that is no value is not sent: it says what is missing and where, and shows no earlier call's result."""
    page.goto(f"{demo}/playground")
    page.get_by_role("button", name="Send it", exact=True).click()
    expect(page.locator("#commands")).to_be_visible(timeout=PATIENCE * 1000)
    page.locator("#values").fill("{\n  a: cheese\n}")
    page.get_by_role("button", name="Send it", exact=True).click()
    expect(page.locator("#values-error")).to_have_text(
        "Line 2, column 6: cheese is no value known here; text needs quotes"
    )
    expect(page.locator("#values")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#outcome")).to_contain_text("Not sent")
    expect(page.locator("#commands")).to_be_hidden()
    expect(page.locator("#rows-wrap")).to_be_hidden()


@pytest.mark.one_engine
def test_a_hundred_calls_at_once_arrive_in_order(page: Page, demo: str, received: Received) -> None:
    """A burst from the playground is delivered whole."""
    page.goto(f"{demo}/playground")
    page.get_by_role("button", name="Send it 100 times").click()
    expect(page.locator("#outcome")).to_contain_text("100 of 100 delivered", timeout=PATIENCE * 1000)
    assert names(received(100)) == ["track Test Event"] * 100


@pytest.mark.one_engine
def test_the_list_of_what_came_is_live_searched_and_cleared(page: Page, demo: str) -> None:
    """The list grows while one looks at it; it can be searched and narrowed by method, and cleared for good."""
    page.goto(f"{demo}/received")
    entries = page.locator("#received li[data-call]")
    expect(page.locator("#nothing")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{demo}/account")
    other.get_by_role("button", name="Sign in").click()
    expect(entries).to_have_count(3, timeout=PATIENCE * 1000)
    other.close()
    expect(page.locator(".visitor h2")).to_have_text(["ada@example.com 3 calls"])
    expect(page.locator(".view h3 code")).to_have_text(["/account"])
    page.get_by_label("Find").fill("SPOONS")
    expect(entries.locator(".method")).to_have_text(["addUserProperties"])
    expect(page.locator("#live-text")).to_have_text("1 of 3 received")
    page.get_by_label("Find").fill("no such thing")
    expect(page.locator("#no-match")).to_be_visible()
    page.get_by_label("Find").fill("")
    page.get_by_role("button", name="identify").click()
    expect(entries.locator(".name")).to_have_text(["ada@example.com"])
    page.get_by_role("button", name="Clear the list").click()
    expect(entries).to_have_count(0)
    page.reload()
    expect(page.locator("#nothing")).to_be_visible()


@pytest.mark.one_engine
def test_the_control_has_heaps_own_snippet_alone(
    page: Page, demo: str, received: Received, watch: Watch, browser_name: str
) -> None:
    """On the control page a flat event arrives, a nested one is refused as it is, and heap_web is not there."""
    if browser_name == "chromium":  # Firefox does not tell of it
        watch.expect("422")
    page.goto(f"{demo}/plain")
    page.get_by_role("button", name="A flat event").click()
    page.get_by_role("button", name="The nested").click()
    first, second = received(2)
    assert (first["arguments"], first["refused"]) == (["Test Event", {"source": "control", "cheese": "american"}], None)
    assert second["refused"] == "foo is an object; Heap takes text, numbers, true and false"
    assert page.evaluate("typeof analytics") == "undefined"


@pytest.mark.one_engine
def test_calls_made_before_heap_is_there_arrive(page: Page, demo: str, received: Received) -> None:
    """While Heap's script is on its way the page is used all the same, and what was called arrives when it is there."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/heap-*.js", hold)
    page.goto(f"{demo}/products/lime-jello", wait_until="domcontentloaded")
    page.get_by_role("button", name="Add to the cart").click()
    expect(page.locator("#said")).to_have_text("Lime Jello is in your cart")
    assert received(0) == []
    held[0].continue_()
    assert names(received(2)) == ["track Product Viewed", "track Product Added"]


@pytest.mark.one_engine
def test_the_shop_works_without_the_script(page: Page, demo: str, watch: Watch) -> None:
    """A visitor whose browser blocks heap-web.js can shop, and the page has no error of its own."""
    watch.expect("ERR_FAILED|integrity")
    page.route("**/dist/heap-web.js", lambda route: route.abort())
    page.goto(f"{demo}/products/lime-jello")
    page.get_by_role("button", name="Add to the cart").click()
    expect(page.locator("#cart-count")).to_have_text("1")


@pytest.mark.one_engine
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(page: Page, demo: str, scheme: str) -> None:
    """At 390 px no page scrolls sideways, in light and dark."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    wide = []
    for path in {each.template: each.path for each in PAGES}.values():
        page.goto(demo + path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    assert wide == []


@pytest.mark.one_engine
def test_the_cart_is_used_by_keyboard(page: Page, demo: str) -> None:
    """A button in the cart keeps its focus while the list around it is made anew."""
    page.goto(f"{demo}/products")
    page.get_by_role("button", name="Add Lime Jello to the cart").press("Enter")
    page.goto(f"{demo}/cart")
    more = page.get_by_role("button", name="One more of Lime Jello")
    more.press("Enter")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#cart-lines output")).to_have_text("3")
    page.get_by_role("button", name="Take Lime Jello out of the cart").press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.locator("#cart-empty")).to_be_visible()


@pytest.mark.one_engine
def test_the_latest_generation_is_played_too(page: Page, dist: Path) -> None:
    """With the latest SDK's snippet on the page the played Heap takes what waited, and the shop's calls arrive."""
    with running(sdk="latest", dist=dist) as address:
        page.goto(f"{address}/products/lime-jello")
        page.get_by_role("button", name="Add to the cart").click()
        page.goto(f"{address}/received")
        entries = page.locator("#received li[data-call] .name")
        expect(entries).to_have_text(["Product Added", "Product Viewed"], timeout=PATIENCE * 1000)


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("sdk", "url"),
    [
        ("classic", "https://cdn.heapanalytics.com/js/heap-77.js"),
        ("latest", "https://cdn.us.heap-api.com/config/77/heap_config.js"),
    ],
)
def test_with_an_app_id_heap_itself_is_loaded_once(page: Page, dist: Path, sdk: str, url: str) -> None:
    """With a real App ID the page loads Heap's own script, which the policy lets in, and Heap gets the calls."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="text/javascript", body=HEAP)

    page.route("https://**/*", answer)
    with running("77", sdk, dist) as address:
        page.goto(f"{address}/products/lime-jello")
        page.get_by_role("button", name="Add to the cart").click()
        expect(page.locator("html")).to_have_attribute(
            "data-told", "Product Viewed,Product Added", timeout=PATIENCE * 1000
        )
        assert asked == [url]
