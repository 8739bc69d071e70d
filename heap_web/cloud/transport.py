"""One POST to Heap over HTTP: within its time, whatever drips, and with no more read of the answer than is needed."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from dataclasses import dataclass

import httpx

from heap_web.cloud.delivery import Answer, Fault
from heap_web.cloud.entries import Request
from heap_web.core.errors import ConfigurationError

LONGEST_TEXT = 500
"""Characters kept of what Heap said."""
MOST_READ = 64 * 1024
"""Bytes read of an answer; with more to come the connection is closed."""
WORTH_PACKING = 1_000
"""Characters from which a body is sent compressed, with `gzip`."""


@dataclass(frozen=True, slots=True)
class Http:
    """How requests are made."""

    timeout: float = 30.0
    """Seconds for a whole request, from connecting to the answer's last byte."""
    proxy: str | None = None
    verify: bool | str | ssl.SSLContext = True
    gzip: bool = False

    def __post_init__(self) -> None:
        if not self.timeout > 0:
            raise ConfigurationError(f"timeout {self.timeout!r} lets no request end; pass seconds above 0")

    def client(self, base_url: str) -> httpx.AsyncClient:
        """A client that keeps its connection. Raises `ConfigurationError` for a proxy or certificates it cannot use."""
        # Certificates take a while to load; a plain address, for tests, has none to check.
        plain = base_url.startswith("http:") and self.proxy is None and self.verify is True
        try:
            verify = ssl.create_default_context(cafile=self.verify) if isinstance(self.verify, str) else self.verify
            return httpx.AsyncClient(
                headers={"Content-Type": "application/json", "User-Agent": "heap-web", "Accept-Encoding": "identity"},
                timeout=self.timeout,
                proxy=self.proxy,
                verify=False if plain else verify,
            )
        except (ValueError, OSError, httpx.InvalidURL, ImportError) as error:
            raise ConfigurationError(f"proxy or verify cannot be used: {error}") from error


async def post(client: httpx.AsyncClient, request: Request, http: Http) -> Answer | Fault:
    """Sends it; gives what came of it. Raises nothing but a cancellation."""
    content, headers = request.content.encode(), {}
    if http.gzip and len(content) >= WORTH_PACKING:
        content, headers = gzip.compress(content, 6), {"Content-Encoding": "gzip"}
    try:
        async with (
            asyncio.timeout(http.timeout),
            client.stream("POST", request.url, content=content, headers=headers) as response,
        ):
            return Answer(response.status_code, await _said(response), response.headers.get("Retry-After"))
    except TimeoutError:
        return Fault(f"no answer within {http.timeout:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Fault(f"{type(error).__name__}: {error}")


async def _said(response: httpx.Response) -> str:
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= MOST_READ:
            break
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    content = bytes(read) if encoding in {"identity", ""} else _unpacked(bytes(read), encoding)
    if content is None:
        return "an answer that is compressed, though none was asked for"
    return text_of(content, response.charset_encoding)[:LONGEST_TEXT]


def _unpacked(content: bytes, encoding: str) -> bytes | None:
    """The beginning of an answer that was compressed unasked, as some proxies do; None if it cannot be read."""
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        return None
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, MOST_READ)
    except zlib.error:
        return None


def text_of(content: bytes, charset: str | None) -> str:
    """An answer's text. A charset that is none is not believed."""
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError, TypeError):
        return content.decode("utf-8", "replace")
