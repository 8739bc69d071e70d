"""Connections to the database that are cut, over and over: a call is kept or its caller is told, and all arrive."""

import threading
import time

import psycopg
import pytest

from heap_web.cloud import HeapCloud, OutboxError, Retry
from heap_web.cloud.outbox import Outbox
from heap_web.dev.serve.heap_api import Heap
from tests.cloud.nursery import UNLIMITED

CUTS = 40
CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state IS NOT NULL"
)


@pytest.mark.parametrize("cuts", [CUTS, pytest.param(250, marks=pytest.mark.long)])
def test_cut_connections(postgres_url: str, heap_url: str, heap: Heap, cuts: int) -> None:
    """While threads make calls and the background sends, the server drops all connections, again and again."""
    taken: list[str] = []
    raised: list[BaseException] = []
    stop = threading.Event()
    quick = Retry(first=0.001, most=0.01)
    client = HeapCloud("11", outbox=postgres_url, base_url=heap_url, limits=UNLIMITED, linger=0.0, retry=quick)

    def work(name: int) -> None:
        n = 0
        while not stop.wait(0.002):
            key = f"{name} {n}"
            n += 1
            try:
                client.track("E", user_id=f"user {name}", properties={"n": n}, message_id=key)
                taken.append(key)
            except OutboxError as error:
                raised.append(error)
            except BaseException as error:  # noqa: BLE001
                raised.append(error)
                return

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    cut = 0
    with psycopg.connect(postgres_url, autocommit=True) as other:
        while cut < cuts:
            before = len(taken)
            cut += int((other.execute(CUT).fetchone() or [0])[0])
            until = time.monotonic() + 20
            while len(taken) == before and time.monotonic() < until:
                time.sleep(0.002)
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert all(isinstance(error, OutboxError) for error in raised), raised[-1]
    while True:
        try:
            assert client.flush(60).waiting == 0
            break
        except OutboxError:  # a connection of the pool that was cut
            continue
    client.close(5)
    assert set(taken) <= set(heap.events)
    outbox = Outbox(postgres_url, app_id="11")
    assert outbox.waiting() == 0
    outbox.close()
