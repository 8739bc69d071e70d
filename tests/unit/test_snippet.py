"""snippet.py: script URL, config, the loader's data, and HTML that nothing can break out of."""

import json
import subprocess
from html.parser import HTMLParser
from itertools import product
from typing import Any

import pytest

from heap_web.core.errors import ConfigurationError
from heap_web.core.settings import Settings
from heap_web.core.snippet import (
    CLASSIC_METHODS,
    LATEST_METHODS,
    client_config,
    html,
    loader_data,
    script_json,
    script_url,
)
from heap_web.dev.build.steps import STATIC
from heap_web.dev.build.toolchain import node


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://cdn.heapanalytics.com/js/heap-7.js"),
        ({"hostname": "cdn.example.com"}, "https://cdn.example.com/js/heap-7.js"),
        ({"sdk": "latest"}, "https://cdn.us.heap-api.com/config/7/heap_config.js"),
        ({"sdk": "latest", "hostname": "cdn.eu.heap-api.com"}, "https://cdn.eu.heap-api.com/config/7/heap_config.js"),
        (
            {"sdk": "latest", "tracking_server": "https://t.example"},
            "https://cdn.us.heap-api.com/config/7/heap_config.js",
        ),
        (
            {"sdk": "latest", "hostname": "cdn.example.com", "tracking_server": "https://t.example"},
            "https://cdn.example.com/js/heap-7.js",
        ),
    ],
)
def test_the_script_is_fetched_from_where_the_settings_say(options: dict[str, Any], url: str) -> None:
    """The script's URL follows from SDK, host and tracking server."""
    assert script_url(Settings.of("7", **options)) == url


@pytest.mark.parametrize(
    ("options", "config"),
    [
        ({}, None),
        ({"secure_cookie": True}, {"secureCookie": True}),
        (
            {"disable_text_capture": True, "tracking_server": "https://t.example"},
            {"disableTextCapture": True, "trackingServer": "https://t.example"},
        ),
        ({"sdk": "latest"}, {"disableTextCapture": False, "secureCookie": False, "shouldFetchServerConfig": False}),
    ],
)
def test_the_config_is_what_is_set(options: dict[str, Any], config: dict[str, Any] | None) -> None:
    """The classic SDK is configured with what is set, if anything is; the latest with all its flags."""
    assert client_config(Settings.of("7", **options)) == config


def test_what_the_page_has_to_know_of_heap_is_json() -> None:
    """What the page's half has to know of Heap is JSON: methods, host and path of both generations."""
    data = loader_data()
    assert json.loads(json.dumps(data)) == data
    assert len(data["classic"]["methods"]) == 9
    assert len(data["latest"]["methods"]) == 23
    assert {tuple(sdk) for sdk in data.values()} == {("methods", "host", "path")}


class Elements(HTMLParser):
    """Collects the elements of a document and the text in them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("sdk", "methods"), [("classic", CLASSIC_METHODS), ("latest", LATEST_METHODS)])
def test_the_snippet_is_one_script_element_with_everything_in_it(sdk: str, methods: tuple[str, ...]) -> None:
    """The snippet is one script element that holds the App ID, the URL and the stub's methods."""
    settings = Settings.of("1535634150", sdk=sdk)
    document = Elements()
    document.feed(html(settings))
    assert document.tags == ["script"]
    assert script_json(script_url(settings)) in document.text
    assert script_json(methods) in document.text


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028'\"&]]>\\"])
def test_no_inserted_text_can_end_the_element(text: str) -> None:
    """No text that is inserted can end the element or the string, however the settings came about."""
    settings = Settings(app_id=text, hostname=text, tracking_server=text)
    document = Elements()
    document.feed(html(settings))
    assert document.tags == ["script"]
    assert html(settings).count("<") == html(Settings(app_id="7")).count("<")
    assert json.loads(script_json(text)) == text


@pytest.mark.parametrize("sdk", ["classic", "latest"])
def test_the_policys_nonce_is_on_our_script_and_given_to_heaps(sdk: str) -> None:
    """With a nonce the element has it, and Heap's script is inserted with it."""
    text = html(Settings.of("7", sdk=sdk), nonce="aGk_-+/=")
    assert text.startswith('<script nonce="aGk_-+/=">\n')
    assert text.endswith(',"aGk_-+/=");\n</script>\n')
    assert "if (nonce) script.nonce = nonce;" in text


@pytest.mark.parametrize("nonce", ["", '"><script>', "a b", "nonce\n"])
def test_what_is_no_nonce_is_an_error(nonce: str) -> None:
    """Text that is no nonce is an error, so that it cannot end the attribute."""
    with pytest.raises(ConfigurationError, match="is no nonce"):
        html(Settings.of("7"), nonce=nonce)


# Settings by the names that both halves have for them, and what the page has under Heap's names before.
STUBS: list[dict[str, Any]] = [
    {},
    {"hostname": "heap.site.example"},
    {"disable_text_capture": True, "secure_cookie": True},
    {"ingest_server": "https://i.example", "tracking_server": "https://t.example"},
    {"hostname": "heap.site.example", "tracking_server": "https://t.example"},
]
BEFORE = ("nothing", "element", "queue", "live")


def camel(name: str) -> str:
    """A setting's name in JavaScript."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def test_the_snippet_leaves_in_the_page_what_the_pages_half_does() -> None:
    """The snippet's stub and script are those that the page's half makes, with the same fields, queue and URL."""
    cases = []
    for sdk, options, nonce, before in product(("classic", "latest"), STUBS, (None, "aGk="), BEFORE):
        settings = {
            camel(name): value for name, value in {"app_id": "11", "sdk": sdk, "nonce": nonce, **options}.items()
        }
        text = html(Settings.of("11", sdk=sdk, **options), nonce)
        cases.append({"settings": settings, "html": text, "before": before})
    command = [node(), str(STATIC / "test" / "stubs.mjs")]
    asked = json.dumps({"data": loader_data(), "cases": cases})
    told = subprocess.run(command, input=asked, check=True, capture_output=True, text=True).stdout
    results = json.loads(told.splitlines()[0])  # what follows is of Node's test runner
    assert len(results) == len(cases) == 80
    for case, result in zip(cases, results, strict=True):
        assert result["snippet"] == result["page"], (case["settings"], case["before"])
        assert len(result["page"]["scripts"]) == (case["before"] != "live")
