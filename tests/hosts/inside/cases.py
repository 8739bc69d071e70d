"""Makes recorded cases on heap_web inside a host; the test outside compares what Heap was told."""

import asyncio
import json
from typing import Any

import heap_web

from . import twins

APP_ID = "1535634150"


async def in_page(cases: list[dict[str, Any]]) -> str:
    """Cases in a page's own Python, storage empty and Analytics new for each: {id: [told, numbers of callbacks]}."""
    import js

    outcomes = {}
    for case in cases:
        js.localStorage.clear()
        js.recorder.told.length = 0
        called: list[int] = []
        analytics = heap_web.load(APP_ID, **twins.settings(case))
        for method, arguments in twins.python_calls(case, called.append):
            if method == "$reload":
                analytics = heap_web.load(APP_ID, **twins.settings(case))
            else:
                await getattr(analytics, method)(*arguments)
        await asyncio.sleep(0)
        outcomes[case["id"]] = [json.loads(js.JSON.stringify(js.recorder.told)), called]
    return json.dumps(outcomes)


async def over_bridge(cases: list[dict[str, Any]]) -> str:
    """Cases over the bridge, each between two events that name it: {id: [null, numbers of callbacks]}."""
    analytics = heap_web.load(APP_ID)
    await analytics.ready()
    outcomes = {}
    for case in cases:
        called: list[int] = []
        analytics.reset()
        analytics.track(f"case {case['id']}")
        for method, arguments in twins.python_calls(case, called.append):
            if method != "$reload":
                getattr(analytics, method)(*arguments)
        await analytics.track("case over")
        outcomes[case["id"]] = [None, called]
    return json.dumps(outcomes)
