"""How fast Heap lets an app send: its documented limits, kept by counting what was sent in the last minute. No clock of
its own.

Sources: https://developers.heap.io/reference/track-1 and /add-user-properties ("30 requests per 30 seconds per identity
per app_id"), /bulk-track ("1000 events per minute per identity per app_id and 15,000 events per minute per app_id").
Heap does not say how its windows are laid; whatever they are, no sliding window of ours ever holds more than the limit.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from heap_web.core.errors import ConfigurationError

REQUEST_WINDOW = 30.0
"""Seconds over which requests are counted."""
EVENT_WINDOW = 60.0
"""Seconds over which events are counted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one app may send. The defaults are Heap's documented limits; raise them only if Heap has raised yours."""

    requests_per_identity: int = 30
    """Requests that name one identity, in any 30 seconds."""
    events_per_identity: int = 1_000
    """Events of one identity, in any 60 seconds."""
    events_per_app: int = 15_000
    """Events of the whole app, in any 60 seconds."""

    def __post_init__(self) -> None:
        if not min(self.requests_per_identity, self.events_per_identity, self.events_per_app) >= 1:
            raise ConfigurationError(f"{self} lets nothing be sent; pass 1 or more of each")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as the limits count it: when (seconds since 1970), whether it held events, and each item's
    identity.
    """

    at: float
    events: bool
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """What no request may hold for now."""

    users: frozenset[str] = frozenset()
    """Identities that no request may name."""
    event_users: frozenset[str] = frozenset()
    """Identities of which no event may be sent."""
    events: bool = False
    """Whether no event at all may be sent."""


class Pacer:
    """Counts the requests of the last minute and says which identities may be named in the next one."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._requests: deque[Sent] = deque()
        self._events: deque[Sent] = deque()
        self._requests_of: Counter[str] = Counter()
        self._events_of: Counter[str] = Counter()
        self._events_in_all = 0

    def record(self, sent: Sent) -> None:
        """Counts a request that was made, by this sender or by another that shares the app."""
        self._requests.append(sent)
        self._requests_of.update(set(sent.users))
        if sent.events:
            self._events.append(sent)
            self._events_of.update(sent.users)
            self._events_in_all += len(sent.users)

    def admit(self, now: float, users: Sequence[str], *, events: bool) -> list[int]:
        """The positions in `users` that may go into one request now, in order; empty if none may."""
        self._forget(now)
        room = self.limits.events_per_app - self._events_in_all if events else len(users)
        taken: Counter[str] = Counter()
        admitted: list[int] = []
        for position, user in enumerate(users):
            if len(admitted) >= room:
                break
            if self._may(user, taken[user], events=events):
                taken[user] += 1
                admitted.append(position)
        return admitted

    def blocked(self, now: float) -> Blocked:
        """What no request may hold now."""
        self._forget(now)
        return Blocked(
            users=frozenset(u for u, n in self._requests_of.items() if n >= self.limits.requests_per_identity),
            event_users=frozenset(u for u, n in self._events_of.items() if n >= self.limits.events_per_identity),
            events=self._events_in_all >= self.limits.events_per_app,
        )

    def wait(self, now: float, users: Collection[str], *, events: bool) -> float:
        """Seconds until some request for one of `users` may be made; 0 if it may be now."""
        self._forget(now)
        of_app = 0.0
        if events and self._events and self._events_in_all >= self.limits.events_per_app:
            of_app = self._events[0].at + EVENT_WINDOW - now
        return max(of_app, min((self._wait_of(now, user, events=events) for user in set(users)), default=0.0))

    def _may(self, user: str, more: int, *, events: bool) -> bool:
        if self._requests_of[user] >= self.limits.requests_per_identity:
            return False
        return not events or self._events_of[user] + more < self.limits.events_per_identity

    def _wait_of(self, now: float, user: str, *, events: bool) -> float:
        waits = [0.0]
        if self._requests_of[user] >= self.limits.requests_per_identity:
            waits.append(next(s.at for s in self._requests if user in s.users) + REQUEST_WINDOW - now)
        if events and self._events_of[user] >= self.limits.events_per_identity:
            waits.append(next(s.at for s in self._events if user in s.users) + EVENT_WINDOW - now)
        return max(waits)

    def _forget(self, now: float) -> None:
        while self._requests and self._requests[0].at <= now - REQUEST_WINDOW:
            _subtract(self._requests_of, set(self._requests.popleft().users))
        while self._events and self._events[0].at <= now - EVENT_WINDOW:
            old = self._events.popleft()
            _subtract(self._events_of, old.users)
            self._events_in_all -= len(old.users)


def _subtract(counts: Counter[str], users: Collection[str]) -> None:
    for user in users:
        if counts[user] <= 1:
            del counts[user]
        else:
            counts[user] -= 1
