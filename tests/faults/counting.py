"""A site that counts what Heap received: every delivery once, whatever becomes of the page that made it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tests.browser.serving import Site

LAB = (Path(__file__).parent / "lab.js").read_text("utf-8")
HEAP = "window.heap = lab.heap(window.heap);"
Alteration = Callable[[Request, Callable[[], Response]], Awaitable[Response]]


@dataclass
class Counting(Site):
    """`altered` maps the end of a path to what answers in place of the file; `made` is what pages told of.

    `run` is the test under way: what a page of an earlier one still posts as it closes is not counted. `cors` lets
    pages without an origin read everything. `on_made` is called in the server's thread for each call that a page tells
    of, before the page goes on.
    """

    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    altered: dict[str, Alteration] = field(default_factory=dict)
    on_made: Callable[[str], None] | None = None
    cors: bool = False
    run: int = 0

    def clear(self) -> None:
        """Forgets all that an earlier test left."""
        self.run += 1
        for kept in (self.pages, self.asked, self.notes, self.made, self.altered):
            kept.clear()
        self.on_made = None
        self.cors = False

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The notes of one kind, in the order in which they came in."""
        return [note for note in list(self.notes.values()) if note["kind"] == kind]

    def received(self) -> Counter[str]:
        """How often Heap was told of each call."""
        return Counter(note["call"] for note in self.of("received"))

    async def answer(self, request: Request) -> Response:
        """Takes the lab's posts; answers everything else as a site does, with what a test has altered."""
        response = await self.respond(request)
        if self.cors:
            response.headers["access-control-allow-origin"] = "*"
        return response

    async def respond(self, request: Request) -> Response:
        """As `answer`, for its own origin."""
        path = request.url.path
        if path == "/lab/notes":
            return self._note(json.loads(await request.body()))
        if path.startswith("/lab/made/"):
            return self._made(path.removeprefix("/lab/made/"))
        if path == "/lab.js":
            return script(LAB.replace("__RUN__", str(self.run)))
        if path == "/heap.js":
            return script(HEAP)
        for end, alter in self.altered.items():
            if path.endswith(end):
                self.asked.append((request.method, path, ""))
                return await alter(request, lambda: self.file(self.dist, path.removeprefix("/dist/"), "identity"))
        return await super().answer(request)

    @staticmethod
    async def cut(request: Request, answer: Callable[[], Response]) -> Response:
        """A file that cannot be had, as if the network were gone."""
        return Response("gone", 503, {"cache-control": "no-store"})

    def _note(self, notes: list[dict[str, Any]]) -> Response:
        for note in notes:
            if note["key"].startswith(f"{self.run}-"):
                self.notes.setdefault(note["key"], note)
        return Response(status_code=204)

    def _made(self, call: str) -> Response:
        self.made.append(call)
        if self.on_made:
            self.on_made(call)
        return Response(status_code=204)


def script(text: str) -> Response:
    """A script that no page keeps."""
    return Response(text, media_type="text/javascript", headers={"cache-control": "no-cache"})
