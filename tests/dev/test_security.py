"""The policies that the demo server sends."""

from __future__ import annotations

import pytest

from heap_web.dev.serve.security import page_policy, worker_policy


def directives(policy: str) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.split("; ")]
    return {name: sources for name, *sources in parts}


@pytest.mark.parametrize("heap", [None, "classic", "latest"])
def test_no_page_allows_inline_code_or_eval(heap: str | None) -> None:
    """Whatever Heap is in use, scripts need the nonce or our own origin, and nothing frames the page."""
    policy = directives(page_policy("N0nce", heap))
    scripts = policy["script-src"]
    assert "'nonce-N0nce'" in scripts
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "data:"} & set(scripts + policy["style-src"])
    assert (policy["default-src"], policy["base-uri"], policy["frame-ancestors"]) == (["'none'"],) * 3


@pytest.mark.parametrize(
    ("heap", "hosts"),
    [(None, []), ("classic", ["https://cdn.heapanalytics.com"]), ("latest", ["https://cdn.us.heap-api.com"])],
)
def test_heaps_hosts_are_let_in_only_where_heap_is_real(heap: str | None, hosts: list[str]) -> None:
    """Where the server plays Heap, no other host is named at all."""
    policy = directives(page_policy("N", heap))
    assert [source for source in policy["script-src"] if source.startswith("https:")] == hosts
    assert bool([source for source in policy["connect-src"] if source.startswith("https:")]) == bool(hosts)


def test_a_worker_may_compile_webassembly_and_no_more() -> None:
    """The policy that a worker's script comes with allows our own scripts and WebAssembly."""
    policy = directives(worker_policy())
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert policy["default-src"] == ["'none'"]
