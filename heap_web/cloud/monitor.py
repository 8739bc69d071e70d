"""What the sending tells its operators: counts, log lines, callbacks, and OpenTelemetry if it is installed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from heap_web.cloud.outbox import Refusal, Row
from heap_web.cloud.telemetry import Telemetry

SHOWN = 3
"""Message ids of refused calls in a log line."""

_log = logging.getLogger("heap_web.cloud")


@dataclass(frozen=True, slots=True)
class Counts:
    """What this process has done since its client was made."""

    requests: int = 0
    """Requests that Heap answered."""
    delivered: int = 0
    """Calls that Heap has taken."""
    refused: int = 0
    """Calls that Heap said no to."""
    retries: int = 0
    """Faults after which the same calls are sent again."""
    last_delivery: float | None = None
    """When Heap last took calls, in seconds since 1970."""
    last_error: str | None = None
    """What last went wrong in sending."""
    last_error_at: float | None = None
    """When, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Stats:
    """How a client and its outbox stand."""

    waiting: int
    """Calls in the outbox, of whatever process."""
    oldest: float | None
    """Seconds that the oldest of them has waited."""
    kept_aside: int
    """Calls in the outbox that Heap said no to."""
    dropped: int
    """Calls that this process dropped because the outbox was full."""
    sending: Counts
    """What this process has sent."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether calls reach Heap."""

    ok: bool
    problems: tuple[str, ...]
    """What is wrong, for people."""
    stats: Stats | None
    """None if the outbox cannot be read."""


class Monitor:
    """Is told what comes of the sending; thread-safe. Errors in the callbacks are logged and do no harm."""

    def __init__(
        self,
        *,
        on_error: Callable[[Exception], object] | None = None,
        on_refused: Callable[[Refusal], object] | None = None,
        clock: Callable[[], float] = time.time,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._on_error = on_error
        self._on_refused = on_refused
        self._clock = clock
        self._telemetry = telemetry or Telemetry(None, None)
        self._lock = threading.Lock()
        self.counts = Counts()

    def reset(self) -> None:
        """Begins anew, in a forked child."""
        self._lock = threading.Lock()
        self.counts = Counts()

    def delivered(self, rows: Sequence[Row]) -> None:
        """Heap has taken these."""
        with self._lock:
            counts = self.counts
            self.counts = replace(
                counts,
                requests=counts.requests + 1,
                delivered=counts.delivered + len(rows),
                last_delivery=self._clock(),
            )
        self._telemetry.count("delivered", len(rows), rows[0].path)
        _log.debug("Heap took %d calls", len(rows), extra=_fields("delivered", calls=len(rows), path=rows[0].path))

    def split(self) -> None:
        """Heap said no to a request; halves of it are sent."""
        with self._lock:
            self.counts = replace(self.counts, requests=self.counts.requests + 1)

    def refused(self, rows: Sequence[Row], status: int, reason: str) -> None:
        """Heap said no to these."""
        with self._lock:
            counts = self.counts
            self.counts = replace(counts, requests=counts.requests + 1, refused=counts.refused + len(rows))
        self._telemetry.count("refused", len(rows), rows[0].path)
        more = "" if len(rows) <= SHOWN else ", …"
        _log.warning(
            "Heap refused %d calls with HTTP %d: %s%s. They are kept aside; refusals() tells what Heap said.",
            len(rows),
            status,
            ", ".join(row.message_id for row in rows[:SHOWN]),
            more,
            extra=_fields("refused", calls=len(rows), status=status, path=rows[0].path),
        )
        if self._on_refused is not None:
            now = self._clock()
            for row in rows:
                self._call(self._on_refused, Refusal(row.path, row.user, row.message_id, row.body, status, reason, now))

    def fault(self, reason: str, status: int | None) -> None:
        """There was no answer, or one that asks to come again."""
        with self._lock:
            counts = self.counts
            self.counts = replace(counts, retries=counts.retries + 1, last_error=reason, last_error_at=self._clock())
        self._telemetry.count("retries", 1, "")
        _log.info("sending again: %s", reason, extra=_fields("retry", status=status))

    def error(self, error: Exception) -> None:
        """The sending has to pause, and goes on later."""
        with self._lock:
            self.counts = replace(self.counts, last_error=str(error), last_error_at=self._clock())
        _log.warning("%s", error, extra=_fields("error", error=type(error).__name__))
        if self._on_error is not None:
            self._call(self._on_error, error)

    @contextmanager
    def request(self, path: str, calls: int) -> Iterator[Callable[[int | None], None]]:
        """Around one request; the function that it gives is told the HTTP status, or None."""
        with self._telemetry.request(path, calls) as answered:
            yield answered

    def _call(self, callback: Callable[[Any], object], value: object) -> None:
        try:
            callback(value)
        except (Exception, SystemExit, KeyboardInterrupt):  # noqa: BLE001 - of the program, not of the sending
            _log.exception("%s failed", getattr(callback, "__qualname__", "the callback"))


def _fields(event: str, **values: object) -> dict[str, dict[str, object]]:
    """For structured logs: `record.heap_web`."""
    return {"heap_web": {"event": event, **values}}
