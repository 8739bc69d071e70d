"""The bench's server: every contestant's files from memory, compressed beforehand, each answer's bytes counted."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli

from heap_web.dev.bench.conditions import PIECE, Line

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".py": "text/x-python"}
WORTH = 0.98  # a compressed form that saves less than this is not sent
# For pages asked for by `?isolated`, whose clock ticks in 5 µs instead of 100, and for all that they may load.
ISOLATED = ((b"cross-origin-opener-policy", b"same-origin"), (b"cross-origin-embedder-policy", b"require-corp"))
SKIPPED = (".map", ".d.ts", ".gz", ".br")


@dataclass(frozen=True, slots=True)
class Served:
    """One path's answer: headers and body as they go on the wire, with and without brotli."""

    kind: str
    plain: bytes
    compressed: bytes | None
    immutable: bool

    def answer(self, accepts_brotli: bool, isolated: bool) -> tuple[tuple[tuple[bytes, bytes], ...], bytes]:
        """Headers and body for a browser that takes brotli or not, and a page that is cross-origin isolated or not."""
        body = self.compressed if accepts_brotli and self.compressed is not None else self.plain
        headers = [
            (b"content-type", self.kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"public, max-age=31536000, immutable" if self.immutable else b"no-cache"),
            *(ISOLATED if isolated or self.immutable else ()),
        ]
        if body is self.compressed:
            headers.append((b"content-encoding", b"br"))
        return tuple(headers), body


@dataclass(frozen=True, slots=True)
class Sent:
    """One answer that went out: its path, the bytes of its body, and all its bytes with status line and headers."""

    path: str
    body: int
    size: int


@dataclass(slots=True)
class Site:
    """The ASGI app: what is served, a log of what was sent, and the line that it goes through."""

    files: Mapping[str, Served]
    log: list[Sent] = field(default_factory=list)
    line: Line = field(default_factory=Line)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        served = self.files.get(path)
        if served is None:
            status, body = 404, b""
            headers: tuple[tuple[bytes, bytes], ...] = ((b"content-length", b"0"),)
        else:
            headers, body = served.answer(b"br" in accepted, b"isolated" in scope["query_string"])
            status = 200
        lines = sum(len(name) + len(value) + 4 for name, value in headers)
        self.log.append(Sent(path, len(body), len(b"HTTP/1.1 200 OK\r\n") + lines + 2 + len(body)))
        await self.line.wait_for_answer()
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        step = PIECE if self.line.condition.rate else max(len(body), 1)
        for start in range(0, max(len(body), 1), step):
            piece = body[start : start + step]
            await self.line.wait_for(len(piece))
            await send({"type": "http.response.body", "body": piece, "more_body": start + step < len(body)})


def page(html: str) -> Served:
    """A page: asked for on every visit, and fit for the back/forward cache as most pages are."""
    body = html.encode()
    return Served("text/html; charset=utf-8", body, _worth(body, brotli.compress(body)), immutable=False)


def folder(prefix: str, root: Path, cache: Path, *, skip: tuple[str, ...] = SKIPPED) -> dict[str, Served]:
    """Every file under `root` as ``/prefix/…``; raises FileNotFoundError if there is no such folder."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is missing: run `python3 build.py bundle` first")
    return {
        f"/{prefix}/{path.relative_to(root).as_posix()}": file(path, cache)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith(skip)
    }


def file(path: Path, cache: Path) -> Served:
    """One file, with the `.br` that lies beside it or one made here and kept in `cache` (compressing is slow)."""
    plain = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    beside = path.with_name(path.name + ".br")
    compressed = beside.read_bytes() if beside.is_file() else _compressed(plain, cache)
    return Served(kind, plain, _worth(plain, compressed), immutable=True)


def _worth(plain: bytes, compressed: bytes) -> bytes | None:
    return compressed if len(compressed) < WORTH * len(plain) else None


def _compressed(plain: bytes, cache: Path) -> bytes:
    kept = cache / f"{hashlib.sha256(plain).hexdigest()}.br"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(".part")
        fresh.write_bytes(brotli.compress(plain, quality=11))
        fresh.replace(kept)
    return kept.read_bytes()
