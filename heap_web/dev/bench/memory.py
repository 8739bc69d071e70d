"""What a page and its workers hold: JavaScript heaps, wasm memories, live PyProxies, by the DevTools protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from playwright.sync_api import CDPSession, Page

Ask = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
WORKERS = ("worker", "shared_worker")
ANSWER = 60_000.0  # ms that a worker may take to answer
SIZES = "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }"
PROXIES = """function () {
  const marked = (object) => Object.getOwnPropertySymbols(object).some((symbol) => String(symbol).includes("pyproxy"));
  return this.filter((object) => { try { return marked(object); } catch { return false; } }).length;
}"""


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes of the JavaScript heaps (collected first) and of the wasm memories, and the number of live PyProxies."""

    heap: int
    wasm: int
    proxies: int

    def __add__(self, other: Held) -> Held:
        return Held(self.heap + other.heap, self.wasm + other.wasm, self.proxies + other.proxies)

    @property
    def total(self) -> int:
        """All bytes."""
        return self.heap + self.wasm


def held(page: Page) -> Held:
    """What this page and every worker of its browser hold together."""
    session = page.context.new_cdp_session(page)
    try:
        sums = _held(lambda method, params: session.send(method, dict(params)))
        for target in session.send("Target.getTargets")["targetInfos"]:
            if target["type"] in WORKERS:
                with _attached(page, session, target["targetId"]) as ask:
                    sums += _held(ask)
        return sums
    finally:
        session.detach()


def _held(ask: Ask) -> Held:
    ask("HeapProfiler.enable", {})
    for _ in range(2):  # what the first round's finalizers let go of goes in the second
        ask("HeapProfiler.collectGarbage", {})
    usage = ask("Runtime.getHeapUsage", {})
    wasm = _count(ask, "globalThis.WebAssembly?.Memory.prototype", SIZES)
    proxies = _count(ask, "Object.prototype", PROXIES)
    ask("HeapProfiler.disable", {})
    # wasm memories are array buffers too, but V8 does not count them as backing storage of its heap
    heap = usage["usedSize"] + usage.get("embedderHeapUsedSize", 0) + usage.get("backingStorageSize", 0)
    return Held(int(heap), wasm, proxies)


def _count(ask: Ask, prototype: str, function: str) -> int:
    group = {"objectGroup": "bench"}
    found = ask("Runtime.evaluate", {"expression": prototype, **group})["result"]
    objects = ask("Runtime.queryObjects", {"prototypeObjectId": found["objectId"], **group})["objects"]
    answer = ask(
        "Runtime.callFunctionOn",
        {"functionDeclaration": function, "objectId": objects["objectId"], "returnByValue": True, **group},
    )
    ask("Runtime.releaseObjectGroup", group)
    return int(answer["result"]["value"])


@contextmanager
def _attached(page: Page, session: CDPSession, target: str) -> Iterator[Ask]:
    """Speak with a worker through the page's session, by messages within messages."""
    answers: dict[int, Mapping[str, Any]] = {}
    numbers = count(1)

    def hear(event: Mapping[str, Any]) -> None:
        message = json.loads(event["message"])
        if event["sessionId"] == attached and "id" in message:
            answers[message["id"]] = message

    attached: str = session.send("Target.attachToTarget", {"targetId": target, "flatten": False})["sessionId"]
    session.on("Target.receivedMessageFromTarget", hear)

    def ask(method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        number = next(numbers)
        text = json.dumps({"id": number, "method": method, "params": params})
        session.send("Target.sendMessageToTarget", {"sessionId": attached, "message": text})
        waited = 0.0
        while number not in answers:
            if waited >= ANSWER:
                raise TimeoutError(f"the worker did not answer {method} in {ANSWER / 1000:.0f} s")
            page.wait_for_timeout(10)
            waited += 10
        message = answers.pop(number)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        result: Mapping[str, Any] = message["result"]
        return result

    try:
        yield ask
    finally:
        session.remove_listener("Target.receivedMessageFromTarget", hear)
        session.send("Target.detachFromTarget", {"sessionId": attached})
