"""The demo's page "From the server": a form whose calls go through heap_web.cloud to the Heap that the demo
server plays.

What arrives there is also shown among what the pages sent, on "What Heap received".
"""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from heap_web.dev.serve import received, security
from heap_web.dev.serve.heap_api import Heap
from heap_web.dev.serve.site import PRETEND_APP_ID, Page, Site

PATH = "/from-server"
MOST_FORM = 64 * 1024
EXAMPLE = {
    "event": "Order Completed",
    "user_id": "ada@example.com",
    "properties": '{"total": 19.5, "order": {"lines": [{"sku": "jello-1", "quantity": 2}]}}',
    "audience": "Order completed last 30 days",
    "members": "ada@example.com\ngrace@example.com",
}


@dataclass(frozen=True)
class Said:
    """What came of sending a form: whether it was sent, and a sentence."""

    sent: bool
    text: str


@dataclass
class Desk:
    """What the page's forms do, and what came of it."""

    inbox: received.Inbox
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="heap-web-demo-")))
    heap: Heap = field(default_factory=Heap)
    typed: dict[str, str] = field(default_factory=lambda: dict(EXAMPLE))
    """What the forms hold: the example, until something else is sent."""
    said: dict[str, Said] = field(default_factory=dict)
    """What came of each form when it was last sent."""
    _numbers: int = 0

    def send(self, form: Mapping[str, str], base_url: str) -> None:
        """Sends one event, or keeps an audience in step: as a program would, but to the Heap that we play."""
        from heap_web.cloud import HeapCloud

        which = "audience" if "members" in form else "event"
        self.typed |= {name: value for name, value in form.items() if name in EXAMPLE}
        with HeapCloud(PRETEND_APP_ID, outbox=self.folder / "outbox.db", base_url=base_url, background=False) as heap:
            try:
                done = self._sync(heap, form) if which == "audience" else self._track(heap, form)
            except json.JSONDecodeError as error:
                where = f"line {error.lineno}, column {error.colno}"
                self.said[which] = Said(False, f"Not sent: the properties are not JSON: {error.msg} ({where}).")
                return
            except ValueError as error:  # ours
                self.said[which] = Said(False, f"Not sent: {error}")
                return
            delivery = heap.flush(timeout=10)
        self.said[which] = Said(True, f"{done} {delivery.delivered} delivered, {delivery.waiting} waiting.")

    def _track(self, heap: Any, form: Mapping[str, str]) -> str:
        properties = json.loads(form.get("properties") or "{}")
        if not isinstance(properties, dict):
            raise ValueError("properties must be a JSON object")  # noqa: TRY004 - shown like every wrong input
        key = heap.track(form.get("event", ""), user_id=form.get("user_id", ""), properties=properties)
        return f"Event {form['event']!r} with the idempotency key {key}."

    def _sync(self, heap: Any, form: Mapping[str, str]) -> str:
        from heap_web.audiences import AudienceSync

        members = [line.strip() for line in form["members"].splitlines() if line.strip()]
        with AudienceSync(form.get("audience", ""), heap, store=self.folder / "audiences.duckdb") as audience:
            summary = audience.sync(members)
        told = f"{summary.entered} entered, {summary.left} left, {summary.unchanged} unchanged"
        return f"User property {audience.property}: {told}."

    def took(self, path: str, body: Any) -> None:
        """Shows what the API for servers took among what the pages sent."""
        sent: list[received.Sent] = []
        for number, item in enumerate(body.get("events", body.get("users", [])), self._numbers + 1):
            if "event" in item:
                sent.append(received.Sent(number, "track", (item["event"], item["properties"])))
            else:
                sent.append(received.Sent(number, "addUserProperties", (item["properties"],)))
        self._numbers += len(sent)
        if sent:
            self.inbox.take(received.Batch(body["app_id"], "server", "server", path, tuple(sent)))


def routes(site: Site, inbox: received.Inbox) -> list[Route]:
    """The page, its forms, and the API for servers of the Heap that we play."""
    desk = Desk(inbox)
    desk.heap.taken = desk.took

    async def page(_: Request) -> Response:
        nonce = secrets.token_urlsafe(18)
        given = {
            "said": desk.said,
            "typed": desk.typed,
            "bodies": [_shown(*body) for body in list(desk.heap.bodies)[-4:]],
        }
        html = site.html(Page(PATH, "from_server.html", given), nonce)
        headers = {"Content-Security-Policy": security.page_policy(nonce), "Cache-Control": "no-store"}
        return HTMLResponse(html, headers=headers)

    async def send(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            raise HTTPException(403, "only this site's own pages may send")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_FORM:
                raise HTTPException(413)
        form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace"), True).items()}
        host, port = request.scope["server"]
        await asyncio.to_thread(desk.send, form, f"http://{host}:{port}")
        return RedirectResponse(PATH, 303)

    return [Route(PATH, page, methods=["GET"]), Route(PATH, send, methods=["POST"]), *desk.heap.routes()]


def _shown(path: str, body: Any) -> tuple[str, str]:
    return f"POST {path}", json.dumps(body, indent=2, ensure_ascii=False)
