"""What a page and its workers hold, by heap snapshots: objects, array buffers with wasm memories, live PyProxies."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heap_web.dev.bench.devtools import Target, workers

PAUSE = 0.1  # seconds in which finalizers run
CHUNK = "HeapProfiler.addHeapSnapshotChunk"
# Machine code is no trace of the calls: engines make more and better code the longer something runs.
CODE = "WasmNativeModule"
PROXY = "<symbol pyproxy.attrs>"  # what Pyodide marks its proxies with


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes of objects, strings and buffers, wasm memories among them, but no machine code; and live PyProxies."""

    size: int
    proxies: int

    def __add__(self, other: Held) -> Held:
        return Held(self.size + other.size, self.proxies + other.proxies)


def held(page: Target) -> Held:
    """What this page and every shared or other worker of its browser hold together, garbage collected."""
    with workers(page) as found:
        return sum(map(_held, found), start=_held(page))


def counted(snapshot: Mapping[str, Any]) -> Held:
    """The sums of one heap snapshot in V8's format (`.heapsnapshot`)."""
    about, strings = snapshot["snapshot"]["meta"], snapshot["strings"]
    fields, edge_fields = about["node_fields"], about["edge_fields"]
    nodes, edges = snapshot["nodes"], snapshot["edges"]
    code = about["node_types"][fields.index("type")].index("code")
    types = nodes[fields.index("type") :: len(fields)]
    names = nodes[fields.index("name") :: len(fields)]
    sizes = nodes[fields.index("self_size") :: len(fields)]
    machine = {index for index, text in enumerate(strings) if CODE in text}
    size = sum(
        size for kind, name, size in zip(types, names, sizes, strict=True) if kind != code and name not in machine
    )
    keyed = about["edge_types"][edge_fields.index("type")].index("property")
    symbols = {index for index, text in enumerate(strings) if text == PROXY}
    kinds = edges[edge_fields.index("type") :: len(edge_fields)]
    keys = edges[edge_fields.index("name_or_index") :: len(edge_fields)]
    proxies = sum(kind == keyed and key in symbols for kind, key in zip(kinds, keys, strict=True))
    return Held(size, proxies)


def _held(target: Target) -> Held:
    target.send("HeapProfiler.enable")
    for _ in range(2):  # what the first round's finalizers let go of goes in the second
        target.send("HeapProfiler.collectGarbage")
        time.sleep(PAUSE)
    target.send("HeapProfiler.takeHeapSnapshot")
    target.send("HeapProfiler.disable")
    return counted(json.loads("".join(each["chunk"] for each in target.take(CHUNK))))
