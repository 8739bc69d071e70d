"""The recorded cases of the newer destination: settings and script, and unrolling reworked to this project's rules."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from heap_web.core.errors import ConfigurationError
from heap_web.core.settings import Settings
from heap_web.core.snippet import LATEST_METHODS, client_config, script_url

from .cases.codec import UNDEFINED, decode
from .test_classic import comparable, heap_calls

CASES = Path(__file__).parent / "cases"
ACTIONS = json.loads((CASES / "actions-web.json").read_text())
INIT = [case for case in ACTIONS if case["group"] == "init"]
UNROLL = [case for case in ACTIONS if case["group"] == "unroll"]
NAMES = {
    "hostname": "hostname",
    "trackingServer": "tracking_server",
    "ingestServer": "ingest_server",
    "disableTextCapture": "disable_text_capture",
    "secureCookie": "secure_cookie",
}
# What is no bare host name is an error here.
IS_ERROR = {"aw-init-31"}

# What the unrolling cases must give by this project's rules: values keep their types, nested objects and dates are
# flattened whatever the limit, nothing is dropped, items without keys have the array's own key, null has nothing.
THREE = [{"sku": "s1", "price": 1.5, "in_stock": False}, {"sku": "s2", "price": 2.5, "in_stock": True}]
THREE = [*THREE, {"sku": "s3", "price": 3.5, "in_stock": False}]
TEXT = json.dumps(THREE, separators=(",", ":"))
TWO_TEXT = json.dumps(THREE[:2], separators=(",", ":"))
ARRAYS = {
    "testArray1": '[{"val":1},{"val":2},{"val":3}]',
    "testArray2": '[{"val":4},{"val":5},{"val":"N/A"}]',
}
DATED = {"l": '[{"v":1},{"v":2}]', "o.x.y": 1, "d": "2020-01-01T00:00:00.000Z"}
NESTED = {"a.b": 1, "d": 0, "e": False}
ORDER = {"order_id": "o1", "products": TEXT, "total": 9}
UNROLLED: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "aw-unroll-02": [("hello!", ARRAYS)],
    "aw-unroll-03": [("E", NESTED)],
    "aw-unroll-04": [("E", {"tags": '["red","blue"]'})],
    "aw-unroll-06": [("Order Completed products item", THREE[0]), ("Order Completed", ORDER)],
    "aw-unroll-07": [("hello! testArray1 item", {"val": 1}), ("hello!", ARRAYS)],
    "aw-unroll-09": [("E tags item", {"tags": "red"}), ("E", {"tags": '["red","blue"]'})],
    "aw-unroll-10": [("E l item", {"v": 1}), ("E", DATED)],
    "aw-unroll-12": [*(("hello! testArray1 item", {"val": number}) for number in (1, 2, 3)), ("hello!", ARRAYS)],
    "aw-unroll-14": [
        ("E tags item", {"tags": "red"}),
        ("E tags item", {"tags": "blue"}),
        ("E", {"tags": '["red","blue"]'}),
    ],
    "aw-unroll-15": [("E l item", {"v": 1}), ("E l item", {"v": 2}), ("E", DATED)],
    "aw-unroll-16": [*(("Order Completed products item", item) for item in THREE), ("Order Completed", ORDER)],
    "aw-unroll-17": [
        *(("hello! testArray1 item", {"val": number}) for number in (1, 2, 3)),
        *(("hello! testArray2 item", {"val": number}) for number in (4, 5)),
        ("hello!", ARRAYS),
    ],
    "aw-unroll-18": [("E", NESTED)],
    "aw-unroll-22": [("E l item", {"l": 1}), ("E l item", {"l": 2}), ("E", {"l": "[1,2]"})],
    "aw-unroll-23": [("E l item", {}), ("E l item", {"a": 1}), ("E", {"l": '[null,{"a":1}]'})],
    "aw-unroll-25": [("E l item", {"0": "a", "1": "b"}), ("E l item", {"0": "c"}), ("E", {"l": '[["a","b"],["c"]]'})],
    "aw-unroll-26": [
        ("E l item", {"o.p": "[1,2]", "d": "2020-01-01T00:00:00.000Z"}),
        ("E", {"l": '[{"o":{"p":[1,2],"q":null},"d":"2020-01-01T00:00:00.000Z"}]'}),
    ],
    "aw-unroll-29": [*(("E l item", item) for item in THREE), ("E", {"l": TEXT, "rest.a": 1})],
    "aw-unroll-31": [("E", {"l": TWO_TEXT, "o.a": 1})],
    "aw-unroll-32": [("E l item", THREE[0]), ("E", {"l": TWO_TEXT})],
    "aw-unroll-33": [("E", {"l": TWO_TEXT})],
    "aw-unroll-34": [("E", {"l": TWO_TEXT})],
    "aw-unroll-38": [("E l item", {"v": 1}), ("E", {"l": '[{"v":1}]'})],
}


def settings_of(case: dict[str, Any]) -> Settings:
    """The settings of a case, by this project's names."""
    given = case["settings"]
    return Settings.of(given["appId"], sdk="latest", **{NAMES[name]: given[name] for name in given if name != "appId"})


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in INIT if case["id"] not in IS_ERROR])
def test_settings_give_the_recorded_script_and_client_config(case: dict[str, Any]) -> None:
    """The settings give the recorded script, client config and stub methods."""
    settings, expect = settings_of(case), case["expect"]
    if not expect["scripts"]:  # a heap was there already, and stayed: for the page's half to test
        assert expect["returnsExistingHeap"]
        return
    assert expect["scripts"] == [script_url(settings)]
    assert expect["clientConfig"] == client_config(settings)
    assert expect["envId"] == settings.app_id
    assert [name for name in expect["heapFunctions"] if name != "load"] == list(LATEST_METHODS)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in INIT if case["id"] in IS_ERROR])
def test_a_url_for_a_host_name_is_an_error(case: dict[str, Any]) -> None:
    """A URL where a host name belongs is an error."""
    with pytest.raises(ConfigurationError, match="hostname"):
        settings_of(case)


def limit_of(case: dict[str, Any]) -> int:
    """A case's array limit as the page hands it to the worker, once it is checked."""
    limit = decode(case["settings"]["browserArrayLimit"])
    if limit is UNDEFINED or (isinstance(limit, float) and math.isnan(limit)) or int(limit) < 0:
        return 0
    return Settings.of("7", array_limit=limit).array_limit


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in UNROLL])
def test_array_items_become_events_and_no_event_is_lost(case: dict[str, Any]) -> None:
    """Array items become events as recorded, but with all values in their types, and no event is lost."""
    call = ["track", case["payload"]["name"], case["payload"]["properties"]]
    told = heap_calls({"calls": [call]}, together=True, array_limit=limit_of(case))
    assert comparable(told) == comparable([["track", name, flat] for name, flat in UNROLLED[case["id"]]])


def test_every_unrolling_case_has_an_expectation() -> None:
    """Every unrolling case has an expectation, and every expectation a case."""
    assert {case["id"] for case in UNROLL} == set(UNROLLED)
