"""A run killed with SIGKILL at whatever step, and another run afterwards: Heap knows every member right."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running
from tests.audiences.child import AUDIENCE
from tests.cloud.nursery import Nursery

THOROUGH = pytest.mark.parametrize(
    "thorough", [False, pytest.param(True, marks=pytest.mark.long)], ids=["", "thorough"]
)
"""With --long: every step, instead of a part of them."""
FIRST, SECOND, THIRD = list("abcd"), list("cdef"), list("defa")


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Where children come from."""
    with Nursery() as nursery, running(Heap(limits=UNLIMITED)) as url:
        paths = {"file": f"{tmp_path}/prepared.duckdb", "outbox": f"{tmp_path}/prepared.db"}
        nursery.prepare(AUDIENCE, **paths, heap=url, members=["a"])
        yield nursery


@THOROUGH
def test_killed_at_every_step(nursery: Nursery, tmp_path: Path, *, thorough: bool) -> None:
    """Before or after whatever is written: the next run completes it, and members that changed meanwhile are right."""
    heap = Heap(limits=UNLIMITED)
    step, killed = 1, 0
    with running(heap) as url:
        while True:
            heap.users.clear()
            paths = {"file": f"{tmp_path}/{step}.duckdb", "outbox": f"{tmp_path}/{step}.db", "heap": url}
            assert nursery.run(AUDIENCE, **paths, members=FIRST) == 0
            ended = nursery.run(AUDIENCE, **paths, members=SECOND, die=step)
            assert nursery.run(AUDIENCE, **paths, members=THIRD) == 0
            assert heap.users == {user: {"vip": user in THIRD} for user in heap.users}
            assert set(heap.users) >= {*FIRST, *THIRD}
            if ended == 0:
                break
            assert ended == -signal.SIGKILL
            killed += 1
            step += 1 if thorough else 17
    assert killed > (60 if thorough else 4)
