"""Sending from a server: Heap's API for servers, with a durable outbox, so that no call is lost. Extra:
`heap-web[cloud]`.
"""

import sys

if sys.platform == "emscripten":
    raise ImportError(
        "heap_web.cloud is for servers: Heap's server-side API does not accept calls from browsers. "
        "In a page use heap_web.load(app_id)."
    )

try:
    import httpx as _httpx  # noqa: F401
    import sqlalchemy as _sqlalchemy  # noqa: F401
except ImportError as error:
    raise ImportError(f"heap_web.cloud needs {error.name}: pip install 'heap-web[cloud]'", name=error.name) from error

from heap_web.cloud.bound import Bound
from heap_web.cloud.client import AsyncHeapCloud, HeapCloud
from heap_web.cloud.delivery import Delivery
from heap_web.cloud.errors import DeliveryError, OutboxError, OutboxFullError
from heap_web.cloud.leftovers import exit_on_sigterm
from heap_web.cloud.messages import Message, from_segment
from heap_web.cloud.monitor import Counts, Health, Stats
from heap_web.cloud.outbox import Outbox, Refusal
from heap_web.cloud.pacing import Limits
from heap_web.cloud.retry import Retry

__all__ = [
    "AsyncHeapCloud",
    "Bound",
    "Counts",
    "Delivery",
    "DeliveryError",
    "Health",
    "HeapCloud",
    "Limits",
    "Message",
    "Outbox",
    "OutboxError",
    "OutboxFullError",
    "Refusal",
    "Retry",
    "Stats",
    "exit_on_sigterm",
    "from_segment",
]
