"""Killed with SIGKILL at any moment and started again: every call arrives, each once by its idempotency key."""

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from heap_web.cloud.database import resolved
from heap_web.cloud.outbox import Outbox
from heap_web.cloud.tables import metadata
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running
from tests.cloud.nursery import CHILD, Nursery, Work, acknowledged, key_of

THOROUGH = pytest.mark.parametrize(
    "thorough", [False, pytest.param(True, marks=pytest.mark.long)], ids=["", "thorough"]
)
"""With --long: every step and hundreds of random moments, instead of a part of them."""
KINDS = pytest.mark.parametrize("kind", ["sqlite", "postgresql", pytest.param("mariadb", marks=pytest.mark.long)])
SERVERS = {"postgresql": "postgres_server", "mariadb": "mariadb_server"}
EMPTY = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "mariadb": "mariadb_url"}
#: Of the steps, every how manieth is tried on each change: a server has the same ones, and takes longer for each.
STRIDES = {"sqlite": 7, "postgresql": 13, "mariadb": 13}
CALLS = 5
ENDLESS = 10**6
START_S = 60.0
"""Seconds in which a child must have taken a call."""


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where children come from."""
    folder = tmp_path_factory.mktemp("prepared")
    with Nursery() as nursery, running(Heap(limits=UNLIMITED)) as url:
        nursery.prepare(CHILD, **asdict(Work(url, f"sqlite:///{folder}/outbox.db", f"{folder}/taken", (0, CALLS))))
        yield nursery


def events(numbers: range) -> set[str]:
    """The keys of the calls that are events."""
    return {key_of(number) for number in numbers if number % 5 != 4}


def updates(heap: Heap) -> set[int]:
    """The numbers of the calls that are updates of users and have arrived."""
    return {int(name.split()[1]) for traits in heap.users.values() for name in traits if name.startswith("seen")}


def check_arrived(heap: Heap, numbers: range) -> None:
    """All these calls have arrived and nothing else; a user's last update is the one that counts."""
    assert set(heap.events) == events(numbers)
    assert updates(heap) == {number for number in numbers if number % 5 == 4}
    for user, traits in heap.users.items():
        assert traits["last"] == max(n for n in numbers if n % 5 == 4 and f"user {n % 7}" == user)


@THOROUGH
@KINDS
def test_killed_at_every_step(
    *,
    kind: str,
    thorough: bool,
    nursery: Nursery,
    heap: Heap,
    heap_url: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Killed before or after whatever database statement, commit or request, nothing that was taken is lost or
    doubled.
    """
    step, killed = 1, 0
    while True:
        heap.events.clear()
        heap.users.clear()
        if kind == "sqlite":
            url = f"sqlite:///{tmp_path}/{step}.db"
        else:
            url = request.getfixturevalue(SERVERS[kind])
            emptied(url)
        ack = str(tmp_path / f"{kind}{step}")
        work = Work(heap_url, url, ack, (0, CALLS), flush_every=3)
        ended = nursery.run(CHILD, **{**asdict(work), "die_at": step})
        taken = acknowledged(ack)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        killed += 1
        assert nursery.run(CHILD, **asdict(Work(heap_url, url, ack))) == 0  # only sends what was left
        assert set(heap.events) >= {key_of(n) for n in taken if n % 5 != 4}
        assert updates(heap) >= {n for n in taken if n % 5 == 4}
        assert nursery.run(CHILD, **asdict(work)) == 0  # makes the calls anew that were not acknowledged
        check_arrived(heap, range(CALLS))
        step += 1 if thorough else STRIDES[kind]
    check_arrived(heap, range(CALLS))
    assert killed > (80 if thorough else 80 // STRIDES[kind])


def emptied(url: str) -> None:
    """Takes away the outbox's tables, if they are there."""
    engine = create_engine(resolved(url))
    with engine.begin() as connection:
        metadata.drop_all(connection)
    engine.dispose()


@THOROUGH
@KINDS
def test_killed_at_random(
    *,
    kind: str,
    thorough: bool,
    nursery: Nursery,
    heap: Heap,
    heap_url: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Two programs share an outbox and send in the background; each is killed and started again, over and over."""
    url = request.getfixturevalue(EMPTY[kind])
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    rounds = 150 if thorough else 8
    # More calls than a child makes before it is killed: one that had made them all would take no more.
    halves = [(0, ENDLESS), (ENDLESS, 2 * ENDLESS)]
    acks = [str(tmp_path / f"ack{n}") for n in range(2)]
    killed = 0
    for n in range(rounds):
        before = [acknowledged(ack) for ack in acks]
        children = [
            nursery.start(CHILD, **asdict(Work(heap_url, url, ack, half, background=True)))
            for ack, half in zip(acks, halves, strict=True)
        ]
        # Every other time they come to take calls first; else they may be killed while they start.
        begun = time.monotonic()
        while n % 2 == 0 and any(acknowledged(ack) == was for ack, was in zip(acks, before, strict=True)):
            assert time.monotonic() - begun < START_S, f"round {n}: a child takes no calls, seed {seed}"
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, 0.25))
        for child in children:
            nursery.kill(child)
        killed += sum(nursery.wait(child) == -signal.SIGKILL for child in children)
    assert killed > rounds, f"seed {seed}"
    taken = [acknowledged(ack) for ack in acks]
    reached = [max(numbers) + 1 for numbers in taken]
    for ack, half, end in zip(acks, halves, reached, strict=True):
        assert nursery.run(CHILD, **asdict(Work(heap_url, url, ack, (half[0], end)))) == 0
    outbox = Outbox(url, app_id="11")
    assert outbox.waiting() == 0
    assert list(outbox.refusals()) == []
    outbox.close()
    numbers = {n for half, end in zip(halves, reached, strict=True) for n in range(half[0], end)}
    # The call at which a child was killed may have been taken without being acknowledged.
    extra = set(heap.events) - {key_of(n) for n in numbers if n % 5 != 4}
    assert {key_of(n) for n in numbers if n % 5 != 4} <= set(heap.events), f"seed {seed}"
    assert {n for n in numbers if n % 5 == 4} <= updates(heap), f"seed {seed}"
    assert len(extra) <= 2, f"seed {seed}"
