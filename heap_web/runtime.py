"""The worker's entry: a batch of calls in, the commands for Heap out, JSON text both ways.

In:  {"config": {"integrations": {…}, "arrayLimit": 0, "resetIdentity": false} or null: nothing is set,
      "user": {"id": …, "traits": {…}, "anonymousId": …, "local"?: {text: ISO text}} or null: no call is of the visitor,
      "calls": [{"m": method, "a": [wire value, …], "l"?: {text: ISO text}}, …]}
Out: {"results": [{"commands": [[method, argument, …], …], "reason"?: text, "warnings"?: [text, …]}, …],
      "user": {"id": …, "traits": {…}, "anonymousId": …} or null: as before}

One result per call, in order. Traits are plain JSON, dates as ISO text. Where Heap is told nothing there is a reason;
what the developer should know (an event without a name, values too deep or too long for Heap) is a warning.
"""

from collections.abc import Mapping
from json import JSONDecoder
from types import MappingProxyType
from typing import Any

from .core.calls import Identify, Reader, Track, parse
from .core.errors import CallError
from .core.javascript import compact_encoder, from_wire
from .core.limits import warnings
from .core.properties import NOTHING, Plain, entries, plain
from .core.session import DEFAULT, take
from .core.settings import Settings
from .core.user import User, remembered

_decode = JSONDecoder(parse_constant=lambda _: None).raw_decode
_encode = compact_encoder(ascii_only=True)


def run(text: str) -> str:
    """Takes one batch through the core, see above. Pure: what is kept between batches is in the text.

    Raises ValueError if `text` is no batch; nothing that stands in one of the calls raises.
    """
    batch, end = _decode(text)
    if not isinstance(batch, dict) or text[end:].strip():
        raise ValueError("a batch is a JSON object with config, user and calls")
    tagged = '"$"' in text
    if tagged:
        batch = from_wire(batch)
    read = plain if tagged else _read
    settings = _settings(batch.get("config"))
    user = before = _user(batch.get("user"), read)
    results: list[dict[str, Any]] = []
    calls = batch.get("calls")
    for call in calls if isinstance(calls, list) else ():
        user, result = _one(user, call, settings, read)
        results.append(result)
    after = None
    if user is not before:
        after = {"id": user.id, "traits": dict(user.traits), "anonymousId": user.anonymous_id}
    return _encode({"results": results, "user": after})


def _one(user: User, call: Any, settings: Settings, read: Reader) -> tuple[User, dict[str, Any]]:
    call = entries(call)
    arguments = call.get("a")
    try:
        parsed = parse(
            str(call.get("m")),
            arguments if isinstance(arguments, list) else (),
            _texts(call.get("l")),
            read=read,
        )
    except CallError as error:
        return user, {"commands": [], "reason": str(error), "warnings": [str(error)]}
    outcome = take(user, parsed, settings)
    result: dict[str, Any] = {"commands": [[command.method, *command.arguments] for command in outcome.commands]}
    if outcome.reason is not None:
        result["reason"] = outcome.reason
    if isinstance(parsed, (Identify, Track)):
        noted = [*parsed.warnings, *warnings(outcome.commands)]
        if noted:
            result["warnings"] = noted
    return outcome.user, result


def _texts(local: Any) -> Mapping[str, str]:
    """The local dates that came with the values; whatever else a script beside ours has put there is nothing."""
    if not isinstance(local, dict):
        return NOTHING
    return {text: iso for text, iso in local.items() if type(iso) is str}


def _read(value: object, local: Mapping[str, str], warnings: list[str]) -> Plain:
    """`plain` for plain JSON fresh from the decoder: nothing to copy, unless there are local dates to replace."""
    return Plain(value) if type(value) is dict and not local else plain(value, local, warnings)


def _settings(config: Any) -> Settings:
    """The settings that matter here; the page has checked them, so what is odd counts as not set."""
    if config is None:
        return DEFAULT
    config = entries(config)
    limit = config.get("arrayLimit")
    return Settings(
        integrations=MappingProxyType(entries(config.get("integrations"))),
        array_limit=limit if type(limit) is int else 0,
        reset_identity=config.get("resetIdentity") is True,
    )


def _user(stored: Any, read: Reader) -> User:
    if stored is None:
        return User()
    stored = entries(stored)
    traits = read(entries(stored.get("traits")), _texts(stored.get("local")), [])
    return remembered(stored.get("id"), traits, stored.get("anonymousId"))
