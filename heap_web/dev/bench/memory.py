"""What a page and its workers hold, by heap snapshots: objects, array buffers with wasm memories, live PyProxies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from playwright.sync_api import CDPSession, Page

from heap_web.dev.bench.workers import Ask, Event, attached, workers

PAUSE = 100.0  # ms in which finalizers run
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


def held(page: Page) -> Held:
    """What this page and every shared or other worker of its browser hold together, garbage collected."""
    session = page.context.new_cdp_session(page)
    try:
        sums = _held(page, session.send, _listening(session))
        for worker in workers(session):
            chunks: list[str] = []
            with attached(page, session, worker, partial(_keep, chunks)) as ask:
                sums += _held(page, ask, chunks)
        return sums
    finally:
        session.detach()


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


def _held(page: Page, ask: Ask, chunks: list[str]) -> Held:
    ask("HeapProfiler.enable")
    for _ in range(2):  # what the first round's finalizers let go of goes in the second
        ask("HeapProfiler.collectGarbage")
        page.wait_for_timeout(PAUSE)
    ask("HeapProfiler.takeHeapSnapshot")
    ask("HeapProfiler.disable")
    return counted(json.loads("".join(chunks)))


def _keep(chunks: list[str], event: Event) -> None:
    if event["method"] == CHUNK:
        chunks.append(event["params"]["chunk"])


def _listening(session: CDPSession) -> list[str]:
    chunks: list[str] = []
    session.on(CHUNK, lambda event: chunks.append(event["chunk"]))
    return chunks
