"""The demo server: the site, dist/ and a Heap that it plays itself, on 127.0.0.1, with a strict site's headers."""

from __future__ import annotations

import asyncio
import errno
import mimetypes
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import NotModifiedResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heap_web.core.errors import ConfigurationError
from heap_web.dev.docs import pages as docs
from heap_web.dev.docs import search
from heap_web.dev.serve import from_server, received, security
from heap_web.dev.serve.loopback import serving
from heap_web.dev.serve.site import DIST, NOT_FOUND, PAGES, STATIC, Page, Site

HOST = "127.0.0.1"
FOREVER = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"
# What the platform's own table may lack or have wrong.
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".whl": "application/zip",
    ".ts": "text/plain",
}
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


def create_app(site: Site, dist: Path = DIST, inbox: received.Inbox | None = None) -> Starlette:
    """The demo as an ASGI application. Without an inbox (a real App ID) it plays no Heap."""

    def show(page: Page) -> Route:
        async def endpoint(_: Request) -> Response:
            nonce = secrets.token_urlsafe(18)
            policy = security.page_policy(nonce, None if site.app_id is None else site.sdk)
            headers = {"Content-Security-Policy": policy, "Cache-Control": EACH_TIME}
            return HTMLResponse(site.html(page, nonce), headers=headers)

        return Route(page.path, endpoint)

    def explain(doc: docs.Doc) -> Route:
        async def endpoint(_: Request) -> Response:
            headers = {"Content-Security-Policy": security.docs_policy(), "Cache-Control": EACH_TIME}
            return HTMLResponse(site.documentation(doc), headers=headers)

        return Route(f"/docs/{doc.file}", endpoint)

    index = cache(search.index)  # some second's work, and the same as long as the server runs

    async def found(_: Request) -> Response:
        text = await asyncio.to_thread(index)
        return Response(text, media_type="application/json", headers={"Cache-Control": EACH_TIME})

    async def nothing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        # A page for people; programs and our own scripts get one line.
        if status != 404 or "text/html" not in request.headers.get("accept", ""):
            detail = error.detail if isinstance(error, HTTPException) else "Not Found"
            headers = error.headers if isinstance(error, HTTPException) else None
            return PlainTextResponse(detail, status, headers)
        headers = {"Cache-Control": EACH_TIME}
        if request.url.path.startswith("/docs/"):
            policy = security.docs_policy()
            text = site.nothing_in_the_documentation()
        else:
            nonce = secrets.token_urlsafe(18)
            policy = security.page_policy(nonce, None if site.app_id is None else site.sdk)
            text = site.html(NOT_FOUND, nonce)
        return HTMLResponse(text, 404, headers={**headers, "Content-Security-Policy": policy})

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in site.assets.files:
            raise HTTPException(404)
        return Response(site.assets.files[name], media_type=media_type(name), headers={"Cache-Control": FOREVER})

    async def built(request: Request) -> Response:
        found = precompressed(dist, request.path_params["name"], request.headers.get("accept-encoding", ""))
        known = request.headers.get("if-none-match", "").split(",")
        return NotModifiedResponse(found.headers) if found.headers["etag"] in map(str.strip, known) else found

    async def heap_script(_: Request) -> Response:
        script = STATIC / "src" / "demo" / "played-heap.js"
        return FileResponse(script, media_type="text/javascript", headers={"Cache-Control": EACH_TIME})

    played = [
        *received.routes(inbox),
        *from_server.routes(site, inbox),
        Route("/js/heap-{app_id:int}.js", heap_script),
        Route("/config/{app_id:int}/heap_config.js", heap_script),
    ] if inbox else []  # fmt: skip
    return Starlette(
        routes=[
            *(show(page) for page in PAGES),
            *(explain(doc) for doc in docs.DOCS),
            Route("/docs/search.json", found),
            Route("/docs/", lambda _: RedirectResponse("/docs/index.html")),
            Route(site.assets.base + "{name:path}", asset),
            Route("/dist/{name:path}", built),
            *played,
        ],
        exception_handlers={HTTPException: nothing},
        middleware=[
            Middleware(Headers),
            # Another site's page that reaches this server under a name of its own (DNS rebinding) gets nothing.
            Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]),
        ],
    )


class Headers:
    """Puts the headers that every response has where the response itself says nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security.ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", security.worker_policy())
            await send(message)

        await self._app(scope, receive, with_headers)


def media_type(name: str) -> str:
    """The media type of a file by its name."""
    suffix = Path(name).suffix
    return TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")


def accepted(header: str) -> set[str]:
    """The content codings that an Accept-Encoding header names and does not give the weight 0."""
    names = set()
    for part in header.lower().split(","):
        name, _, weight = part.strip().partition(";")
        value = weight.strip().removeprefix("q=").strip()
        if name.strip() and not (value and value.strip("0.") == ""):
            names.add(name.strip())
    return names


def precompressed(folder: Path, name: str, accept_encoding: str) -> FileResponse:
    """A file below the folder, in the smallest coding that is there beside it and that the client takes.

    Names with a hash in them are served to be kept for ever, all others to be asked for each time.
    """
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise HTTPException(404)
    hashed = name.startswith("runtime/")
    headers = {"Cache-Control": FOREVER if hashed else EACH_TIME, "Vary": "Accept-Encoding"}
    wanted = accepted(accept_encoding)
    for coding, suffix in ENCODINGS:
        smaller = path.with_name(path.name + suffix)
        if coding in wanted and smaller.is_file():
            path, headers = smaller, {**headers, "Content-Encoding": coding}
            break
    return FileResponse(path, media_type=media_type(name), headers=headers, stat_result=path.stat())


class _Server(uvicorn.Server):
    """Uvicorn's server, which on Ctrl-C first ends the streams that would keep it open."""

    def __init__(self, app: Starlette, inbox: received.Inbox | None) -> None:
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3, lifespan="off")
        super().__init__(config)
        self._inbox = inbox

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._inbox:
            self._inbox.close()
        super().handle_exit(sig, frame)


def listen(port: int) -> socket.socket:
    """A socket bound to the port of the loopback address, 0 for any free one; ConfigurationError if it is taken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(128)
    except (OSError, OverflowError) as error:
        made.close()
        raise ConfigurationError(_why_not(port, error)) from error
    return made


def _why_not(port: int, error: Exception) -> str:
    other = port + 1 if 0 < port < 65535 else 8001
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} on {HOST} is taken by another program; pass another one: --port {other}"
    return f"port {port} on {HOST} cannot be used ({error}); pass another one: --port {other}"


def serve(port: int = 8000, app_id: str | None = None, sdk: str = "classic", dist: Path = DIST) -> int:
    """Serve the demo until Ctrl-C and say where it is; returns the exit status."""
    try:
        site = Site.of(app_id, sdk, dist)
        bound = listen(port)
    except ConfigurationError as error:
        print(f"heap_web: {error}", file=sys.stderr)
        return 1
    inbox = None if app_id else received.Inbox()
    with bound:
        address = f"http://{HOST}:{bound.getsockname()[1]}/"
        heap = f"calls go to Heap, App ID {app_id}" if app_id else "this server plays Heap; --app-id takes your own"
        print(f"Jello & Peanut is open at {address} ({heap}). Ctrl-C closes it.", flush=True)
        with suppress(KeyboardInterrupt):
            _Server(create_app(site, dist, inbox), inbox).run(sockets=[bound])
    print("\nClosed.")
    return 0


@contextmanager
def running(app_id: str | None = None, sdk: str = "classic", dist: Path = DIST) -> Iterator[str]:
    """The demo on a free port, in a thread, for as long as the block lasts; gives its address, no slash at the end."""
    inbox = None if app_id else received.Inbox()
    with serving(create_app(Site.of(app_id, sdk, dist), dist, inbox)) as address:
        try:
            yield address
        finally:
            if inbox:  # its streams would keep the server open
                inbox.close()
