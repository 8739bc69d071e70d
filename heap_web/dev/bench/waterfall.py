"""Where the time of a first page goes: by the timelines of the page and of the worker that boots Python for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from heap_web.dev.bench.devtools import Target, workers

# When a page's script had arrived, on the clock that the page and its workers share.
SCRIPT = """JSON.stringify({
  origin: performance.timeOrigin,
  arrived: performance.getEntriesByType("resource").find(({ name }) => name.endsWith(PATH)).responseEnd,
})"""
# When a worker began, and when what it measures of its own boot had ended.
BOOT = """JSON.stringify({
  origin: performance.timeOrigin,
  ends: performance.getEntriesByType("measure").map(({ name, startTime, duration }) => [name, startTime + duration]),
})"""
#: What the worker measures, and the stage that ends with it.
MEASURED = {"heap-web:fetch": "fetched", "heap-web:thaw": "thawed"}


def stages(page: Target, script: str) -> dict[str, float]:
    """When each stage of a first page had ended, in ms since navigation: `script`, `worker`, `fetched`, `thawed`.

    `script`: the path of the page's script. Raises RuntimeError where there is not one worker.
    """
    with workers(page) as found:
        if len(found) != 1:
            raise RuntimeError(f"{len(found)} workers, and not the one that boots Python")
        told = found[0].evaluate(BOOT)
    return ended(json.loads(page.evaluate(SCRIPT.replace("PATH", json.dumps(script)))), json.loads(told))


def ended(page: Mapping[str, Any], worker: Mapping[str, Any]) -> dict[str, float]:
    """The stages' ends on the page's clock, of what page and worker said, each on its own clock."""
    begun = worker["origin"] - page["origin"]
    ends = {MEASURED[name]: begun + end for name, end in worker["ends"] if name in MEASURED}
    return {"script": page["arrived"], "worker": begun, **ends}
