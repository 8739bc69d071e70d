"""The outbox keeps calls, hands each to one sender, in order, and lets go of them only when told."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from heap_web.cloud.entries import Entry
from heap_web.cloud.errors import OutboxError
from heap_web.cloud.outbox import LANES_PER_CLAIM, Outbox, default_url
from heap_web.cloud.pacing import Blocked, Limits, Pacer
from heap_web.core.errors import ConfigurationError

TRACK, USERS = "/api/track", "/api/add_user_properties"


def entry(key: str, user: str = "u", path: str = TRACK, body: str = "{}") -> Entry:
    """A call."""
    return Entry(path, user, key, body)


@pytest.fixture
def outbox_url(any_outbox_url: str) -> str:
    """All that is true of one kind of outbox is true of every kind."""
    return any_outbox_url


@pytest.fixture
def outbox(outbox_url: str) -> Iterator[Outbox]:
    """An empty outbox, in SQLite, PostgreSQL and MariaDB."""
    box = Outbox(outbox_url, app_id="11")
    yield box
    box.close()


def everything(outbox: Outbox) -> list[str]:
    """The bodies that are claimed and delivered, claim by claim."""
    bodies: list[str] = []
    while True:
        with outbox.claim() as claim:
            if not claim.rows:
                return bodies
            bodies += [row.body for row in claim.rows]
            claim.delivered(claim.rows)


def test_made_by_many_at_once(outbox_url: str) -> None:
    """Programs that start at the same moment on an empty database all get their outbox."""
    together = threading.Barrier(8)

    def start(_: int) -> int:
        together.wait()
        with closing(Outbox(outbox_url, app_id="11")) as box:
            return box.waiting()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(start, range(8))) == [0] * 8


def test_in_order(outbox: Outbox) -> None:
    """A user's calls come out in the order in which they were put in, then they are gone."""
    for start in range(0, 30, 10):
        outbox.put([entry(str(n), f"user {n % 3}", body=json.dumps([n % 3, n])) for n in range(start, start + 10)])
    assert outbox.waiting() == 30
    bodies = [json.loads(body) for body in everything(outbox)]
    assert [[n for user, n in bodies if user == which] for which in range(3)] == [
        list(range(u, 30, 3)) for u in range(3)
    ]
    assert outbox.waiting() == 0


def test_once(outbox: Outbox) -> None:
    """A call whose message id waits already is not kept twice; of a call, event and user update are kept both."""
    outbox.put([entry("a", body="1"), entry("a", body="2"), entry("b"), entry("a", path=USERS)])
    outbox.put([entry("a", body="3")])
    assert outbox.waiting() == 3
    assert "1" in everything(outbox)


def test_survives(outbox: Outbox, outbox_url: str) -> None:
    """Another outbox on the same database, later, has the calls."""
    outbox.put([entry("a")])
    outbox.close()
    later = Outbox(outbox_url, app_id="11")
    assert later.waiting() == 1
    later.close()


def test_apps_are_apart(outbox: Outbox, outbox_url: str) -> None:
    """Each app sees its own calls."""
    other = Outbox(outbox_url, app_id="22")
    other.put([entry("a")])
    assert (outbox.waiting(), other.waiting()) == (0, 1)
    other.close()


def test_unreported_calls_stay(outbox: Outbox) -> None:
    """What a claim does not report on is there for the next claim."""
    outbox.put([entry(str(n)) for n in range(4)])
    with outbox.claim() as claim:
        claim.delivered(claim.rows[:1])
    with outbox.claim() as claim:
        assert len(claim.rows) == 3


def test_one_sender(outbox: Outbox, outbox_url: str) -> None:
    """While a claim is held, nobody else gets that user's calls; afterwards they do."""
    outbox.put([entry(str(n)) for n in range(4)])
    other = Outbox(outbox_url, app_id="11")
    with outbox.claim(most=2) as claim:
        assert len(claim.rows) == 2
        with other.claim() as second:
            assert not second.rows
    with other.claim() as second:
        assert len(second.rows) == 4
    other.close()


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_many_senders(server: str, request: pytest.FixtureRequest) -> None:
    """On a server several senders work at once, on different users, and each call is delivered once, in its user's
    order.
    """
    url = request.getfixturevalue(server)
    first = Outbox(url, app_id="11")
    users = [f"user {n}" for n in range(200)]
    for n in range(5):
        first.put([entry(f"{user} {n}", user, body=json.dumps([user, n])) for user in users])
    boxes = [first] + [Outbox(url, app_id="11") for _ in range(3)]
    with first.claim() as one, boxes[1].claim() as two:
        assert one.rows
        assert two.rows
        assert not {row.user for row in one.rows} & {row.user for row in two.rows}
    delivered: list[list[str]] = [[] for _ in boxes]
    lock = threading.Barrier(len(boxes))

    def work(n: int) -> None:
        lock.wait()
        while boxes[n].waiting():
            with boxes[n].claim(most=50) as claim:
                delivered[n] += [row.body for row in claim.rows]
                claim.delivered(claim.rows)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(boxes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [json.loads(body) for part in delivered for body in part]
    assert sorted(every) == sorted([user, n] for user in users for n in range(5))
    for part in delivered:
        order = [json.loads(body) for body in part]
        assert all(
            [n for who, n in order if who == user] == sorted(n for who, n in order if who == user) for user in users
        )
    for box in boxes:
        box.close()


def test_a_claim_leaves_lanes(postgres_url: str) -> None:
    """A sender takes a part of the users only, so that others find work."""
    outbox = Outbox(postgres_url, app_id="11")
    outbox.put([entry(str(n), f"user {n}") for n in range(500)])
    with outbox.claim() as claim:
        assert 0 < len({row.user for row in claim.rows}) < 500 * LANES_PER_CLAIM / 16
    outbox.close()


def test_one_endpoint(outbox: Outbox) -> None:
    """A claim holds calls of one endpoint, the oldest call's."""
    outbox.put([entry("a", path=USERS), entry("b"), entry("c", path=USERS)])
    with outbox.claim() as claim:
        assert [row.path for row in claim.rows] == [USERS, USERS]


def test_claims_are_bounded(outbox: Outbox) -> None:
    """A claim holds at most 1,000 calls, and at most 4 MB of text, but always one call."""
    outbox.put([entry(f"small {n}") for n in range(1_500)])
    with outbox.claim() as claim:
        assert len(claim.rows) == 1_000
        claim.delivered(claim.rows)
    with outbox.claim() as claim:
        claim.delivered(claim.rows)
    outbox.put([entry(f"big {n}", body="x" * 3_000_000) for n in range(3)])
    with outbox.claim() as claim:
        assert len(claim.rows) == 1


@pytest.mark.parametrize(
    ("blocked", "keys"),
    [
        (Blocked(), {"ann track", "bob track"}),
        (Blocked(users=frozenset({"ann"})), {"bob track"}),
        (Blocked(event_users=frozenset({"bob"})), {"ann track"}),
        (Blocked(events=True), {"ann users", "bob users"}),
        (Blocked(events=True, users=frozenset({"bob"})), {"ann users"}),
    ],
)
def test_blocked(outbox: Outbox, blocked: Blocked, keys: set[str]) -> None:
    """What Heap's limits forbid for now is passed over."""
    for path in (TRACK, USERS):
        outbox.put(
            [entry(f"{user} {path}", user, path, f"{user} {path.split('/')[-1][-5:]}") for user in ("ann", "bob")]
        )
    with outbox.claim(blocked) as claim:
        assert {row.body.replace("rties", "users") for row in claim.rows} == keys


def test_refusals(outbox: Outbox) -> None:
    """A refused call is kept aside with what Heap said, and can be tried again."""
    outbox.put([entry("a", "ann", body='{"x":1}'), entry("b")])
    with outbox.claim() as claim:
        claim.refused(claim.rows[:1], 400, "event is not valid")
        claim.delivered(claim.rows[1:])
    (refusal,) = outbox.refusals()
    assert (refusal.user, refusal.message_id, refusal.body) == ("ann", "a", '{"x":1}')
    assert (refusal.status, refusal.reason) == (400, "event is not valid")
    assert outbox.waiting() == 0
    assert outbox.retry_refused() == 1
    assert everything(outbox) == ['{"x":1}']
    assert list(outbox.refusals()) == []


def test_checkpoints(outbox: Outbox) -> None:
    """A position is written with the calls, or not at all."""
    assert outbox.checkpoint("file") is None
    outbox.put([entry("a")], checkpoint=("file", "10"))
    outbox.put([], checkpoint=("file", "20"))
    assert outbox.checkpoint("file") == "20"
    with pytest.raises(OutboxError, match="the database does not take this call"):
        outbox.put([entry("b", body=None)], checkpoint=("file", "30"))  # type: ignore[arg-type]
    assert (outbox.checkpoint("file"), outbox.waiting()) == ("20", 1)
    outbox.forget_checkpoint("file")
    assert outbox.checkpoint("file") is None


def test_limits_are_shared(outbox_url: str) -> None:
    """What one process sent counts for the others, and for those that come after it."""
    now = 1000.0
    boxes = [Outbox(outbox_url, app_id="11", clock=lambda: now, monotonic=lambda: now) for _ in range(2)]
    pacers = [Pacer(Limits(events_per_app=5)) for _ in range(2)]
    boxes[0].put([entry(str(n), f"user {n}") for n in range(4)])
    with boxes[0].claim() as claim:
        rows = claim.rows
        assert len(boxes[0].reserve(pacers[0], rows[:3])) == 3
        assert len(boxes[1].reserve(pacers[1], rows)) == 2
        assert len(boxes[0].reserve(pacers[0], rows)) == 0
    later = Outbox(outbox_url, app_id="11", clock=lambda: now + 59, monotonic=lambda: now + 59)
    pacer = Pacer(Limits(events_per_app=5))
    later.learn(pacer)
    assert pacer.blocked(now + 59).events
    assert not pacer.blocked(now + 61).events
    for box in (*boxes, later):
        box.close()


def test_odd_text(outbox: Outbox) -> None:
    """Text that databases refuse is kept all the same."""
    outbox.put([entry("key \0 \ud83d", "user \0 \ud83d"), entry("k", "u" * 3000)])
    assert outbox.waiting() == 2


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_memory(url: str) -> None:
    """An outbox that would forget is refused."""
    with pytest.raises(ConfigurationError, match="in memory would lose calls"):
        Outbox(url, app_id="11")


def test_no_url() -> None:
    """What is no URL is said to be none, and what to pass."""
    with pytest.raises(ConfigurationError, match="pass a file name, or such as postgresql://"):
        Outbox("nonsense://", app_id="11")


def test_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the outbox is a file in the user's state directory, which is made when missing."""
    monkeypatch.delenv("HEAP_WEB_OUTBOX", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    Outbox(app_id="11").close()
    assert (tmp_path / "heap-web" / "outbox.db").exists()
    monkeypatch.setenv("HEAP_WEB_OUTBOX", "postgresql://somewhere/else")
    assert default_url() == "postgresql://somewhere/else"


def test_url_keeps_the_password_secret(outbox: Outbox) -> None:
    """The outbox's URL can be shown."""
    assert ":***@" not in outbox.url
    assert outbox.url.startswith(("sqlite:///", "postgresql+psycopg://", "mysql+pymysql://"))
