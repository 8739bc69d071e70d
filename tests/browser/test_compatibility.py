"""What stays compatible between versions: the journal, the storage keys, and pages with scripts of two versions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.serving import Site

APP_ID = "11"
PAGE = '<!doctype html><title>A page</title><script src="{script}" data-app-id="11"></script>'
# What a page of 0.1.0 wrote for three calls and could not deliver: key -> the time of the call and its wire text.
WRITTEN_BY_0_1_0 = {
    "heap-web:11:mi8x2k3a0fq3z1x:0": '{"m":"identify","a":["ann",{"plan":"pro","since":"2026-11-21T08:00:00.000Z"}]}',
    "heap-web:11:mi8x2k3a0fq3z1x:1": '{"m":"track","a":["Left over",{"cart":{"items":[{"sku":"jello"}],"total":4.5}}]}',
    "heap-web:11:mi8x2k3a0fq3z1x:2": (
        '{"m":"track","a":["Odd",{"big":{"$":"bigint","v":"10"},"at":"2026-11-21 09:00:00"}],'
        '"l":{"2026-11-21 09:00:00":"2026-11-21T08:00:00.000Z"}}'
    ),
}


@pytest.mark.one_engine
def test_a_journal_of_0_1_0_is_delivered(site: Site, page: Page, recorded: Callable[[Page], list[Any]]) -> None:
    """Calls that a page of 0.1.0 left behind reach Heap, in order and once; nothing of them stays."""
    page.goto(site.page("/empty", "<!doctype html><title>Empty</title>"))
    page.evaluate(
        "calls => Object.entries(calls).forEach(([key, text]) => localStorage.setItem(key, Date.now() - 60000 + text))",
        WRITTEN_BY_0_1_0,
    )
    page.goto(site.page("/page", PAGE.format(script=site.built("heap-web.js"))))
    page.wait_for_function("() => recorder.told.some(([, name]) => name === 'Odd')")
    page.wait_for_function("() => !Object.keys(localStorage).some(key => /^heap-web:11:/.test(key))")
    assert recorded(page) == [
        ["identify", "ann"],
        ["addUserProperties", {"plan": "pro", "since": "2026-11-21T08:00:00.000Z", "id": "ann"}],
        ["track", "Left over", {"cart.items": '[{"sku":"jello"}]', "cart.total": 4.5}],
        ["track", "Odd", {"big": 10, "at": "2026-11-21T08:00:00.000Z"}],
    ]


@pytest.mark.one_engine
def test_the_visitor_is_kept_under_segments_names(
    site: Site, page: Page, recorded: Callable[[Page], list[Any]]
) -> None:
    """Who the visitor is stands under analytics.js' own keys, as JSON; all else that is stored begins with ours."""
    page.goto(site.page("/page", PAGE.format(script=site.built("heap-web.js"))))
    page.evaluate("() => analytics.identify('ann', { plan: 'pro' })")
    anonymous = page.evaluate("() => analytics.user().anonymousId()")
    stored = page.evaluate("() => ({ ...localStorage })")
    kept = {key: json.loads(value) for key, value in stored.items() if not key.startswith("heap-web:")}
    assert kept == {"ajs_user_id": "ann", "ajs_user_traits": {"plan": "pro"}, "ajs_anonymous_id": anonymous}


@pytest.fixture
def old(dist: Path, site: Site, tmp_path: Path) -> Iterator[str]:
    """The URL of a script of another version, with a runtime of its own: the same files, their name another one."""
    runtime = json.loads((dist / "manifest.json").read_text("utf-8"))["runtime"]
    other = "runtime/0ldbu1ld0ldbu1ld/"
    shutil.copytree(dist / runtime, tmp_path / other)
    script = (dist / "heap-web.js").read_text("utf-8")
    assert runtime in script
    (tmp_path / "heap-web.js").write_text(script.replace(runtime, other), "utf-8")
    site.folders["/old/"] = tmp_path
    yield f"{site.url}/old/heap-web.js"
    del site.folders["/old/"]


def test_pages_with_scripts_of_two_versions_live_side_by_side(
    old: str, site: Site, context: BrowserContext, page: Page, recorded: Callable[[Page], list[Any]]
) -> None:
    """Pages of an old and of a new script, open at once, each deliver by their own runtime, and each call once."""
    pages = {"old": page, "new": context.new_page()}
    for name, script in {"old": old, "new": site.built("heap-web.js")}.items():
        pages[name].goto(site.page(f"/{name}", PAGE.format(script=script)))
    for number in range(3):
        for name, one in pages.items():
            result = one.evaluate("([name, number]) => analytics.track(name, { number })", [name, number])
            assert result["status"] == "delivered"
    told = {name: recorded(one) for name, one in pages.items()}
    assert told == {name: [["track", name, {"number": number}] for number in range(3)] for name in pages}
    asked = {
        path.split("/")[1:4:2] and path.rsplit("/", 1)[0] for _, path, _ in site.asked if path.endswith("python.bin")
    }
    assert len(asked) == 2


# Heap's `track` also notes in the storage what it was told: there it outlives the page.
NOTING = """
const { track } = heap;
heap.track = (event, properties) => {
  localStorage[`told:${event}:${properties.number}:${Math.random()}`] = "";
  track(event, properties);
};
"""


def test_what_an_old_script_left_behind_is_delivered_by_a_new_one(
    old: str, site: Site, page: Page, recorded: Callable[[Page], list[Any]]
) -> None:
    """Calls made in the tick of a navigation are delivered once, by the old script or by the next page's new one."""
    page.context.add_init_script(NOTING)
    page.goto(site.page("/old", PAGE.format(script=old)))
    url = site.page("/new", PAGE.format(script=site.built("heap-web.js")))
    leave = "url => { for (let number = 0; number < 20; number++) analytics.track('Left', { number }); location = url }"
    page.evaluate(leave, url)
    page.wait_for_url(url)
    page.wait_for_function("() => Object.keys(localStorage).filter((key) => key.startsWith('told:')).length >= 20")
    page.evaluate("() => analytics.track('Next', { number: 20 })")
    keys = page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('told:'))")
    assert sorted(int(key.split(":")[2]) for key in keys) == list(range(21))
