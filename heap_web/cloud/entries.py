"""What the outbox keeps and the sender sends: one call in the form in which Heap takes it, as JSON text."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from heap_web.core.javascript import json_text, quick_text

EVENTS = {"/api/track": True, "/api/add_user_properties": False}
"""Paths of Heap's documented API, and whether what they take counts as events."""
PARTNER_EVENTS = {"/api/integrations/track": True, "/api/integrations/add_user_properties": False}
"""Paths of the endpoints for integration partners, likewise."""

HOSTS = {"us": "https://heapanalytics.com", "eu": "https://c.eu.heap-api.com"}
"""Where each data centre takes server-side calls (https://developers.heap.io/reference/track-1)."""

MOST_PER_REQUEST = 1_000
"""Events or users in one request (https://developers.heap.io/reference/bulk-track)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One call, ready to be put among others into a request."""

    path: str
    """Of the endpoint, from `/api/`."""
    user: str
    """Whose it is: the identity that Heap's limits count by and order is kept by."""
    key: str
    """The message id: the same call is kept once, and reaches Heap with the same idempotency key however often it is
    sent.
    """
    body: str
    """JSON text of the element of `events` or `users`."""

    @property
    def is_event(self) -> bool:
        """Whether Heap counts it as an event."""
        return is_event(self.path)


@dataclass(frozen=True, slots=True)
class Request:
    """A POST with a JSON body."""

    url: str
    content: str


def is_event(path: str) -> bool:
    """Whether what an endpoint takes counts as events."""
    return path.endswith("/track")


def request(base_url: str, app_id: str, path: str, entries: Sequence[tuple[str, str]]) -> Request:
    """The bulk request for calls of one endpoint, given as (user, body) in order.

    Users are named once each: of several updates of one user in a request Heap does not say which wins, so they are
    merged, later values over earlier ones, as Heap itself does from one request to the next.
    """
    head = {"app_id": app_id, "library": "server"} if path in PARTNER_EVENTS else {"app_id": app_id}
    bodies = [body for _, body in entries] if is_event(path) else _merged(entries)
    kind = "events" if is_event(path) else "users"
    return Request(base_url + path, f'{json_of(head)[:-1]},"{kind}":[{",".join(bodies)}]}}')


def json_of(value: object) -> str:
    """JSON text as JavaScript writes it."""
    text = quick_text(value)
    return json_text(value) if text is None else text


def property_names(body: str) -> set[str]:
    """The names of the properties that a user's update sets."""
    update = json.loads(body)
    return set(update[_field(update)])


def without_properties(body: str, names: Collection[str]) -> str | None:
    """A user's update without some of its properties; None if none are left."""
    update = json.loads(body)
    left = {name: value for name, value in update[_field(update)].items() if name not in names}
    return json_of({**update, _field(update): left}) if left else None


def _merged(entries: Sequence[tuple[str, str]]) -> list[str]:
    of_user: dict[str, str] = {}
    for user, body in entries:
        of_user[user] = _over(of_user[user], body) if user in of_user else body
    return list(of_user.values())


def _over(earlier: str, later: str) -> str:
    old, new = json.loads(earlier), json.loads(later)
    field = _field(new)
    return json_of({**new, field: {**old[field], **new[field]}})


def _field(update: Mapping[str, object]) -> str:
    return "custom_properties" if "custom_properties" in update else "properties"
