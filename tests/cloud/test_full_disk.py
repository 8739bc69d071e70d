"""A disk without room: what is there is sent, one line says what to do, and all goes on when there is room."""

import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from heap_web.cloud import Bound, HeapCloud, OutboxError, OutboxFullError, Retry
from heap_web.cloud.outbox import Outbox
from heap_web.dev.serve.heap_api import Heap

QUICK = Retry(first=0.001, most=0.01)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.fail("this test mounts a small file system, so it runs as root alone")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def filled(folder: Path) -> Path:
    """Takes up all the room that is left."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    return ballast


def test_sends_and_recovers(small_disk: Path, heap_url: str, heap: Heap, caplog: pytest.LogCaptureFixture) -> None:
    """With the disk full calls are refused with what to do, those that wait are sent once, and room mends it."""
    outbox = Outbox(small_disk / "outbox.db", app_id="11", bound=Bound(free=0))
    with HeapCloud("11", outbox=outbox, base_url=heap_url, background=False, retry=QUICK) as client:
        for n in range(10):
            client.track("E", user_id="ann", properties={"n": n}, message_id=str(n))
        ballast = filled(small_disk)
        many = ({"event": "E", "user_id": "ann", "properties": {"text": "x" * 900}} for _ in range(500))
        with pytest.raises(OutboxError, match=r"no room on its disk.*make room.*The call was not kept") as raised:
            client.track_many(many)
        assert raised.value.kind == "full"
        kept = outbox.waiting()
        with caplog.at_level(logging.INFO):
            try:
                client.flush(20)
            except OutboxError as error:
                assert error.kind == "full"  # noqa: PT017
        assert len(heap.events) == kept
        assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) <= 1
        ballast.unlink()
        assert client.flush(20).waiting == 0
        assert set(heap.arrivals.values()) == {1}
        client.track("E", user_id="ann", message_id="after")
        assert client.flush(20).delivered == 1
    outbox.close()


def test_room_is_kept_free(tmp_path: Path) -> None:
    """Calls are refused before the disk is full, so that there is room to strike what is sent."""
    outbox = Outbox(tmp_path / "outbox.db", app_id="11", bound=Bound(free=10**18))
    with pytest.raises(OutboxFullError, match="bytes are free on its disk, and 1000000000000000000 are to stay free"):
        HeapCloud("11", outbox=outbox, background=False).track("E", user_id="ann")
    outbox.close()
