"""worker.py: batches of calls, JSON text both ways."""

import json
from typing import Any

import pytest

from heap_web import runtime as worker

UNDEFINED = {"$": "undefined"}
#: A call after which the answer says who the user is, as they were.
ANY = {"m": "identify", "a": [{}]}


def run(*calls: dict[str, Any], user: Any = None, **config: Any) -> Any:
    """The worker's answer to a batch."""
    return json.loads(worker.run(json.dumps({"config": config, "user": user or {}, "calls": calls})))


def commands(*calls: dict[str, Any], **more: Any) -> list[Any]:
    """The commands of all calls of a batch."""
    return [command for result in run(*calls, **more)["results"] for command in result["commands"]]


def test_each_call_has_a_result_in_order_and_the_user_is_carried_on() -> None:
    """Each call has one result, in order, and the user is carried from call to call."""
    answer = run(
        {"m": "identify", "a": ["u1", {"plan": "pro", "since": "2020-06-07"}]},
        {"m": "track", "a": ["E", {"n": {"x": 1}}]},
        {"m": "identify", "a": [{"b": 2}]},
        user={"id": None, "traits": {"a": 1}, "anonymousId": "anon"},
    )
    date = "2020-06-07T00:00:00.000Z"
    assert answer == {
        "results": [
            {
                "commands": [
                    ["identify", "u1"],
                    ["addUserProperties", {"a": 1, "plan": "pro", "since": date, "id": "u1"}],
                ]
            },
            {"commands": [["track", "E", {"n.x": 1}]]},
            {
                "commands": [
                    ["identify", "u1"],
                    ["addUserProperties", {"a": 1, "plan": "pro", "since": date, "b": 2, "id": "u1"}],
                ]
            },
        ],
        "user": {"id": "u1", "traits": {"a": 1, "plan": "pro", "since": "2020-06-07", "b": 2}, "anonymousId": "anon"},
    }


def test_one_bad_call_harms_no_other() -> None:
    """A call that cannot be forwarded, or is no call, has a reason and harms no other."""
    answer = run(
        {"m": "track", "a": ["", {}]},
        {"m": "screen", "a": []},
        {"a": "nonsense"},
        7,  # type: ignore[arg-type]
        {"m": "track", "a": ["E"]},
    )
    reasons = [result.get("reason", "") for result in answer["results"]]
    assert [bool(reason) for reason in reasons] == [True, True, True, True, False]
    assert "non-empty string" in reasons[0]
    assert answer["results"][0]["warnings"] == [reasons[0]]
    assert answer["results"][4]["commands"] == [["track", "E", {}]]


def test_a_call_that_is_not_told_to_heap_has_a_reason_but_no_warning() -> None:
    """A call that is not told to Heap has a reason, and is nothing to warn of."""
    result = run({"m": "page", "a": ["Home"]})["results"][0]
    assert result == {"commands": [], "reason": "page is not told to Heap, which records page views itself"}


def test_reset_forgets_the_user() -> None:
    """reset forgets the user."""
    answer = run({"m": "reset", "a": []}, user={"id": "u1", "traits": {"a": 1}, "anonymousId": "anon"})
    assert answer["user"] == {"id": None, "traits": {}, "anonymousId": None}


def test_the_config_reaches_the_calls() -> None:
    """Integrations, array limit and identity reset are taken from the config."""
    call = {"m": "track", "a": ["E", {"l": [1]}]}
    assert commands(call, arrayLimit=1)[0] == ["track", "E l item", {"l": 1}]
    assert commands(call, integrations={"Heap": False}) == []
    assert commands({"m": "reset", "a": []}, resetIdentity=True) == [["resetIdentity"]]


@pytest.mark.parametrize(
    "config", [{"arrayLimit": "x", "integrations": 7}, {"integrations": None}, {"arrayLimit": 1.5}, {}, None]
)
def test_an_odd_config_counts_as_none(config: Any) -> None:
    """What is odd in the config counts as not set."""
    text = json.dumps({"config": config, "user": None, "calls": [{"m": "track", "a": ["E", {"l": [1]}]}]})
    assert json.loads(worker.run(text))["results"] == [{"commands": [["track", "E", {"l": "[1]"}]]}]


@pytest.mark.parametrize(
    ("stored", "user"),
    [
        (None, {"id": None, "traits": {}, "anonymousId": None}),
        ("text", {"id": None, "traits": {}, "anonymousId": None}),
        ({"id": "", "traits": [1], "anonymousId": 7}, {"id": None, "traits": {}, "anonymousId": "7"}),
        ({"id": 0, "traits": "x", "anonymousId": {}}, {"id": None, "traits": {}, "anonymousId": None}),
        ({"id": {"a": 1}, "traits": None, "anonymousId": ""}, {"id": None, "traits": {}, "anonymousId": None}),
        ({"id": True, "traits": {"a": None}}, {"id": None, "traits": {"a": None}, "anonymousId": None}),
    ],
)
def test_a_stored_user_is_read_with_care(stored: Any, user: dict[str, Any]) -> None:
    """Whatever stands in the storage, a user comes of it."""
    text = json.dumps({"config": {}, "user": stored, "calls": [ANY]})
    assert json.loads(worker.run(text))["user"] == user


def test_a_user_who_is_as_before_is_not_said() -> None:
    """Where no call says anything of the user, the answer says nothing either: another tab may have, meanwhile."""
    user = {"id": "u1", "traits": {"a": 1}, "anonymousId": "anon"}
    calls = [{"m": method, "a": ["E"]} for method in ("track", "page", "group", "alias")]
    assert run(*calls, user=user)["user"] is None
    assert run(*calls, ANY, user=user)["user"] == user


def test_local_dates_are_read_in_the_visitors_zone_and_stored_in_utc() -> None:
    """A local date is read in the visitor's zone at the call, and is stored as the moment that it was."""
    text, moment = "2020-06-07 08:09:10", "2020-06-07T12:09:10.000Z"
    answer = run({"m": "identify", "a": ["u1", {"at": text, "l": [text]}], "l": {text: moment}})
    assert answer["results"][0]["commands"][1][1] == {"at": moment, "l": f'["{moment}"]', "id": "u1"}
    assert answer["user"]["traits"] == {"at": moment, "l": [moment]}
    assert run(ANY, user={"traits": {"at": text}, "local": {text: moment}})["user"]["traits"] == {"at": moment}


def test_local_dates_that_are_no_text_count_as_none() -> None:
    """What stands among the local dates and is no text replaces nothing, whether it came with a call or the user."""
    text, odd = "2020-06-07 08:09:10", [UNDEFINED]
    answer = run(
        {"m": "identify", "a": ["u1", {"at": [text]}], "l": {text: odd}},
        user={"traits": {"old": [text]}, "local": {text: odd}},
    )
    assert answer["user"]["traits"] == {"old": [text], "at": [text]}


def test_tagged_values_are_read() -> None:
    """Values that JSON has not are read from their tags, and what is undefined replaces what was stored."""
    answer = run(
        {"m": "identify", "a": ["u1", {"a": UNDEFINED, "b": {"$": "number", "v": "1e+21"}, "c": {"$": "date"}}]},
        {"m": "track", "a": ["E", {"d": {"$": "date"}, "e": {"$": "bigint", "v": "10"}, "f": [UNDEFINED]}]},
        user={"id": "u1", "traits": {"a": 1, "c": 1, "z": {"$": "number", "v": "9007199254740992"}}},
    )
    assert answer["results"][0]["commands"][1][1] == {"b": 1e21, "z": 2**53, "id": "u1"}
    assert answer["results"][1]["commands"][0][2] == {"e": 10, "f": "[null]"}
    assert answer["results"][1]["warnings"] == ["an invalid Date was dropped: d"]
    assert answer["user"]["traits"] == {"b": 1e21, "z": 2**53}


def test_deep_nesting_comes_through() -> None:
    """Nesting of 500 levels comes through, also below a tagged object."""
    nested: Any = 1
    for _ in range(499):
        nested = {"a": nested}
    assert list(commands({"m": "track", "a": ["E", {"b": nested}]})[0][2].values()) == [1]
    assert commands({"m": "track", "a": ["E", {"$": "object", "v": [["$", nested]]}]})[0][2]


def test_text_outside_ascii_comes_back_as_it_was() -> None:
    """Text outside ASCII comes back as it was; a lone surrogate only within JSON text."""
    text = json.dumps(
        {"calls": [{"m": "track", "a": ["Käufe 🎉", {"é": "日本\u2028", "l": ["\ud83d"], "x": "\ud83d"}]}]}
    )
    command = json.loads(worker.run(text))["results"][0]["commands"][0]
    assert command == ["track", "Käufe 🎉", {"é": "日本\u2028", "l": '["\\ud83d"]', "x": "\ufffd"}]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "7"])
def test_text_that_is_no_batch_is_refused(text: str) -> None:
    """Text that is no batch at all is refused."""
    with pytest.raises(ValueError, match=r"."):
        worker.run(text)
