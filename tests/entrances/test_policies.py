"""Python in a page with a strict policy (CSP): by a nonce, by the script's URL, told what to pass without either."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser

from tests.faults.visitor import APP, SECONDS, Visitor, html, ids

from .conftest import Hosting

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-abc' 'wasm-unsafe-eval' https://cdn.heapanalytics.com;"
    " connect-src 'self'; worker-src 'self'; img-src 'self'; frame-src 'self'"
)
BURST = "() => { python.globals.get('burst')('strict', 20); }"


def open_page(visitor: Visitor, code: str) -> None:
    """Opens a page under the policy whose Python runs some code, and has run it when `python` is there."""
    begin = f'<script nonce="abc">window.first = {json.dumps(code)}</script>'
    head = html(visitor.site, begin).rpartition("<script src=")[0]
    markup = f'{head}<script type="module" src="/page.mjs"></script>'
    page = visitor.context.new_page()
    page.goto(visitor.site.page("/", markup, content_security_policy=POLICY), wait_until="commit")
    page.wait_for_function("() => window.python", timeout=SECONDS * 1000)


@pytest.mark.parametrize("setting", [{"nonce": "abc"}, {"script": "/dist/heap-web.js"}], ids=["nonce", "script"])
def test_a_strict_policy_is_obeyed(setting: dict[str, str], browser: Browser, browser_name: str, site: Hosting) -> None:
    """With a nonce, or the URL of heap-web.js, Python in a page with a strict policy delivers every call."""
    with Visitor.of(browser, browser_name, site) as visitor:
        open_page(visitor, f"load({APP!r}, {setting!r})")
        visitor.context.pages[0].evaluate(BURST)
        visitor.arrived(ids("strict", 20))
        assert visitor.errors() == []


def test_without_either_it_is_said_what_to_pass(browser: Browser, browser_name: str, site: Hosting) -> None:
    """Where the policy lets no script in, `load` raises and says which settings would."""
    code = f"import js\ntry:\n    load({APP!r}, {{}})\nexcept Exception as error:\n    js.said = str(error)"
    with Visitor.of(browser, browser_name, site) as visitor:
        open_page(visitor, code)
        said = visitor.context.pages[0].evaluate("() => said")
    assert 'script="/heap-web/heap-web.js"' in said
    assert 'nonce="…"' in said
