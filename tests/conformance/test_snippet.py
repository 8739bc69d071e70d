"""The recorded stubs of the classic snippet: what is installed, from where, and what is an error here."""

import json
from pathlib import Path
from typing import Any

import pytest

from heap_web.core.errors import ConfigurationError
from heap_web.core.settings import Settings
from heap_web.core.snippet import CLASSIC_METHODS, client_config, script_url

CASES = Path(__file__).parent / "cases"
STUBS = [case for case in json.loads((CASES / "snippet.json").read_text()) if case["group"] == "stub"]
# Without a usable App ID nothing is loaded here, and the developer is told; 0 is as good an id as any other.
IS_ERROR = {"sn-stub-07", "sn-stub-08", "sn-stub-15", "sn-stub-16"}
INSTALLED = [case for case in STUBS if case["id"] not in IS_ERROR]


def settings_of(case: dict[str, Any]) -> Settings:
    """The settings of a case, as far as this project has them."""
    heap = case["init"][0].get("Heap")
    options = case["init"][1] if len(case["init"]) > 1 else {}
    app_id = heap.get("appId") if isinstance(heap, dict) else None
    return Settings.of(app_id, integrations=options.get("integrations"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in INSTALLED])
def test_the_stub_and_the_script_are_the_recorded_ones(case: dict[str, Any]) -> None:
    """The stub has the recorded methods, App ID and config, and its script the recorded URL, always by https."""
    settings, state = settings_of(case), case["expect"]["atOnce"]
    if not settings.loads_heap:
        assert state["heapType"] == "undefined"
        return
    assert [name for name in state["functions"] if name != "load"] == list(CLASSIC_METHODS)
    assert state["keys"] == ["load", "appid", "config", *CLASSIC_METHODS]
    assert str(state["appid"]) == settings.app_id
    assert state["config"] == {"$undefined": True}
    assert client_config(settings) is None
    assert [script["src"].replace("http:", "https:") for script in state["scripts"]] == [script_url(settings)]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in STUBS if case["id"] in IS_ERROR])
def test_without_an_app_id_there_is_an_error(case: dict[str, Any]) -> None:
    """Without a usable App ID there is an error that says where to find one."""
    with pytest.raises(ConfigurationError, match="Account > Manage"):
        settings_of(case)
