"""Plays Heap where the demo has no App ID: takes what the script posts that plays Heap, checks it and keeps the latest.

The script itself is static/src/demo/played-heap.js. It posts batches as JSON to `/heap/calls`:

    {"app_id": "12345", "sdk": "classic", "visitor": "<id of the browser>", "view": "<id of the page view>",
        "path": "/products", "calls": [{"number": 1, "made": 1795302000000, "method": "track",
        "arguments": ["Added", {"price": 6.5}]}, ...]}

`number` counts the calls of one page view from 1, so a batch that comes twice counts once. `made` is when `window.heap`
was called, in epoch ms on the page's clock: a body that comes late, as from a page that was left, is put in its place.
A call that Heap's documented methods do not take (a nested value, an empty event name) is kept as refused, with the
reason, and the answer is 422; what is no batch at all is refused whole with 400, 413 or 415.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

MAX_BODY = 1024 * 1024
MAX_CALL = 64 * 1024
KEPT = 2000
HEARTBEAT_SECONDS = 10.0


class Refused(Exception):
    """A body that is no batch: `status` is the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Received:
    """One call of `window.heap`, as it reached the server. `refused` is None, or why the call was not taken."""

    id: int
    at: str
    made: float
    app_id: str
    sdk: str
    path: str
    visitor: str
    view: str
    number: int
    method: str
    arguments: tuple[Any, ...]
    refused: str | None


@dataclass(frozen=True)
class Sent:
    """One call as the script posted it, not yet checked."""

    number: int
    method: str
    arguments: tuple[Any, ...]
    made: float | None = None  # None: as it came


@dataclass(frozen=True)
class Batch:
    """One posted body."""

    app_id: str
    sdk: str
    view: str
    path: str
    calls: tuple[Sent, ...]
    visitor: str = ""
    """The browser that it came from; "" where that keeps nothing."""


def why_refused(method: str, arguments: tuple[Any, ...]) -> str | None:
    """None if Heap's documented methods take these arguments, else the reason in one line."""
    if len(json.dumps(arguments, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_CALL:
        return f"the call is larger than {MAX_CALL // 1024} KB"
    first = arguments[0] if arguments else None
    match method:
        case "track":
            if not (isinstance(first, str) and first):
                return f"track takes an event name, a non-empty text; got {_show(first)}"
            return _why_not_flat(arguments[1] if len(arguments) > 1 else {})
        case "identify":
            if isinstance(first, str) and first:
                return None
            return None if _is_number(first) else f"identify takes a text or a number; got {_show(first)}"
        case "addUserProperties" | "addEventProperties" | "setEventProperties":
            return _why_not_flat(first)
        case "removeEventProperty" | "unsetEventProperty":
            return None if isinstance(first, str) else f"{method} takes a property's name; got {_show(first)}"
        case "resetIdentity" | "clearEventProperties":
            return None
    return f"Heap has no method {method!r}"


def _why_not_flat(value: object) -> str | None:
    if not isinstance(value, dict):
        return f"properties must be an object; got {_show(value)}"
    for key, item in value.items():
        if not (isinstance(item, str | bool) or _is_number(item)):
            return f"{key} is {_show(item)}; Heap takes text, numbers, true and false"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _show(value: object) -> str:
    kinds = {dict: "an object", list: "a list", type(None): "null", bool: "true or false", str: "an empty text"}
    return kinds.get(type(value), "not a finite number")


def read_batch(content_type: str, body: bytes) -> Batch:
    """The batch in a posted body; raises `Refused` with 400 (no batch), 413 (too large) or 415 (not JSON)."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "send application/json")
    if len(body) > MAX_BODY:
        raise Refused(413, f"a body may have {MAX_BODY // 1024} KB at most")
    try:
        data = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise Refused(400, "the body must be an object")
    texts = {name: data.get(name) for name in ("app_id", "sdk", "view", "path")}
    for name, value in texts.items():
        if not isinstance(value, str) or not 0 < len(value) <= 400:
            raise Refused(400, f"{name} must be a text of 1 to 400 characters")
    visitor = data.get("visitor", "")
    if not isinstance(visitor, str) or len(visitor) > 400:
        raise Refused(400, "visitor must be a text of at most 400 characters")
    calls = data.get("calls")
    if not isinstance(calls, list) or not calls:
        raise Refused(400, "calls must be a list with at least one call")
    named = {name: str(value) for name, value in texts.items()}
    return Batch(**named, calls=tuple(_read_call(call) for call in calls), visitor=visitor)


def _read_call(call: object) -> Sent:
    if not isinstance(call, dict):
        raise Refused(400, "each call must be an object")
    number, made = call.get("number"), call.get("made")
    method, arguments = call.get("method"), call.get("arguments")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise Refused(400, "a call's number must be 1 or more")
    if not _is_number(made):
        raise Refused(400, "a call's made must be a time in ms")
    if not isinstance(method, str) or not isinstance(arguments, list):
        raise Refused(400, "a call must have a method and a list of arguments")
    return Sent(number, method, tuple(arguments), made)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _now() -> datetime:
    return datetime.now(UTC)


class Inbox:
    """What Heap received: the last `kept` calls. Lives in one event loop."""

    def __init__(self, kept: int = KEPT, now: Callable[[], datetime] = _now) -> None:
        self._kept: deque[Received] = deque(maxlen=kept)
        self._seen: dict[str, set[int]] = {}
        self._now = now
        self._next = 1
        self._changes = 0
        self._changed = asyncio.Event()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def take(self, batch: Batch) -> list[Received]:
        """Keep the batch's calls that have not come before, and say which they were."""
        seen = self._seen.setdefault(batch.view, set())
        now = self._now()
        fresh: list[Received] = []
        for call in batch.calls:
            if call.number in seen:
                continue
            seen.add(call.number)
            fresh.append(
                Received(
                    id=self._next,
                    at=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    made=now.timestamp() * 1000 if call.made is None else call.made,
                    app_id=batch.app_id,
                    sdk=batch.sdk,
                    path=batch.path,
                    visitor=batch.visitor,
                    view=batch.view,
                    number=call.number,
                    method=call.method,
                    arguments=call.arguments,
                    refused=why_refused(call.method, call.arguments),
                )
            )
            self._next += 1
        if fresh:
            self._kept.extend(fresh)
            self._tell()
        return fresh

    def listing(self) -> list[Received]:
        """All that is kept, in the order in which `window.heap` was called."""
        return sorted(self._kept, key=lambda call: (call.made, call.number))

    def clear(self) -> None:
        """Forget the calls; those of pages still open are counted on from where they are."""
        self._kept.clear()
        self._tell()

    def close(self) -> None:
        """End every listener's wait: the server is going down. Signal handlers and other threads may call it."""
        self._closed = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    async def changes(self) -> AsyncIterator[int]:
        """A number now and after every change, and the same again after ten quiet seconds; ends at `close`."""
        self._loop = asyncio.get_running_loop()
        while not self._closed:
            changed = self._changed
            yield self._changes
            try:
                await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                continue

    def _tell(self) -> None:
        self._changes += 1
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()


def routes(inbox: Inbox) -> list[Route]:
    """What of the demo server plays Heap: where calls are posted, and where they can be read."""

    async def post(request: Request) -> Response:
        try:
            batch = read_batch(request.headers.get("content-type", ""), await _body(request))
        except Refused as refused:
            return JSONResponse({"error": refused.reason}, refused.status)
        bad = [{"number": call.number, "reason": call.refused} for call in inbox.take(batch) if call.refused]
        return JSONResponse({"refused": bad}, 422) if bad else Response(status_code=204)

    async def listing(_: Request) -> Response:
        return JSONResponse({"received": [asdict(call) for call in inbox.listing()]}, headers=_FRESH)

    async def clear(_: Request) -> Response:
        inbox.clear()
        return Response(status_code=204)

    async def stream(_: Request) -> Response:
        async def events() -> AsyncIterator[str]:
            async for change in inbox.changes():
                yield f"data: {change}\n\n"

        return StreamingResponse(events(), media_type="text/event-stream", headers=_FRESH)

    return [
        Route("/heap/calls", post, methods=["POST"]),
        Route("/received.json", listing, methods=["GET"]),
        Route("/received.json", clear, methods=["DELETE"]),
        Route("/received/changes", stream, methods=["GET"]),
    ]


_FRESH = {"Cache-Control": "no-store"}


async def _body(request: Request) -> bytes:
    """The request's body, read no further than the bound."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, f"a body may have {MAX_BODY // 1024} KB at most")
    return bytes(body)
