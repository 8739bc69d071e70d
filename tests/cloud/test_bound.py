"""An outbox holds no more than its bound; what becomes of the rest is as stated."""

from pathlib import Path
from typing import Any

import pytest

from heap_web.cloud import Bound, Outbox, OutboxFullError
from heap_web.cloud.bound import Filling
from heap_web.cloud.entries import Entry
from heap_web.core.errors import ConfigurationError


def entry(key: str, body: str = "{}") -> Entry:
    """A call."""
    return Entry("/api/track", "ann", key, body)


def keys(outbox: Outbox) -> list[str]:
    """The message ids that wait, in order."""
    with outbox.claim() as claim:
        return [row.message_id for row in claim.rows]


@pytest.mark.parametrize(
    ("policy", "left", "dropped"),
    [("refuse", ["0", "1", "2"], 0), ("drop_newest", ["0", "1", "2"], 2), ("drop_oldest", ["2", "3", "4"], 2)],
)
def test_policies(tmp_path: Path, policy: Any, left: list[str], dropped: int) -> None:
    """Beyond the bound a call is refused, or dropped, or the oldest are, as the policy says."""
    outbox = Outbox(tmp_path / "outbox.db", app_id="11", bound=Bound(calls=3, policy=policy))
    for n in range(5):
        try:
            outbox.put([entry(str(n))])
        except OutboxFullError as error:
            assert policy == "refuse"
            assert "3 calls wait already" in str(error)  # noqa: PT017
    assert keys(outbox) == left
    assert outbox.dropped == dropped
    outbox.close()


def test_more_than_ever_fits(tmp_path: Path) -> None:
    """Calls that come together and are more than the bound are refused, and nothing is dropped in vain for them."""
    outbox = Outbox(tmp_path / "outbox.db", app_id="11", bound=Bound(calls=3, size=1_000, policy="drop_oldest"))
    outbox.put([entry("a"), entry("b")])
    for many in ([entry(str(n)) for n in range(4)], [entry("long", "x" * 2_000)]):
        with pytest.raises(OutboxFullError):
            outbox.put(many)
    assert (keys(outbox), outbox.dropped) == (["a", "b"], 0)
    outbox.close()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"bound": 5}, "bound must be a Bound, not int"),
        ({"patience": None}, "patience None is no time"),
        ({"patience": -1}, "patience -1 is no time"),
        ({"app_id": None}, "is no Heap App ID"),
        ({"app_id": "9" * 21}, "is no Heap App ID"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    """An outbox's settings that cannot work are refused before a file is made."""
    with pytest.raises(ConfigurationError, match=said):
        Outbox(tmp_path / "outbox.db", **{"app_id": "11", **settings})
    assert list(tmp_path.iterdir()) == []


def test_size(tmp_path: Path) -> None:
    """The text that waits is bounded too, and room is there again when calls are sent."""
    outbox = Outbox(tmp_path / "outbox.db", app_id="11", bound=Bound(size=1_000))
    outbox.put([entry("a", "x" * 600)])
    with pytest.raises(OutboxFullError, match="1000 characters wait already"):
        outbox.put([entry("b", "x" * 600)])
    with outbox.claim() as claim:
        claim.delivered(claim.rows)
    outbox.put([entry("b", "x" * 600)])
    outbox.close()


def test_counts_anew_when_it_seems_full() -> None:
    """What other processes have sent meanwhile makes room, at the next count."""
    now, there = [0.0], [10]
    filling = Filling(Bound(calls=10), lambda: (there[0], 0), None, lambda: now[0])
    assert filling.over(1, 0)
    there[0] = 3
    assert filling.over(1, 0)
    now[0] = 1.5
    assert filling.over(1, 0) is None
    filling.changed(7, 0)
    assert filling.over(1, 0)


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ({"policy": "ignore"}, "pass one of refuse"),
        ({"calls": 0}, "at least one"),
        ({"calls": "5"}, "must be whole numbers"),
        ({"size": float("inf")}, "must be whole numbers"),
        ({"free": None}, "must be whole numbers"),
    ],
)
def test_wrong(bound: dict[str, Any], said: str) -> None:
    """A bound that cannot be kept is refused."""
    with pytest.raises(ConfigurationError, match=said):
        Bound(**bound)
