"""settings.py: what is accepted, and what a wrong setting is answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from heap_web.core.errors import ConfigurationError
from heap_web.core.settings import Settings, camel

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "settings.json").read_text("utf-8"))
DEFAULTS = Settings()._asdict()
SNAKE = {camel(name): name for name in Settings._fields}


@pytest.mark.parametrize(("given", "app_id"), [("1535634150", "1535634150"), (1535634150, "1535634150"), ("0", "0")])
def test_an_app_id_is_digits_as_text_or_a_number(given: Any, app_id: str) -> None:
    """An App ID is given as digits in text, or as a number."""
    assert Settings.of(given).app_id == app_id


def test_the_app_id_may_be_given_by_name() -> None:
    """The App ID may be given by name."""
    assert Settings.of(app_id="7") == Settings.of("7")


@pytest.mark.parametrize("given", [None, ""])
def test_a_missing_app_id_is_answered_with_where_to_find_it(given: Any) -> None:
    """A missing App ID is answered with where to find it."""
    with pytest.raises(ConfigurationError, match=r"missing.*Account > Manage > Projects"):
        Settings.of(given)


@pytest.mark.parametrize(
    "given",
    [
        " 1",
        "1 ",
        "1\n",
        "abc",
        "12a",
        "<script>",
        "../7",
        "7/8",
        "-7",
        -7,
        1.5,
        "1" * 21,
        10**40,
        True,
        b"7",
        ["7"],
        "٧",
    ],
)
def test_what_is_no_app_id_is_named_with_where_to_find_one(given: Any) -> None:
    """What is no App ID is named, with what to pass and where to find it."""
    with pytest.raises(ConfigurationError, match=r"is no App ID.*Account > Manage > Projects"):
        Settings.of(given)


class Unshowable:
    """An object whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_a_value_that_cannot_be_shown_is_named_by_its_type() -> None:
    """A value that cannot be shown is named by its type, and a long one is cut."""
    with pytest.raises(ConfigurationError, match="an object of type Unshowable is no App ID"):
        Settings.of(Unshowable())
    with pytest.raises(ConfigurationError, match=r"xxx\.\.\. is no App ID"):
        Settings.of("x" * 10_000)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hostnme", "hostname"),
        ("arrayLimit", "array_limit"),
        ("secureCookie", "secure_cookie"),
        ("intergrations", "integrations"),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest_right_one(name: str, near: str) -> None:
    """An unknown setting is named, with the nearest right one."""
    with pytest.raises(ConfigurationError, match=f"'{name}' is no setting\\. Did you mean '{near}'"):
        Settings.of("7", **{name: 1})


def test_every_unknown_setting_is_named() -> None:
    """Every unknown setting is named, and one that is near to none gets the list."""
    with pytest.raises(ConfigurationError, match=r"'zzz' is no setting. The settings are app_id, sdk.*'qqq'"):
        Settings.of("7", zzz=1, qqq=2)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['setting']}={case['value']!r:.40}" for case in CASES])
def test_a_setting_is_kept_or_refused_as_in_a_page(case: dict[str, Any]) -> None:
    """A setting is kept or refused as the page's half in JavaScript does it."""
    name = SNAKE[case["setting"]]
    if "refused" in case:
        with pytest.raises(ConfigurationError):
            Settings.of(**{"app_id": "7", name: case["value"]})
    else:
        kept = getattr(Settings.of(**{"app_id": "7", name: case["value"]}), name)
        assert kept == (DEFAULTS[name] if case["kept"] is None else case["kept"])


@pytest.mark.parametrize("name", [name for name in Settings._fields if name != "app_id"])
def test_none_means_not_set(name: str) -> None:
    """None means that a setting is not set."""
    assert Settings.of("7", **{name: None}) == Settings.of("7")


@pytest.mark.parametrize(
    ("name", "given", "hint"),
    [
        ("sdk", "newest", '"classic" or "latest"'),
        ("hostname", "https://cdn.example.com", 'like "cdn.example.com"'),
        ("hostname", "cdn.example.com/js", 'like "cdn.example.com"'),
        ("hostname", "cdn.example.com:8443", 'like "cdn.example.com"'),
        ("hostname", "cdn example.com", 'like "cdn.example.com"'),
        ("hostname", "-cdn.example.com", 'like "cdn.example.com"'),
        ("hostname", "a.b\n", 'like "cdn.example.com"'),
        ("hostname", '"><script>', 'like "cdn.example.com"'),
        ("hostname", "a." * 200 + "b", 'like "cdn.example.com"'),
        ("hostname", False, 'like "cdn.example.com"'),
        ("hostname", 7, 'like "cdn.example.com"'),
        ("ingest_server", "javascript:alert(1)", 'like "https://data.example.com"'),
        ("tracking_server", "https://a b", 'like "https://data.example.com"'),
        ("tracking_server", ["https://a.b"], 'like "https://data.example.com"'),
        ("disable_text_capture", "true", "neither True nor False"),
        ("secure_cookie", 1, "neither True nor False"),
        ("integrations", ["Heap"], "mapping of integration names"),
        ("integrations", {1: True}, "mapping of integration names"),
        ("array_limit", -1, "0 or more"),
        ("array_limit", 1.5, "0 or more"),
        ("array_limit", True, "0 or more"),
        ("array_limit", "many", "0 or more"),
        ("array_limit", float("nan"), "0 or more"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_pass(name: str, given: Any, hint: str) -> None:
    """A wrong setting is named, with what was given and what to pass."""
    with pytest.raises(ConfigurationError, match=f"^{name}: .*{hint}"):
        Settings.of("7", **{name: given})


def test_settings_are_frozen_and_do_not_follow_the_callers_mapping() -> None:
    """Settings cannot be changed, nor do they follow the mapping they were made from."""
    given = {"Heap": True}
    settings = Settings.of("7", integrations=given)
    given["Heap"] = False
    assert settings.integrations == {"Heap": True}
    with pytest.raises(AttributeError):
        settings.app_id = "8"  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.integrations["Heap"] = False  # type: ignore[index]
