"""Which settings a client takes, and what each call becomes: checked, shaped, with its time and message id. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from math import inf
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from heap_web.cloud import documented, partner
from heap_web.cloud.entries import HOSTS, Entry
from heap_web.cloud.messages import SECONDS, Kind, Message, identity, message_key, moment
from heap_web.core.errors import CallError, ConfigurationError

APIS = ("public", "integrations")
TRACK = {"event", "user_id", "properties", "timestamp", "message_id", "anonymous_id"}
"""What `track` takes."""
_AS_IT_IS = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII).fullmatch
_APP_ID = re.compile(r"[0-9]{1,20}").fullmatch
_NO_URL = re.compile(r"[\s\x00-\x20\x7f\\]").search


class Calls:
    """Turns calls into entries for the outbox. Raises `ConfigurationError` for settings that cannot work."""

    def __init__(
        self, app_id: str, region: str, api: str, clock: Callable[[], float], base_url: str | None = None
    ) -> None:
        self.app_id = checked_app_id(app_id)
        host = HOSTS[_one_of("region", region, tuple(HOSTS))]
        self.base_url = host if base_url is None else checked_base_url(base_url)
        self.api = _one_of("api", api, APIS)
        self._clock = clock

    def entries(self, message: Message) -> tuple[str, tuple[Entry, ...]]:
        """A call's message id (its own, or a new one) and its entries. Raises `CallError` for a call that Heap would
        refuse.
        """
        given = message_key(message.message_id)
        key = given if given is not None else str(uuid4())
        time = moment(message.timestamp, self._clock())
        if self.api == "integrations":
            return key, partner.entries(message, as_partners_send(message.timestamp, time), key)
        return key, documented.entries(message, time, key)


def message_of(
    kind: Kind,
    user_id: object,
    *,
    timestamp: object = None,
    message_id: object = None,
    anonymous_id: object = None,
    event: Any = None,
    name: str | None = None,
    properties: Mapping[str, Any] | None = None,
    traits: Mapping[str, Any] | None = None,
) -> Message:
    """The message of a client's method; its values are those at the moment of the call."""
    return Message(
        kind,
        identity(user_id),
        event=event,
        properties=properties,
        traits=traits,
        name=name,
        timestamp=timestamp,
        message_id=message_key(message_id),
        anonymous_id=identity(anonymous_id),
    )


def as_partners_send(timestamp: object, time: str) -> str | int | float:
    """A timestamp for the endpoints for partners: milliseconds and ISO text as they came, anything else as `time`."""
    if isinstance(timestamp, str) and _AS_IT_IS(timestamp):
        return timestamp
    if type(timestamp) in (int, float):
        number: Any = timestamp
        return time if 0 < abs(number) < SECONDS else number
    return time


def messages_of(events: Iterable[Mapping[str, Any] | Message]) -> list[Message]:
    """The messages of many events, each given as `track` takes it, or as a message. `CallError` names the place of one
    that is neither.
    """
    if isinstance(events, Mapping | Message | str | bytes) or not isinstance(events, Iterable):
        raise CallError(f"pass an iterable of calls, such as a list of mappings, not {type(events).__name__}")
    messages: list[Message] = []
    for place, given in enumerate(events):
        if isinstance(given, Message):
            messages.append(given)
            continue
        if not isinstance(given, Mapping) or not set(given) <= TRACK:
            wrong = sorted(map(str, set(given) - TRACK)) if isinstance(given, Mapping) else type(given).__name__
            raise CallError(
                f"call {place}: pass a mapping with some of {', '.join(sorted(TRACK))}, or a Message, not {wrong}"
            )
        values = {name: value for name, value in given.items() if name != "user_id"}
        try:
            messages.append(message_of("track", given.get("user_id"), **values))
        except CallError as error:
            raise CallError(f"call {place}: {error}") from error
    return messages


def checked_base_url(base_url: object) -> str:
    """An address of Heap without the slash at its end; `ConfigurationError` if it cannot be one."""
    try:
        parts = urlsplit(base_url) if isinstance(base_url, str) and not _NO_URL(base_url) else None
        fine = parts is not None and parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts is None or parts.query or parts.fragment:
        raise ConfigurationError(
            f"base_url {base_url!r} is no address of a server; pass one such as https://heapanalytics.com"
        )
    return str(base_url).rstrip("/")


def checked_app_id(app_id: object) -> str:
    """An App ID as text; `ConfigurationError` if it cannot be one."""
    text = str(app_id)
    if isinstance(app_id, bool) or not _APP_ID(text):
        raise ConfigurationError(
            f"app_id {app_id!r} is no Heap App ID; "
            "pass the number that Heap shows under Account, Manage, Projects, as text"
        )
    return text


def check_seconds(name: str, value: object, *, endless: bool = True) -> None:
    """Raises `ConfigurationError` for a setting that is no time in seconds. Infinity is one if it may be `endless`."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not value >= 0
        or (value == inf and not endless)
    ):
        raise ConfigurationError(f"{name} {value!r} is no time; pass seconds")


def check_kind(name: str, value: object, kind: type) -> None:
    """Raises `ConfigurationError` for a setting that is neither None nor of its type."""
    if value is not None and not isinstance(value, kind):
        raise ConfigurationError(f"{name} must be a {kind.__name__}, not {type(value).__name__}")


def _one_of(name: str, value: object, known: tuple[str, ...]) -> str:
    if value in known:
        return str(value)
    nearest = get_close_matches(str(value).lower(), known, 1, 0)
    raise ConfigurationError(
        f"{name} {value!r} is unknown; pass {' or '.join(map(repr, known))} (perhaps {nearest[0]!r}?)"
    )
