"""Tests of heap_web.dev.bench.memory."""

from __future__ import annotations

from typing import Any

from heap_web.dev.bench.memory import Held, counted


def snapshot() -> dict[str, Any]:
    """A heap of three objects (two of them proxies), a wasm memory, and machine code of two kinds."""
    return {
        "snapshot": {
            "meta": {
                "node_fields": ["type", "name", "id", "self_size", "edge_count"],
                "node_types": [["hidden", "object", "native", "code"], "string", "number", "number", "number"],
                "edge_fields": ["type", "name_or_index", "to_node"],
                "edge_types": [["element", "property"], "string_or_number", "node"],
            }
        },
        "strings": [
            "Object",
            "<symbol pyproxy.attrs>",
            "system / JSArrayBufferData",
            "system / CppGCManaged (WasmNativeModule)",
            "shape",
        ],
        "nodes": [
            *(1, 0, 1, 100, 1),
            *(1, 0, 3, 100, 1),
            *(1, 0, 5, 50, 2),
            *(2, 2, 7, 65536, 0),
            *(2, 3, 9, 9_000_000, 0),
            *(3, 0, 11, 700, 0),
        ],
        "edges": [*(1, 1, 10), *(1, 1, 15), *(1, 4, 15), *(0, 1, 0)],
    }


def test_counted() -> None:
    """Objects and buffers count, machine code does not, and proxies are those that Pyodide has marked by its symbol."""
    assert counted(snapshot()) == Held(size=100 + 100 + 50 + 65536, proxies=2)


def test_sum() -> None:
    """What a page and its worker hold adds up."""
    assert Held(100, 1) + Held(20, 2) == Held(120, 3)
