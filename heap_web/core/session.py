"""The whole story on one screen: step(user, call) -> (user, commands)."""

from typing import NamedTuple

from . import commands
from .calls import Call, Identify, Reset, SetAnonymousId, Silent, Track, reaches_heap
from .commands import Command
from .settings import Settings
from .user import User, identified

DEFAULT = Settings()

_SILENT = {
    "page": "page is not told to Heap, which records page views itself",
    "group": "group is not told to Heap",
    "alias": "alias is not told to Heap",
}
_SWITCHED_OFF = "Heap is switched off by the integrations in the settings"
_SWITCHED_OFF_HERE = "Heap is switched off for this call by its options' integrations"


class Outcome(NamedTuple):
    """What a call comes to: the user from now on, the commands for Heap in order, and why there are none, if so."""

    user: User
    commands: tuple[Command, ...] = ()
    reason: str | None = None


def step(user: User, call: Call, settings: Settings = DEFAULT) -> tuple[User, tuple[Command, ...]]:
    """One call: (the user from now on, what Heap is told, in order). Pure; never raises."""
    outcome = take(user, call, settings)
    return outcome.user, outcome.commands


def take(user: User, call: Call, settings: Settings = DEFAULT) -> Outcome:
    """`step`, and the reason where Heap is told nothing."""
    if isinstance(call, Reset):
        told = settings.reset_identity and settings.loads_heap
        return Outcome(User(), commands.reset() if told else (), None if told else "reset is not told to Heap")
    if isinstance(call, SetAnonymousId):
        return Outcome(user._replace(anonymous_id=call.anonymous_id), (), "setAnonymousId is not told to Heap")
    options = call.options
    if options.anonymous_id is not None:
        user = user._replace(anonymous_id=options.anonymous_id)
    if isinstance(call, Silent):
        return Outcome(user, (), _SILENT[call.method])
    if isinstance(call, Identify):
        user = identified(user, call.id, call.traits, of_current=call.of_current)
    if not settings.loads_heap:
        return Outcome(user, (), _SWITCHED_OFF)
    if not reaches_heap(options, settings.integrations):
        return Outcome(user, (), _SWITCHED_OFF_HERE)
    if isinstance(call, Track):
        return Outcome(user, commands.track(call.event, call.properties, settings.array_limit))
    return Outcome(user, commands.identify(user.id, user.traits))
