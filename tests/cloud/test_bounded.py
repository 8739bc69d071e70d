"""A wait with an end for work that has none."""

import sys
import threading

import pytest

from heap_web.cloud.bounded import within


def test_in_time() -> None:
    """What the work gives, or raises, is the caller's."""
    assert within(20, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(20, lambda: 1 // 0)
    with pytest.raises(SystemExit):
        within(20, sys.exit)


def test_too_late() -> None:
    """The caller waits no longer than its time; the work ends later, or with the program."""
    go_on, ended = threading.Event(), threading.Event()

    def work() -> None:
        go_on.wait(20)
        ended.set()

    with pytest.raises(TimeoutError):
        within(0.05, work)
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(20)


def test_at_the_end_of_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started any more, the work is done in place."""

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", fail)
    assert within(0.05, threading.get_ident) == threading.get_ident()
