"""The integrations rule: whether `{"All": False, "Heap": True}` leaves Heap on; the same for settings, calls, messages.

static/src/page/integrations.js has it too; the cases of tests/integrations.json run against both.
"""

from collections.abc import Mapping
from typing import Any

from .objects import attempt, unwrap


def allows_heap(integrations: Mapping[str, Any], switch: bool | None = None) -> bool:
    """As recorded: `Heap` (in this very case) decides where it is there, else `All` (case and punctuation aside) does.

    Only False is off: null, 0, empty text and settings of the integration are on. `switch`: what a call's own context
    says of all integrations, which counts before `All`.
    """
    if "Heap" in integrations:
        return not is_off(integrations["Heap"])
    return switch is not False if switch is not None else not is_off(find(integrations, "all"))


def is_off(setting: object) -> bool:
    """Whether a setting is False, NumPy's included."""
    return setting is False or (type(setting) not in _NOT_OFF and attempt(unwrap, setting) is False)


# Most settings are of these types, and so need not be looked into.
_NOT_OFF = frozenset((bool, type(None), str, int, float, dict))


def find(mapping: Mapping[str, Any], name: str) -> Any:
    """A value by its name, case and punctuation aside, as analytics.js looks up options; None if there is none."""
    for key, value in mapping.items():
        if "".join(filter(_counts, key)).lower() == name:
            return value
    return None


def _counts(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == ".")
