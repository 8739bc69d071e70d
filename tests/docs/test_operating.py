"""The recipes for servers: each is run as it stands, in a process of its own, and Heap gets what it sends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from heap_web.dev.check.postgres import free_port
from heap_web.dev.serve.heap_api import UNLIMITED, Heap, running

from .blocks import files

GUNICORN, LIFESPAN, APPCONFIG, CELERY = files("gunicorn"), files("lifespan"), files("appconfig"), files("celery")
START_S, END_S = 60.0, 30.0
# Python loads it at its start: the recipes' own Heap is then the one of the tests.
REDIRECTED = """
import os
from heap_web.cloud import calls
calls.HOSTS["us"] = os.environ["HEAP_OF_THE_TEST"]
"""


@pytest.fixture
def heap() -> Heap:
    """A Heap for servers."""
    return Heap(limits=UNLIMITED)


@pytest.fixture
def world(heap: Heap, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which a recipe runs."""
    (tmp_path / "sitecustomize.py").write_text(REDIRECTED)
    with running(heap) as url:
        yield {
            **os.environ,
            "HEAP_OF_THE_TEST": url,
            "HEAP_WEB_OUTBOX": str(tmp_path / "outbox.db"),
            "PYTHONPATH": str(tmp_path),
        }


@contextmanager
def program(given: dict[str, str], folder: Path, world: dict[str, str], *command: str) -> Iterator[None]:
    """Writes a recipe's files and runs a command there; ends it by SIGTERM, which it must obey in time."""
    for name, code in given.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(code)
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=world, stdout=log, stderr=log)
    try:
        yield
        process.send_signal(signal.SIGTERM)
        process.wait(END_S)
    except BaseException:
        sys.stderr.write((folder / "log").read_text())
        raise
    finally:
        process.kill()
        process.wait()


def listening(port: int) -> None:
    """Waits until a server listens."""
    until = time.monotonic() + START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.05)


def test_gunicorn_with_preload(world: dict[str, str], heap: Heap, tmp_path: Path) -> None:
    """Workers forked from a preloaded application send their calls, answer health checks, and obey SIGTERM."""
    port = free_port()
    with program(GUNICORN, tmp_path, world, "gunicorn", "--bind", f"127.0.0.1:{port}", "shop:app"):
        listening(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=END_S) as browser:
            assert [browser.post("/orders", headers={"connection": "close"}).text for _ in range(20)] == [
                "Thank you"
            ] * 20
            assert browser.get("/health").json() == {"ok": True, "problems": []}
    assert [event["event"] for event in heap.events.values()] == ["Order Completed"] * 20


def test_fastapi_lifespan(world: dict[str, str], heap: Heap, tmp_path: Path) -> None:
    """The client lives as long as the application, and sends what is left when it ends."""
    port = free_port()
    with program(LIFESPAN, tmp_path, world, "uvicorn", "--port", str(port), "main:app"):
        listening(port)
        assert httpx.post(f"http://127.0.0.1:{port}/orders", timeout=END_S).json() == "Thank you"
    assert [event["event"] for event in heap.events.values()] == ["Order Completed"]


def test_django_on_commit(world: dict[str, str], heap: Heap, tmp_path: Path) -> None:
    """A call is made when its transaction is done, and not if it is rolled back."""
    run = """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["orders"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from django.db import transaction
from django.test import RequestFactory
from orders.views import pay
request = RequestFactory().post("/pay")
assert pay(request).status_code == 200
try:
    with transaction.atomic():
        pay(request)
        raise ZeroDivisionError
except ZeroDivisionError:
    pass
"""
    for name, code in {**APPCONFIG, "orders/__init__.py": "", "run.py": run}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(code)
    subprocess.run([sys.executable, "run.py"], cwd=tmp_path, env=world, timeout=START_S, check=True)
    assert [event["event"] for event in heap.events.values()] == ["Invoice Paid"]


def test_celery(world: dict[str, str], heap: Heap, tmp_path: Path) -> None:
    """The workers of Celery's forking pool send their calls, and close the client when they end."""
    (tmp_path / "data_in").mkdir()
    (tmp_path / "data_out").symlink_to("data_in")  # a broker made of one folder
    world |= {"CELERY_BROKER_URL": "filesystem://", "C_FORCE_ROOT": "1"}
    worker = ("celery", "-A", "tasks", "worker", "--pool", "prefork", "--concurrency", "2", "--without-mingle")
    with program(CELERY, tmp_path, world, *worker):
        made = "import tasks; [tasks.charge.delay('user123', n) for n in range(6)]"
        subprocess.run([sys.executable, "-c", made], cwd=tmp_path, env=world, timeout=START_S, check=True)
        until = time.monotonic() + START_S
        while len(heap.events) < 6:
            assert time.monotonic() < until, "not all calls arrived"
            time.sleep(0.05)
    assert sorted(event["properties"]["total"] for event in heap.events.values()) == list(range(6))
