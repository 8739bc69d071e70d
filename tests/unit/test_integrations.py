"""The integrations rule is one rule: for the core, the settings, a call's options and a server's message."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heap_web.cloud import from_segment
from heap_web.core.calls import Identify, parse, reaches_heap
from heap_web.core.integrations import allows_heap
from heap_web.core.settings import Settings

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "integrations.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[json.dumps(case["integrations"]) for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    """The same integrations send, or do not, wherever they stand."""
    integrations, sends = case["integrations"], case["sends"]
    call = parse("identify", ("u1", {"a": 1}, {"integrations": integrations}))
    assert isinstance(call, Identify)
    message = {"type": "identify", "userId": "u1", "traits": {"a": 1}, "integrations": integrations}
    assert {
        "the rule": allows_heap(integrations),
        "the settings": Settings.of("7", integrations=integrations).loads_heap,
        "a call's options": reaches_heap(call.options, {}),
        "defaults of the calls": reaches_heap(parse_bare(), integrations),
        "a message": from_segment(message) is not None,
    } == dict.fromkeys(["the rule", "the settings", "a call's options", "defaults of the calls", "a message"], sends)


def parse_bare() -> Any:
    """The options of a call that has none."""
    call = parse("identify", ("u1",))
    assert isinstance(call, Identify)
    return call.options


def test_switch_of_the_context() -> None:
    """What a call's context says of all integrations counts before All, but not before Heap."""
    assert not allows_heap({"All": True}, False)
    assert allows_heap({"All": False}, True)
    assert allows_heap({"Heap": {}}, False)


def test_numpys_false() -> None:
    """NumPy's False is off too."""
    assert not allows_heap({"Heap": np.False_})
    assert allows_heap({"Heap": np.True_, "All": False})


@pytest.mark.parametrize("integrations", [None, "text", [], 0, True])
def test_message_with_odd_integrations(integrations: object) -> None:
    """A message whose integrations are no object is sent."""
    assert from_segment({"type": "identify", "userId": "u", "integrations": integrations}) is not None
