"""What an answer of Heap's means for the calls in it, and how long to wait before the next try. Pure: time and chance
are given.

Exponential backoff with full jitter: a random wait between nothing and the ceiling, the ceiling doubling with each
fault, so that many senders that failed together do not come back together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from heap_web.core.errors import ConfigurationError


class Verdict(Enum):
    """What follows from an answer's HTTP status."""

    DELIVERED = "delivered"
    """2xx: Heap has the calls."""
    AGAIN = "again"
    """407 (of a proxy), 408, 425, 429, 5xx, a redirect, a web page or no answer at all: the same calls are sent again
    later.
    """
    SPLIT = "split"
    """400, 413, 422: something in the request is wrong; halves of it tell what. A single call is refused."""
    REFUSED = "refused"
    """Any other 4xx: no use in sending it again."""


def verdict(status: int, text: str = "") -> Verdict:
    """What an answer means for the calls that were in the request."""
    if 200 <= status < 300:
        # A page to log in at a network, or a proxy's: Heap never saw the request.
        return Verdict.AGAIN if text.lstrip("\ufeff \t\r\n").startswith("<") else Verdict.DELIVERED
    if status in {400, 413, 422}:
        return Verdict.SPLIT
    if status in {407, 408, 425, 429} or not 400 <= status < 500:
        return Verdict.AGAIN
    return Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class Retry:
    """How faults are waited out. All times in seconds."""

    first: float = 0.5
    """Ceiling of the wait after the first fault; it doubles with each further one."""
    most: float = 60.0
    """The ceiling never rises over this."""
    attempts: int = 10
    """Faults in a row after which `flush` gives up; the calls stay in the outbox."""
    longest_retry_after: float = 3600.0
    """A server that asks for a longer pause is asked again after this."""

    def __post_init__(self) -> None:
        seconds = (self.first, self.most, self.longest_retry_after)
        if not (self.attempts >= 1 and all(0 <= value < float("inf") for value in seconds)):
            raise ConfigurationError(f"{self} waits for no time that there is; pass 1 or more attempts, and seconds")

    def wait(self, faults: int, retry_after: float | None, chance: Callable[[], float]) -> float:
        """Seconds to wait after the `faults`-th fault in a row (from 1). `chance()` gives a number in [0, 1)."""
        jittered = chance() * min(self.most, self.first * 2.0 ** min(faults - 1, 60))
        if retry_after is None:
            return jittered
        # Never before the time asked for; the jitter on top spreads senders that were all told the same time.
        return min(retry_after, self.longest_retry_after) + jittered * 0.1


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for (a number, or an HTTP date compared with `now`, seconds since 1970).

    None if there is no header or it cannot be read (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment.timestamp() - datetime.fromtimestamp(now, UTC).timestamp(), 0.0)
