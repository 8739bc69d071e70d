"""The runtime's own files: missing, cut off, changed, never there; and policies that forbid what Python needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from .visitor import Visitor

Answer = Callable[[], Response]
Alteration = Callable[[Request, Answer], Awaitable[Response]]


async def missing(request: Request, answer: Answer) -> Response:
    """Not there."""
    return Response("not here", 404)


async def html(request: Request, answer: Answer) -> Response:
    """A page in place of the file, as from a site's catch-all route."""
    return Response("<!doctype html><title>Shop</title>", media_type="text/html")


async def half(request: Request, answer: Answer) -> Response:
    """The first half of the file."""
    content = content_of(answer())
    return Response(content[: len(content) // 2], media_type=answer().media_type)


async def changed(request: Request, answer: Answer) -> Response:
    """The file with bytes of another build in its middle."""
    content = bytearray(content_of(answer()))
    middle = len(content) // 2
    content[middle : middle + 4096] = bytes(range(256)) * 16
    return Response(bytes(content), media_type=answer().media_type)


def content_of(response: Response) -> bytes:
    """What a file's response would send."""
    assert isinstance(response, FileResponse)
    with open(response.path, "rb") as file:
        return file.read()


@pytest.mark.parametrize(
    ("alteration", "file"),
    [
        (missing, "worker.js"),
        pytest.param(missing, "pyodide.asm.wasm", marks=pytest.mark.one_engine),
        pytest.param(html, "pyodide.asm.wasm", marks=pytest.mark.one_engine),
        (half, "pyodide.asm.wasm"),
        pytest.param(half, "python.bin", marks=pytest.mark.one_engine),
        (changed, "pyodide.asm.wasm"),
        pytest.param(changed, "python.bin", marks=pytest.mark.one_engine),
    ],
)
@pytest.mark.fault(9, "runtime files missing, HTML, cut off, changed")
def test_a_runtime_that_cannot_start_keeps_the_calls_for_the_next_page(
    visitor: Visitor, alteration: Alteration, file: str
) -> None:
    """A runtime file that is missing, cut off or another one ends in failed, said once; the next page delivers."""
    said: list[str] = []
    visitor.context.on("console", lambda message: said.append(message.text))
    visitor.site.altered[file] = alteration
    page = visitor.open("/")
    visitor.burst(page, "broken", 20)
    statuses = visitor.settle(page)
    state = page.evaluate("() => analytics.state")
    if file == "worker.js":  # the page itself can do without it
        assert (statuses, state["mode"]) == ({"delivered": 20}, "page")
    else:
        assert (statuses, state["runtime"]) == ({"kept": 20}, "failed")
        assert len([text for text in said if text.startswith("[heap-web]")]) == 1
    visitor.site.altered.clear()


@pytest.mark.fault(10, "CSP without 'wasm-unsafe-eval' for page and worker")
def test_a_policy_that_forbids_webassembly_keeps_the_calls(visitor: Visitor) -> None:
    """Where no policy lets WebAssembly run, the runtime has failed and says so; a page that may run it delivers."""
    policy = {"content-security-policy": "script-src 'self' 'unsafe-inline' https://cdn.heapanalytics.com"}

    async def strict(request: Request, answer: Answer) -> Response:
        response = answer()
        response.headers["content-security-policy"] = "script-src 'self'"
        response.headers["cache-control"] = "no-store"
        return response

    visitor.site.altered["worker.js"] = strict
    page = visitor.open("/", headers=policy)
    visitor.burst(page, "strict", 20)
    assert visitor.settle(page) == {"kept": 20}
    assert page.evaluate("() => analytics.state.runtime") == "failed"
    visitor.site.altered.clear()


@pytest.mark.fault(10, "CSP without worker-src: Python in the page")
def test_a_policy_that_forbids_workers_runs_python_in_the_page(visitor: Visitor) -> None:
    """Where no worker may start, Python runs in the page, and the page itself delivers."""
    source = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' https://cdn.heapanalytics.com; worker-src 'none'"
    page = visitor.open("/", headers={"content-security-policy": source})
    visitor.burst(page, "no-worker", 20)
    assert visitor.settle(page) == {"delivered": 20}
    assert page.evaluate("() => analytics.state.mode") == "page"
