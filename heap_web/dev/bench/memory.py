"""What a page and its workers hold, by heap snapshots: objects, array buffers with wasm memories, live PyProxies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from playwright.sync_api import CDPSession, Page

Ask = Callable[[str], Mapping[str, Any]]
WORKERS = ("worker", "shared_worker")
ANSWER = 120_000.0  # ms that a worker may take to answer
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
        for target in session.send("Target.getTargets")["targetInfos"]:
            if target["type"] in WORKERS:
                with _attached(page, session, target["targetId"]) as (ask, chunks):
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


def _listening(session: CDPSession) -> list[str]:
    chunks: list[str] = []
    session.on(CHUNK, lambda event: chunks.append(event["chunk"]))
    return chunks


@contextmanager
def _attached(page: Page, session: CDPSession, target: str) -> Iterator[tuple[Ask, list[str]]]:
    """Speak with a worker through the page's session, by messages within messages."""
    answers: dict[int, Mapping[str, Any]] = {}
    chunks: list[str] = []
    numbers = count(1)

    def hear(event: Mapping[str, Any]) -> None:
        message = json.loads(event["message"])
        if message.get("method") == CHUNK:
            chunks.append(message["params"]["chunk"])
        elif "id" in message:
            answers[message["id"]] = message

    session.on("Target.receivedMessageFromTarget", hear)
    attached = session.send("Target.attachToTarget", {"targetId": target, "flatten": False})["sessionId"]

    def ask(method: str) -> Mapping[str, Any]:
        number = next(numbers)
        text = json.dumps({"id": number, "method": method})
        session.send("Target.sendMessageToTarget", {"sessionId": attached, "message": text})
        waited = 0.0
        while number not in answers:
            if waited >= ANSWER:
                raise TimeoutError(f"the worker did not answer {method} in {ANSWER / 1000:.0f} s")
            page.wait_for_timeout(20)
            waited += 20
        message = answers.pop(number)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        result: Mapping[str, Any] = message["result"]
        return result

    try:
        yield ask, chunks
    finally:
        session.remove_listener("Target.receivedMessageFromTarget", hear)
        session.send("Target.detachFromTarget", {"sessionId": attached})
