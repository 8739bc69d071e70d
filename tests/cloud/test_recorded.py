"""The partner endpoints: every recorded call of the integration mirrored, save the deviations that
deviations.json names.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from heap_web.cloud import partner
from heap_web.cloud.calls import as_partners_send, checked_app_id
from heap_web.cloud.entries import HOSTS, request
from heap_web.cloud.messages import moment
from heap_web.core.errors import CallError, ConfigurationError
from heap_web.dev.serve.heap_api import Heap
from tests.cloud.recorded import CASES, message_of, payload_of

DEVIATIONS: dict[str, Any] = json.loads((Path(__file__).parent / "deviations.json").read_text())
SETTINGS = {"appId": "1535634150"}
OTHERS = [{"id": id_, "settings": SETTINGS, **other} for id_, other in DEVIATIONS.items() if "payload" in other]
"""Deviations from what the integration does in cases that are not among those recorded."""
BY_ID = {case["id"]: case for case in [*CASES, *OTHERS]}
APP = {"app_id": SETTINGS["appId"], "library": "server"}


def outcome(case: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """The requests that a case's call becomes here, and the error."""
    settings, payload = case["settings"], payload_of(case)
    given = payload.get("timestamp")
    try:
        timestamp = None if given is None else as_partners_send(given, moment(given, 0))
        app_id = checked_app_id(settings.get("appId"))
        entries = partner.entries(message_of(payload), timestamp, payload.get("message_id"))
    except ConfigurationError:
        return [], "ConfigurationError"
    except CallError as error:
        return [], f"PayloadValidationError: {error}"
    base = HOSTS["eu" if settings.get("region") == "EU" else "us"]
    requests = [request(base, app_id, entry.path, [(entry.user, entry.body)]) for entry in entries]
    return [{"url": made.url, "json": json.loads(made.content)} for made in requests], None


def expected(case: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """The requests and the error that a case must give."""
    deviation = DEVIATIONS.get(case["id"])
    if deviation is None:
        recorded = case["expect"]
        return [{"url": made["url"], "json": made["json"]} for made in recorded["requests"]], recorded["error"]
    if "error" in deviation:
        return [], deviation["error"]
    return [
        {
            "url": HOSTS["us"] + made["path"],
            "json": {**APP, "events" if made["path"].endswith("/track") else "users": [made["item"]]},
        }
        for made in deviation["requests"]
    ], None


@pytest.mark.parametrize("case", [*CASES, *OTHERS], ids=[case["id"] for case in [*CASES, *OTHERS]])
def test_case(case: dict[str, Any]) -> None:
    """A call gives the recorded requests or error, or what its named deviation says."""
    assert outcome(case) == expected(case)


def test_deviations_deviate() -> None:
    """A deviation that has become what is recorded is no deviation and must go; each is of a recorded case, or has its
    own.
    """
    recorded = {case["id"]: [made["json"] for made in case["expect"]["requests"]] for case in CASES}
    recorded |= {case["id"]: [{**APP, "events": [case["recorded"]]}] for case in OTHERS}
    assert [id_ for id_ in DEVIATIONS if [made["json"] for made in outcome(BY_ID[id_])[0]] == recorded[id_]] == []


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_heap_takes_it(case: dict[str, Any]) -> None:
    """What is sent has the shape that the partner endpoints take."""
    for made in outcome(case)[0]:
        path = made["url"].removeprefix(HOSTS["us"]).removeprefix(HOSTS["eu"])
        Heap().take(path, made["json"])
