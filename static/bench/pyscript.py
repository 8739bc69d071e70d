"""PyScript's page: Python on the main thread that flattens each call and tells Heap."""

from pyscript import window
from pyscript.ffi import create_proxy, to_js


def flat(properties, prefix=""):
    """Leaves of a nested dict by dotted key; dates and lists as text."""
    leaves = {}
    for key, value in properties.items():
        if isinstance(value, dict):
            leaves |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            leaves[prefix + key] = window.JSON.stringify(to_js(value))
        else:
            leaves[prefix + key] = value.toISOString() if hasattr(value, "toISOString") else value
    return leaves


def track(event, properties):
    """Tell Heap of one call."""
    window.heap.track(event, to_js(flat(properties.to_py())))


for event, properties in window.bench.queue:
    track(event, properties)
window.bench.send = create_proxy(track)
