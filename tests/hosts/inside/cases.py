"""Makes recorded cases on heap_web inside a host; the test outside compares what Heap was told."""

import asyncio
import json
from typing import Any

import heap_web

from . import twins

APP_ID = "1535634150"


async def in_page(cases: list[dict[str, Any]]) -> str:
    """Cases in a page's own Python, storage empty for each: {id: [told, numbers of callbacks]}.

    A case with settings of its own has a page's half of its own: consent withdrawn, the one before it rests.
    """
    import js

    outcomes = {}
    given: Any = None
    analytics = None
    for case in cases:
        settings = twins.settings(case)
        if analytics is not None and (settings or given):
            methods = js.Object.assign(js.Object.new(), js.heap)
            analytics.consent(False)  # which leaves Heap's methods without effect
            js.Object.assign(js.heap, methods)
            analytics.close()
            js.Reflect.deleteProperty(js.window, getattr(js.Symbol, "for")("heap-web"))
        given = settings
        analytics = heap_web.load(APP_ID, **settings)
        if analytics.settings.loads_heap:
            await analytics.ready()
            await analytics.reset()  # what was too large for the storage is in the page's memory
        js.localStorage.clear()
        js.recorder.told.length = 0
        called: list[int] = []
        for method, arguments in twins.python_calls(case, called.append):
            if method == "$reload":
                analytics.close()
                analytics = heap_web.load(APP_ID, **settings)
            else:
                await getattr(analytics, method)(*arguments)
        await all_called(analytics)
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
        await all_called(analytics)
        outcomes[case["id"]] = [None, called]
    return json.dumps(outcomes)


async def all_called(analytics: Any) -> None:
    """Waits until the callbacks of all calls so far have been called: they come in order, and this one is the last."""
    over = asyncio.get_running_loop().create_future()
    analytics.page("over", lambda: over.set_result(None))
    await over
