"""A web site for tests on a free loopback port: dist/ as a good host serves it, and pages given as text."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from heap_web.dev.serve import loopback

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}
ENCODINGS = {"br": ".br", "gzip": ".gz"}
IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
FRESH = {"cache-control": "no-store"}


@dataclass
class Answer:
    """What a path of the site answers."""

    body: str | bytes
    kind: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A running site. `pages` and `folders` (by the path above them, both slashes in it) may be changed any time.

    `asked` lists (method, path, body) of every request so far.
    """

    url: str
    dist: Path
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    folders: dict[str, Path] = field(default_factory=dict)

    def page(self, path: str, html: str, **headers: str) -> str:
        """Puts a page at a path; returns its URL. Keyword arguments are headers, with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path.partition("?")[0]] = Answer(html, "text/html; charset=utf-8", headers=named)
        return self.url + path

    def script(self, path: str, text: str) -> str:
        """Puts a script at a path; returns its URL."""
        self.pages[path] = Answer(text, "text/javascript; charset=utf-8")
        return self.url + path

    def built(self, name: str) -> str:
        """The URL of a built file, by its name in dist/."""
        return f"{self.url}/dist/{name}"

    async def answer(self, request: Request) -> Response:
        """Answers one request: a page by its path, else a built file below /dist/, else 404."""
        path = request.url.path
        self.asked.append((request.method, path, (await request.body()).decode(errors="replace")))
        known = self.pages.get(path)
        if known is not None:
            return Response(known.body, known.status, FRESH | known.headers, known.kind)
        if path == "/favicon.ico":
            return Response(status_code=204)
        for below, folder in {"/dist/": self.dist, **self.folders}.items():
            if path.startswith(below):
                return self.file(folder, path.removeprefix(below), request.headers.get("accept-encoding", ""))
        return Response("not here", 404, FRESH, "text/plain")

    def file(self, folder: Path, name: str, accepted: str) -> Response:
        """A folder's file, in the best encoding that lies beside it and that the browser takes."""
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            return Response("not here", 404, FRESH, "text/plain")
        age = IMMUTABLE if "runtime" in path.parts else {"cache-control": "no-cache"}
        headers = {"vary": "accept-encoding", **age}
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        for encoding, suffix in ENCODINGS.items():
            beside = path.with_name(path.name + suffix)
            if encoding in accepted and beside.is_file():
                return FileResponse(beside, headers={**headers, "content-encoding": encoding}, media_type=kind)
        return FileResponse(path, headers=headers, media_type=kind)


Served = TypeVar("Served", bound=Site)


@contextmanager
def serving(dist: Path, kind: type[Served]) -> Iterator[Served]:
    """A site in a thread of its own, on a port that was free."""
    site = kind("", dist)
    methods = ["GET", "POST", "PUT", "HEAD", "OPTIONS"]
    with loopback.serving(Starlette(routes=[Route("/{path:path}", site.answer, methods=methods)])) as site.url:
        yield site
