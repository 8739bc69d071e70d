"""heap_web.browser.load: what it checks, and that the same App ID gives the same analytics."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import heap_web
from heap_web.browser import channel, door
from heap_web.browser.bridge import BridgeAnalytics
from heap_web.browser.load import _open, page_settings
from heap_web.browser.page import PageAnalytics
from heap_web.core.errors import ConfigurationError
from heap_web.core.settings import Settings

from .test_bridge import World
from .test_page import FakeHalf, FakePage


class Here(FakePage):
    """The page that this Python seems to run in."""

    has_window = True
    last: "Here"

    def __init__(self, version: str, nonce: str | None) -> None:
        super().__init__(brought=FakeHalf(version=version))
        self.version = version
        self.nonce = nonce
        Here.last = self

    def has_document(self) -> bool:
        return self.has_window


@pytest.fixture(params=["page", "worker"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This Python seems to run in a page, and in a worker."""
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(door, "Browser", Here)
    monkeypatch.setattr(channel, "Channel", World)
    monkeypatch.setattr(Here, "has_window", request.param == "page")
    yield request.param
    _open.clear()


def test_outside_a_page_it_says_what_it_needs() -> None:
    """Outside a page load says that it needs one; a wrong setting is told first."""
    with pytest.raises(RuntimeError, match="needs a web page"):
        heap_web.load("7")
    with pytest.raises(ConfigurationError, match="App ID"):
        heap_web.load()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"nonce": 7}, "nonce: 7 is no text. Pass the policy's nonce"),
        ({"script": ""}, "script: '' is no text. Pass the URL of heap-web.js"),
        ({"arrayLimit": 3}, "'arrayLimit' is no setting. Did you mean 'array_limit'"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], says: str) -> None:
    """A setting that is wrong or unknown is an error that says what to pass."""
    with pytest.raises(ConfigurationError, match=says):
        heap_web.load("7", **settings)


def test_the_same_app_id_gives_the_same_analytics(place: str) -> None:
    """Loaded again, as by a host that runs its code anew, the open one is given back; a closed one is not."""
    first = heap_web.load("7")
    assert isinstance(first, PageAnalytics if place == "page" else BridgeAnalytics)
    assert heap_web.load("7") is first
    assert heap_web.load(app_id="7") is first
    first.close()
    assert heap_web.load("7") is not first


def test_nonce_and_script_reach_the_page(place: str) -> None:
    """The policy's nonce goes to our script and to Heap's, and `script` is where ours is fetched."""
    analytics = heap_web.load("7", nonce="n1", script="/heap-web.js")
    if place == "page":
        assert (Here.last.nonce, Here.last.fetched) == ("n1", ["/heap-web.js"])
        Here.last.half = FakeHalf(version=heap_web.__version__)
        Here.last.ended("")
        assert Here.last.half.loaded == [{"appId": "7", "nonce": "n1"}]
        assert Here.last.complaints == []
    analytics.close()


def test_settings_for_the_page() -> None:
    """The page's half gets what is set, under JavaScript's names, as JSON; integrations may be any mapping."""
    settings = Settings.of("7", respect_dnt=True, integrations={"All": False, "Heap": {"at": None}}, hostname="")
    assert json.loads(page_settings(settings)) == {
        "appId": "7",
        "respectDnt": True,
        "integrations": {"All": False, "Heap": {"at": None}},
    }


def test_what_calls_need_is_imported_in_a_task_of_its_own(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`load` does not wait for the import of what calls need, but has it done next, where it is used."""
    needed = {"heap_web.browser.encode"} | ({"heap_web.runtime"} if place == "page" else set())
    for name in needed:
        monkeypatch.delitem(sys.modules, name, raising=False)
    analytics = heap_web.load("7")
    assert not needed & set(sys.modules)
    for _, function in Here.last.timers:
        function()
    assert needed <= set(sys.modules)
    analytics.close()
