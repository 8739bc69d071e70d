"""The way of the calls from the outbox to Heap, without any I/O of its own but the outbox.

`deliver` is a generator: it asks for what it needs (`Post`, `Wait`) and is told what came of it (`Answer`, `Fault`), so
tests need neither a network nor a clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from random import random

from heap_web.cloud.entries import MOST_PER_REQUEST, Request, is_event, request
from heap_web.cloud.errors import DeliveryError
from heap_web.cloud.monitor import Monitor
from heap_web.cloud.outbox import Claim, Outbox, Row
from heap_web.cloud.pacing import Pacer
from heap_web.cloud.retry import Retry, Verdict, retry_after, verdict

OTHERS_PAUSE = 0.2
"""Seconds until we look again whether other senders have left something."""
USERS_LOOKED_AT = 1_000
"""Of how many waiting calls the users are looked at to tell when the first may be sent."""


@dataclass(frozen=True, slots=True)
class Post:
    """Please send this request, with the header `Content-Type: application/json`. Answered with `Answer` or `Fault`."""

    request: Request
    calls: int
    """How many calls are in it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Please come back after so many seconds. Answered with None."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What Heap answered."""

    status: int
    text: str
    """Its beginning."""
    retry_after: str | None = None
    """The header, as it came."""


@dataclass(frozen=True, slots=True)
class Fault:
    """There was no answer: what the network said."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a flush has done."""

    delivered: int = 0
    """Calls that Heap has taken."""
    refused: int = 0
    """Calls that Heap said no to; `refusals()` tells which and why."""
    waiting: int = 0
    """Calls that are still in the outbox."""


Way = Generator[Post | Wait, Answer | Fault | None, Delivery]


class Sender:
    """Sends what is in one outbox. `progress(delivered, refused)` is told after every request.

    `monotonic`: the clock that waits are counted by. `clock`: that of the world, for dates that Heap names.
    """

    def __init__(
        self,
        outbox: Outbox,
        base_url: str,
        *,
        pacer: Pacer,
        retry: Retry,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random,
        monitor: Monitor | None = None,
        progress: Callable[[int, int], None] | None = None,
        most: int = MOST_PER_REQUEST,
    ) -> None:
        self._outbox = outbox
        self._base_url = base_url
        self._pacer = pacer
        self._retry = retry
        self._clock = clock
        self._monotonic = monotonic
        self._chance = chance
        self._monitor = monitor or Monitor()
        self._progress = progress
        self._most = most
        self._delivered = 0
        self._refused = 0

    def so_far(self) -> Delivery:
        """What has been done until now."""
        return Delivery(self._delivered, self._refused, self._outbox.waiting())

    def deliver(self) -> Way:
        """Sends until nothing waits. Raises `DeliveryError` after as many faults in a row as the `Retry` allows."""
        faults = 0
        self._outbox.learn(self._pacer)
        while True:
            with self._outbox.claim(self._pacer.blocked(self._monotonic()), self._most) as claim:
                sent, fault = yield from self._send(claim)
            if fault is not None:
                faults = 1 if sent else faults + 1
                self._monitor.fault(_said(fault), fault.status if isinstance(fault, Answer) else None)
                if faults >= self._retry.attempts:
                    raise DeliveryError(_said(fault), self._outbox.waiting())
                asked = retry_after(fault.retry_after, self._clock()) if isinstance(fault, Answer) else None
                yield Wait(self._retry.wait(faults, asked, self._chance), _said(fault))
            elif sent:
                faults = 0
            else:
                done = self.so_far()
                if done.waiting == 0:
                    return done
                yield self._pause()

    def _send(self, claim: Claim) -> Generator[Post, Answer | Fault | None, tuple[bool, Answer | Fault | None]]:
        """Sends one claim's calls; gives whether Heap answered for any, and what calls for a pause, if anything
        does.
        """
        answered = False
        parts: list[Sequence[Row]] = [claim.rows] if claim.rows else []
        while parts and (not answered or claim.holds()):
            part = self._outbox.reserve(self._pacer, parts.pop())
            if not part:
                continue
            answer = yield self._post(part)
            if not isinstance(answer, Answer):
                return answered, answer
            match verdict(answer.status, answer.text):
                case Verdict.AGAIN:
                    return answered, answer
                case Verdict.DELIVERED:
                    claim.delivered(part)
                    self._delivered += len(part)
                    self._monitor.delivered(part)
                case Verdict.SPLIT if len(part) > 1:
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                    self._monitor.split()
                case _:
                    claim.refused(part, answer.status, answer.text)
                    self._refused += len(part)
                    self._monitor.refused(part, answer.status, answer.text)
            answered = True
            if self._progress is not None:
                self._progress(self._delivered, self._refused)
        return answered, None

    def _post(self, part: Sequence[Row]) -> Post:
        bodies = [(row.user, row.body) for row in part]
        return Post(request(self._base_url, self._outbox.app_id, part[0].path, bodies), len(part))

    def _pause(self) -> Wait:
        """Calls wait but none may be claimed: their users have had their share for now, or others are sending them."""
        now = self._monotonic()
        users = self._outbox.users_waiting(USERS_LOOKED_AT)
        paced = min((self._pacer.wait(now, [user], events=is_event(path)) for path, user in users), default=0.0)
        return Wait(paced, "Heap's rate limits") if paced > 0 else Wait(OTHERS_PAUSE, "another sender is at work")


def _said(answer: Answer | Fault) -> str:
    if isinstance(answer, Fault):
        return answer.reason
    if verdict(answer.status) is Verdict.DELIVERED:
        return f"HTTP {answer.status} with a web page, so it was not Heap that answered: {answer.text[:80]}"
    return f"HTTP {answer.status}: {answer.text or 'no text'}"
