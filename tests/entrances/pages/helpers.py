"""What the tests run in a page's or a worker's Python: calls with an id each, and how they settled."""

import collections
import json

import heap_web

made = 0
settled = collections.Counter()


def load(app_id, settings):
    """Loads heap_web and listens to what becomes of each call."""
    global analytics  # noqa: PLW0603
    analytics = heap_web.load(app_id, **settings)
    analytics.on("settled", lambda result: settled.update([result.status]))


def burst(tag, count):
    """Makes so many calls in one tick; none raises."""
    global made  # noqa: PLW0603
    for number in range(count):
        made += 1
        analytics.track("Made", {"call": f"{tag}-{number}"})


def statuses():
    """How the calls settled, as JSON text; "" as long as one has not."""
    return json.dumps(settled) if sum(settled.values()) == made else ""
