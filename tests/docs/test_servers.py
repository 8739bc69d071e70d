"""The guides for web frameworks of Python: their templates give pages that keep their own policy, and that deliver."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running
from heap_web.dev.serve.loopback import serving
from tests.browser.serving import Answer, Site

from .blocks import files

DJANGO, FLASK, FASTAPI = files("django"), files("flask"), files("fastapi")
POLICY = "script-src 'self' 'wasm-unsafe-eval' 'nonce-{}'; worker-src 'self'; connect-src 'self'"

# What is tested is the recipe; the other browsers run what it leads to in tests of their own.
pytestmark = pytest.mark.only_browser("chromium")

Recorded = Callable[[Page], list[Any]]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, str]], Path]]:
    """Writes a guide's files, and lets Python import them from there for as long as the test lasts."""
    before = set(sys.modules)

    def write(given: dict[str, str]) -> Path:
        for name, code in given.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, "utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        return tmp_path

    yield write
    for name in set(sys.modules) - before:
        if name in ("app", "snippet") or name.partition(".")[0] == "shop":
            del sys.modules[name]


@contextmanager
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heap]:
    """A Heap for servers, which HeapCloud takes for the real one."""
    from heap_web.cloud import calls

    heap = Heap(limits=UNLIMITED)
    with running(heap) as url:
        monkeypatch.setitem(calls.HOSTS, "us", url)
        monkeypatch.setenv("HEAP_WEB_OUTBOX", f"sqlite:///{tmp_path}/outbox.db")
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        yield heap


def identified(host: Site, page: Page, html: str, policy: str) -> None:
    """The page, under its policy, tells Heap who is signed in."""
    host.pages["/page"] = Answer(html, "text/html", headers={"content-security-policy": policy})
    page.goto(f"{host.url}/page")
    page.wait_for_function("() => recorder.told.some(([method, id]) => method === 'identify' && id === 'user123')")


@pytest.mark.usefixtures("recorded")
def test_django(
    app: Callable[[dict[str, str]], Path],
    host: Site,
    page: Page,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The template tag's script runs by its nonce and says who is signed in; an event of a view reaches Heap."""
    import django
    from django.conf import settings
    from django.template.loader import get_template
    from django.test import RequestFactory

    app({**DJANGO, "shop/__init__.py": "", "shop/templatetags/__init__.py": ""})
    settings.configure(
        INSTALLED_APPS=["shop"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [str(tmp_path / "templates")],
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
    )
    django.setup()

    class User:
        pk = "user123"
        is_authenticated = True

    request = RequestFactory().get("/")
    request.user = User()  # type: ignore[assignment]
    request.csp_nonce = "abc123"  # type: ignore[attr-defined]
    identified(host, page, get_template("base.html").render({}, request), POLICY.format("abc123"))
    with cloud(tmp_path, monkeypatch) as heap:
        views = importlib.import_module("shop.views")
        assert views.pay(request).status_code == 200
        views.heap.close()
        assert [event["event"] for event in heap.events.values()] == ["Invoice Paid"]


def test_flask(app: Callable[[dict[str, str]], Path], host: Site, page: Page, recorded: Recorded) -> None:
    """The page's scripts run by the nonce of its own response, and a nested property is flat."""
    app(FLASK)
    answer = importlib.import_module("app").app.test_client().get("/")
    identified(host, page, answer.text, answer.headers["Content-Security-Policy"])
    page.wait_for_function(
        "() => recorder.told.some((call) => call[1] === 'Home Viewed' && call[2]['user.plan'] === 'pro')"
    )


def test_fastapi(app: Callable[[dict[str, str]], Path], host: Site, page: Page, recorded: Recorded) -> None:
    """The page's scripts run by the nonce of its own response; Heap's snippet, written by Python, carries one too."""
    app(FASTAPI)
    with serving(importlib.import_module("app").app) as url:
        answer = httpx.get(url)
    identified(host, page, answer.text, answer.headers["Content-Security-Policy"])
    page.wait_for_function(
        "() => recorder.told.some((call) => call[1] === 'Home Viewed' && call[2]['user.plan'] === 'pro')"
    )
    snippet = importlib.import_module("snippet").heap_snippet("abc123==")
    assert snippet.startswith('<script nonce="abc123==">')
