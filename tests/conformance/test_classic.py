"""The recorded cases of the analytics.js integration, through the worker's entry on CPython."""

import json
from pathlib import Path
from typing import Any

import pytest

from heap_web import runtime as worker

from . import wire
from .cases.codec import UNDEFINED, JSDate, Tag, decode

CASES = Path(__file__).parent / "cases"
CLASSIC = json.loads((CASES / "classic.json").read_text())
IMPROVE = json.loads((CASES / "improve.json").read_text())


def comparable(value: Any) -> Any:
    """A decoded value in a form that == compares as the cases demand: 1 is 1.0, -0 is not 0, True is not 1."""
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, dict):
        return {str(key): comparable(item) for key, item in value.items()}
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, (int, float)):
        return ("number", repr(float(value)))
    if isinstance(value, JSDate):
        return ("date", value.ms)
    if isinstance(value, Tag):
        return ("tag", value.name, comparable(value.data))
    return "undefined" if value is UNDEFINED else ("text", str(value))


def expected(case: dict[str, Any]) -> list[Any]:
    """Every answer that is right for a case, encoded."""
    answers = [case["expect"]["heap"]]
    if case["class"] == "parity":
        return answers + ([case["expect"]["heapCore382"]] if "heapCore382" in case["expect"] else [])
    by_rule = IMPROVE[case["id"]]
    return answers if by_rule == "recorded" else [by_rule]


def asked(case: dict[str, Any], array_limit: int = 0) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """A case as a page posts it: its calls, the configuration, and the visitor before them."""
    init = [decode(value) for value in case.get("init", [])]
    options = init[1] if len(init) > 1 else {}
    config = {"integrations": options.get("integrations", {}), "arrayLimit": array_limit, "resetIdentity": False}
    user: dict[str, Any] = {"id": None, "traits": {}, "anonymousId": "anonymous"}
    calls: list[dict[str, Any]] = []
    for method, *arguments in case["calls"]:
        encoder = wire.Encoder(case.get("timezone", "UTC"))
        encoded = [encoder.argument(decode(argument)) for argument in arguments]
        if method != "$reload":  # the worker keeps nothing: a reload is no event for it
            calls.append({"m": method, "a": encoded, "l": encoder.local})
    return calls, config, user


def heap_calls(case: dict[str, Any], *, together: bool, array_limit: int = 0) -> list[Any]:
    """What Heap is told by a case's calls, in one batch or each in a batch of its own."""
    calls, config, user = asked(case, array_limit)
    told = []
    for batch in [calls] if together else [[call] for call in calls]:
        answer = json.loads(worker.run(wire.batch(batch, config, user)))
        assert len(answer["results"]) == len(batch)
        told += [command for result in answer["results"] for command in result["commands"]]
        user = answer["user"]
    return told


@pytest.mark.parametrize("together", [True, False], ids=["one-batch", "batch-per-call"])
@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CLASSIC if case["class"] != "core"])
def test_a_recorded_case_gives_exactly_the_heap_calls_that_parity_or_the_rules_demand(
    case: dict[str, Any], together: bool
) -> None:
    """A recorded case gives exactly the Heap calls that parity or the rules demand."""
    told = comparable(heap_calls(case, together=together))
    answers = [comparable(decode(answer)) for answer in expected(case)]
    assert told in answers


def test_every_improve_case_has_an_expectation_and_every_expectation_a_case() -> None:
    """Every improve case has an expectation of its own, and every expectation a case."""
    assert {case["id"] for case in CLASSIC if case["class"] == "improve"} == set(IMPROVE)
