"""A Heap to send to on this machine: the server-side API as documented, with its shapes, its limits and its refusals.

Used by the tests, the demo's page "from the server" and the bench. What it checks is what Heap's documentation says
(https://developers.heap.io/reference/track-1, /bulk-track, /add-user-properties, /bulk-add-user-properties) and what
the endpoints for integration partners take. It counts every event by its idempotency key, and can be told to fail.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from heap_web.cloud.pacing import EVENT_WINDOW, REQUEST_WINDOW, Limits
from heap_web.dev.serve.loopback import serving

UNLIMITED = Limits(requests_per_identity=10**12, events_per_identity=10**12, events_per_app=10**12)
MOST_IN_A_REQUEST = 1_000

Json = Any
Trouble = int | tuple[int, dict[str, str]] | str | Response
"""A status to answer with, a status with headers, a whole answer, or "drop": take the calls but break the connection
before the answer.
"""


class Refused(Exception):
    """What Heap says no to, and with which status."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = dict(headers or {})


@dataclass
class Heap:
    """What has arrived. Thread-safe enough to be read while it serves."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    slow: float = 0.0
    """Seconds that each answer takes longer."""
    keep: bool = True
    """Whether events are kept whole, or only counted (for the bench)."""
    events: dict[str, Json] = field(default_factory=dict)
    """The events by idempotency key; as in Heap, the first with a key stays."""
    arrivals: Counter[str] = field(default_factory=Counter)
    """How often each idempotency key came, doubles included."""
    arrived: int = 0
    """Events that came, doubles included."""
    users: dict[str, dict[str, Json]] = field(default_factory=dict)
    """User properties by identity."""
    updates: int = 0
    """Updates of users that came, doubles included."""
    bodies: deque[tuple[str, Json]] = field(default_factory=lambda: deque(maxlen=200))
    """The last requests that were taken: path and body."""
    answers: Counter[int] = field(default_factory=Counter)
    """How often each status was answered."""
    packed: int = 0
    """Requests that came compressed."""
    trouble: deque[Trouble] = field(default_factory=deque)
    """What to do with the next requests instead of answering 200; one is used up by each."""
    taken: Callable[[str, Json], None] | None = None
    """Is told each request that was taken: path and body."""
    moments: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=100_000))
    """When requests were taken (by `clock`), and how many events they held."""
    _named: deque[tuple[float, frozenset[str]]] = field(default_factory=deque)
    _held: deque[tuple[float, tuple[str, ...]]] = field(default_factory=deque)

    def take(self, path: str, body: Json) -> None:
        """Checks a request and keeps what is in it, or raises `Refused` and keeps nothing."""
        partner = "/integrations/" in path
        events = path.endswith("/track")
        _check(isinstance(body, dict), "the body must be a JSON object")
        _check(isinstance(body.get("app_id"), str) and re.fullmatch(r"\d{1,20}", body["app_id"]), "app_id is not valid")
        if partner:
            _check(body.get("library") == "server", 'library must be "server"')
        items = self._items(body, "events" if events else "users", partner=partner)
        for item in items:
            _check(isinstance(item, dict), "events and users must be objects")
            (_check_event if events else _check_user)(item, partner=partner)
        users = tuple(_whose(item) for item in items)
        self._count(users, events=events)
        for item, user in zip(items, users, strict=True):
            if events:
                self._keep_event(item)
            else:
                self.users.setdefault(user, {}).update(item["custom_properties" if partner else "properties"])
                self.updates += 1
        if self.keep:
            self.bodies.append((path, body))
        if self.taken is not None:
            self.taken(path, body)

    def _items(self, body: dict[str, Json], name: str, *, partner: bool) -> list[Json]:
        if name in body:
            _check(isinstance(body[name], list) and body[name], f"{name} must be an array that is not empty")
            _check(len(body[name]) <= MOST_IN_A_REQUEST, f"at most {MOST_IN_A_REQUEST} {name} a request")
            known = {"app_id", name, "library"} if partner else {"app_id", name}
            _check(set(body) <= known, f"unknown field {sorted(set(body) - known)}")
            return list(body[name])
        return [{key: value for key, value in body.items() if key not in {"app_id", "library"}}]

    def _keep_event(self, item: dict[str, Json]) -> None:
        key = item.get("idempotency_key", f"without a key {self.arrived}")
        self.arrivals[key] += 1
        self.arrived += 1
        if key not in self.events:
            self.events[key] = item if self.keep else None

    def _count(self, users: tuple[str, ...], *, events: bool) -> None:
        now = self.clock()
        while self._named and self._named[0][0] <= now - REQUEST_WINDOW:
            self._named.popleft()
        while self._held and self._held[0][0] <= now - EVENT_WINDOW:
            self._held.popleft()
        if self.limits is not UNLIMITED:
            for user in set(users):
                times = [at for at, named in self._named if user in named]
                if len(times) >= self.limits.requests_per_identity:
                    raise _too_many("requests for one identity", times[0] + REQUEST_WINDOW - now)
            if events:
                self._count_events(users, now)
        self._named.append((now, frozenset(users)))
        self.moments.append((now, len(users) if events else 0))
        if events:
            self._held.append((now, users))

    def _count_events(self, users: tuple[str, ...], now: float) -> None:
        held = sum(len(earlier) for _, earlier in self._held)
        if held + len(users) > self.limits.events_per_app:
            raise _too_many("events for one app", (self._held[0][0] if self._held else now) + EVENT_WINDOW - now)
        for user, n in Counter(users).items():
            if sum(earlier.count(user) for _, earlier in self._held) + n > self.limits.events_per_identity:
                first = next((at for at, earlier in self._held if user in earlier), now)
                raise _too_many("events for one identity", first + EVENT_WINDOW - now)

    async def answer(self, request: Request) -> Response:
        """One HTTP request's answer."""
        trouble = self.trouble.popleft() if self.trouble else None
        await asyncio.sleep(self.slow)
        if isinstance(trouble, Response):
            self.answers[trouble.status_code] += 1
            return trouble
        status = 200
        headers: dict[str, str] = {}
        said: dict[str, str] = {}
        if isinstance(trouble, int | tuple):
            status, headers = trouble if isinstance(trouble, tuple) else (trouble, {})
            said = {"error": f"told to answer {status}"}
        else:
            try:
                _check(
                    request.headers.get("content-type") == "application/json", "Content-Type must be application/json"
                )
                content = await request.body()
                if request.headers.get("content-encoding") == "gzip":
                    content = gzip.decompress(content)
                    self.packed += 1
                self.take(request.url.path, _parsed(content))
            except Refused as refusal:
                status, headers, said = refusal.status, refusal.headers, {"error": str(refusal)}
        self.answers[status] += 1
        return _Broken() if trouble == "drop" else JSONResponse(said, status, headers)

    def counts(self) -> dict[str, int]:
        """What has arrived, in numbers: distinct events, events with doubles, users, updates of users, requests
        taken.
        """
        return {
            "events": len(self.events),
            "arrivals": self.arrived,
            "users": len(self.users),
            "updates": self.updates,
            "requests": self.answers[200],
        }

    async def stats(self, _request: Request) -> Response:
        """The counts, as JSON."""
        return JSONResponse(self.counts())

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(routes=self.routes())

    def routes(self) -> list[Route]:
        """The API's addresses."""
        paths = [
            "/api/track",
            "/api/add_user_properties",
            "/api/integrations/track",
            "/api/integrations/add_user_properties",
        ]
        posts = [Route(path, self.answer, methods=["POST"]) for path in paths]
        return [*posts, Route("/stats", self.stats)]


class _Broken(Response):
    """Promises a body and sends none, so the client sees the connection break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


@contextmanager
def running(heap: Heap) -> Iterator[str]:
    """Serves it on a free port of the loopback interface; gives its base URL."""
    with serving(heap.app()) as url:
        yield url


def _parsed(content: bytes) -> Json:
    try:
        return json.loads(content, parse_constant=_no_constant)
    except ValueError as error:
        raise Refused(400, f"the body is no JSON: {error}") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check(condition: object, reason: str) -> None:
    if not condition:
        raise Refused(400, reason)


def _too_many(what: str, seconds: float) -> Refused:
    return Refused(429, f"too many {what}", {"Retry-After": str(max(math.ceil(seconds), 1))})


def _check_event(item: dict[str, Json], *, partner: bool) -> None:
    common = {"event", "timestamp", "idempotency_key"}
    _check_fields(
        item, common | ({"user_identifier", "custom_properties"} if partner else {"properties", "session_id"}), partner
    )
    _check(
        isinstance(item.get("event"), str) and 0 < len(item["event"]) <= 1024,
        "event must be a string of 1 to 1024 characters",
    )
    _check_identity(item, partner=partner)
    _check_properties(
        item.get("custom_properties" if partner else "properties", {}), str if partner else (str, int, float)
    )
    key = item.get("idempotency_key", "long enough")
    _check(isinstance(key, str) and len(key) >= (8 if partner else 1), "idempotency_key is not valid")
    _check_timestamp(item.get("timestamp", "2026-01-01"), numbers=partner)


def _check_user(item: dict[str, Json], *, partner: bool) -> None:
    name = "custom_properties" if partner else "properties"
    _check_fields(item, {name, "user_identifier"} if partner else {name}, partner)
    _check(name in item, f"{name} is required")
    _check_identity(item, partner=partner, only_identity=True)
    _check_properties(item[name], (str, int, float, type(None)) if partner else (str, int, float))
    _check(not any(key.lower() == "id" for key in item[name]), "a property cannot be named id")


def _check_fields(item: dict[str, Json], known: set[str], partner: bool) -> None:
    known = known if partner else known | {"identity", "user_id"}
    _check(set(item) <= known, f"unknown field {sorted(set(item) - known)}")


def _check_identity(item: dict[str, Json], *, partner: bool, only_identity: bool = False) -> None:
    names = item.get("user_identifier", {}) if partner else {k: item[k] for k in ("identity", "user_id") if k in item}
    _check(isinstance(names, dict) and names, "a user is required: identity or user_id")
    _check(partner or len(names) == 1, "identity and user_id cannot both be given")
    _check(not only_identity or set(names) == {"identity"}, "identity is required")
    for name, value in names.items():
        _check(name in {"identity", "user_id", "anonymous_id", "email"}, f"unknown identifier {name}")
        _check(isinstance(value, str) and value.strip(), f"{name} must be a string that is not blank")
    _check(len(names.get("identity", "")) <= 255, "identity is limited to 255 characters")
    _check(
        re.fullmatch(r"\d+", names.get("user_id", "0")) and int(names.get("user_id", "0")) < 2**53,
        "user_id is no number",
    )


def _check_properties(properties: Json, types: type | tuple[type, ...]) -> None:
    _check(isinstance(properties, dict), "properties must be an object")
    for key, value in properties.items():
        _check(len(key) < 1024, "property names are limited to fewer than 1024 characters")
        _check(isinstance(value, types), f"the value of {key!r} is not valid")
        _check(not isinstance(value, str) or len(value) < 1024, f"the value of {key!r} has 1024 characters or more")


def _check_timestamp(value: Json, *, numbers: bool) -> None:
    if numbers and isinstance(value, int | float):
        return
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused(400, f"timestamp {value!r} is not ISO 8601") from None


def _whose(item: dict[str, Json]) -> str:
    names = item.get("user_identifier", item)
    return str(next(names[name] for name in ("identity", "user_id", "anonymous_id", "email") if name in names))


@contextmanager
def elsewhere() -> Iterator[str]:
    """A Heap without limits in a process of its own, so that it takes no time from who sends; gives its base URL."""
    command = [sys.executable, "-m", "heap_web.dev.serve.heap_api"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


if __name__ == "__main__":
    with running(Heap(limits=UNLIMITED, keep=False)) as address:
        print(address, flush=True)
        sys.stdin.read()
