"""What an operator does with an outbox, in each database."""

import io
import json
from collections.abc import Iterator

import pytest

from heap_web.cloud import Outbox, outbox_admin
from heap_web.cloud.entries import Entry
from heap_web.core.errors import ConfigurationError

TRACK, USERS = "/api/track", "/api/add_user_properties"


@pytest.fixture
def outbox(any_outbox_url: str) -> Iterator[Outbox]:
    """Three refused calls and two that wait."""
    now = [1_000.0]
    box = Outbox(any_outbox_url, app_id="11", clock=lambda: now[0])
    for key, user, status in (("a", "ann", 400), ("b", "bob", 400), ("c", "ann", 403)):
        box.put([Entry(TRACK, user, key, json.dumps({"key": key}))])
        with box.claim() as claim:
            claim.refused(claim.rows, status, f"no {key}")
        now[0] += 10
    box.put([Entry(TRACK, "ann", "d", "{}")])
    now[0] += 10
    box.put([Entry(USERS, "ann", "e", '{"properties":{}}')])
    yield box
    box.close()


def ids(outbox: Outbox, which: str = "refused", **meant: object) -> list[str]:
    """The message ids of the calls that are meant."""
    return [kept.message_id for kept in outbox_admin.calls(outbox, which, **meant)]  # type: ignore[arg-type]


def test_status(outbox: Outbox) -> None:
    """The counts by what matters."""
    status = outbox_admin.status(outbox)
    assert (status.waiting, status.events, status.refused, status.statuses) == (2, 1, 3, {400: 2, 403: 1})
    assert (status.oldest, status.size, status.app_id) == (1_030.0, len('{}{"properties":{}}'), "11")
    assert ":hidden@" not in status.url


def test_calls(outbox: Outbox) -> None:
    """Calls are found by all that can be asked for."""
    assert ids(outbox) == ["a", "b", "c"]
    assert ids(outbox, "waiting") == ["d", "e"]
    assert ids(outbox, status=400) == ["a", "b"]
    assert ids(outbox, status=400, user="ann") == ["a"]
    assert ids(outbox, message_ids=["c", "A", "nothing"]) == ["c"]
    assert ids(outbox, before=1_015.0) == ["a", "b"]
    assert ids(outbox, "waiting", path=USERS) == ["e"]
    (kept,) = outbox_admin.calls(outbox, message_ids=["a"])
    assert (kept.user, kept.status, kept.reason, kept.body, kept.at) == ("ann", 400, "no a", '{"key": "a"}', 1_000.0)


def test_one_message_id(outbox: Outbox) -> None:
    """One message id may be given as it is; its letters are no ids of their own."""
    outbox.put([Entry(TRACK, "7", "deed", "{}"), Entry(TRACK, "7", "12", "{}")])
    assert ids(outbox, "waiting", message_ids="deed") == ["deed"]
    assert ids(outbox, "waiting", message_ids=[12]) == ["12"]
    assert ids(outbox, "waiting", user=7) == ["deed", "12"]
    assert outbox_admin.drop(outbox, "waiting", message_ids="deed") == 1
    assert ids(outbox, "waiting") == ["d", "e", "12"]


def test_retry(outbox: Outbox) -> None:
    """Some are put back, in their old places before those that wait."""
    assert outbox_admin.retry(outbox, status=400) == 2
    assert ids(outbox) == ["c"]
    assert ids(outbox, "waiting") == ["a", "b", "d", "e"]


def test_drop(outbox: Outbox) -> None:
    """Some are removed for good, the others stay."""
    assert outbox_admin.drop(outbox, user="ann") == 2
    assert outbox_admin.drop(outbox, "waiting", message_ids=["d"]) == 1
    assert (ids(outbox), ids(outbox, "waiting")) == (["b"], ["e"])


def test_export(outbox: Outbox) -> None:
    """Each call is a line of JSON, with what Heap said."""
    file = io.StringIO()
    assert outbox_admin.export(outbox, file, status=403) == 1
    line = json.loads(file.getvalue())
    assert (line["message_id"], line["body"], line["status"], line["reason"]) == ("c", {"key": "c"}, 403, "no c")
    assert outbox_admin.export(outbox, file, "waiting") == 2


def test_many_pages(outbox: Outbox) -> None:
    """However many there are, all are looked at, and each once."""
    outbox.put([Entry(TRACK, "ann", f"many {n}", "{}") for n in range(1_300)])
    assert ids(outbox, "waiting")[2:] == [f"many {n}" for n in range(1_300)]
    assert outbox_admin.drop(outbox, "waiting") == 1_302


@pytest.mark.parametrize(("which", "meant"), [("all", {}), ("waiting", {"status": 400})])
def test_wrong(sqlite_url: str, which: str, meant: dict[str, int]) -> None:
    """What cannot be meant is said to be so."""
    box = Outbox(sqlite_url, app_id="11")
    with pytest.raises(ConfigurationError, match="pass"):
        outbox_admin.drop(box, which, **meant)  # type: ignore[arg-type]
    box.close()
