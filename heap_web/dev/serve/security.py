"""The headers that the demo server sends: a strict Content Security Policy for each, and the usual locks."""

from __future__ import annotations

# Heap's own hosts: where its script comes from, and where it sends to (image beacons and fetch).
HEAP_SCRIPTS = {"classic": ("https://cdn.heapanalytics.com",), "latest": ("https://cdn.us.heap-api.com",)}
HEAP_SINKS = {
    "classic": ("https://heapanalytics.com",),
    "latest": ("https://c.us.heap-api.com", "https://heapanalytics.com"),
}

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def page_policy(nonce: str, heap: str | None = None) -> str:
    """The policy of one HTML page.

    `nonce` is fresh for each response; `heap` is the SDK generation whose hosts are let in ("classic" or "latest"), or
    None where the server itself plays Heap. 'wasm-unsafe-eval' is for Python in the page, should no worker start.
    """
    scripts = ["'self'", f"'nonce-{nonce}'", "'wasm-unsafe-eval'", *(HEAP_SCRIPTS[heap] if heap else ())]
    sinks = HEAP_SINKS[heap] if heap else ()
    return _policy(
        {
            "default-src": ["'none'"],
            "script-src": scripts,
            "worker-src": ["'self'"],
            "style-src": ["'self'"],
            "img-src": ["'self'", "data:", *sinks],
            "connect-src": ["'self'", *sinks],
            "form-action": ["'self'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
        }
    )


def docs_policy() -> str:
    """The policy of the documentation: text, style sheets, and scripts of its own that ask this server alone."""
    return _policy(
        {
            "default-src": ["'none'"],
            "script-src": ["'self'"],
            "connect-src": ["'self'"],
            "style-src": ["'self'"],
            "img-src": ["'self'", "data:"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
        }
    )


def worker_policy() -> str:
    """The policy of every other file: a worker obeys its own script's, and ours compiles WebAssembly."""
    return _policy(
        {
            "default-src": ["'none'"],
            "script-src": ["'self'", "'wasm-unsafe-eval'"],
            "connect-src": ["'self'"],
            "frame-ancestors": ["'none'"],
        }
    )


def _policy(directives: dict[str, list[str]]) -> str:
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
