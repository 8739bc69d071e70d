"""OpenTelemetry's metrics and traces of the sending, if its API is installed; else nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

NAME = "heap_web.cloud"


class Telemetry:
    """Counters `heap_web.calls` (by outcome), a histogram of requests' seconds, and a span for each request."""

    def __init__(self, meter: Any, tracer: Any) -> None:
        self._tracer = tracer
        self._calls = meter and meter.create_counter("heap_web.calls", "{call}", "Calls by what came of them")
        self._seconds = meter and meter.create_histogram("heap_web.request.duration", "s", "Requests to Heap")

    def count(self, outcome: str, calls: int, path: str) -> None:
        """Adds so many calls to those that were delivered, refused or faulty."""
        if self._calls is not None:
            self._calls.add(calls, {"outcome": outcome, "path": path} if path else {"outcome": outcome})

    @contextmanager
    def request(self, path: str, calls: int) -> Iterator[Callable[[int | None], None]]:
        """Around one request."""
        if self._tracer is None:
            yield lambda _status: None
            return
        begun = time.monotonic()
        attributes = {"http.request.method": "POST", "url.path": path}
        told = {**attributes, "heap_web.calls": calls}
        with self._tracer.start_as_current_span(f"POST {path}", attributes=told) as span:

            def answered(status: int | None) -> None:
                if status is not None:
                    span.set_attribute("http.response.status_code", status)

            try:
                yield answered
            finally:
                self._seconds.record(time.monotonic() - begun, attributes)


def telemetry() -> Telemetry:
    """By OpenTelemetry's providers as the program has set them, if it is installed."""
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        return Telemetry(None, None)
    return Telemetry(metrics.get_meter(NAME), trace.get_tracer(NAME))
