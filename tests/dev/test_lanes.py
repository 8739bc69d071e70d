"""Commands in lanes."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from heap_web.dev.check.lanes import run_in_lanes


def python(code: str) -> list[str]:
    """The command that runs Python code."""
    return [sys.executable, "-c", textwrap.dedent(code)]


@pytest.fixture
def meeting(tmp_path: Path) -> Callable[[str, str], list[str]]:
    """A command that ends only when another one has begun too."""

    def make(me: str, other: str) -> list[str]:
        return python(f"""
            import pathlib
            here = pathlib.Path({str(tmp_path)!r})
            (here / {me!r}).touch()
            while not (here / {other!r}).exists():
                pass
        """)

    return make


def test_each_command_has_its_outcome_in_the_order_given(tmp_path: Path) -> None:
    """Each command has its status and its seconds, in the order in which the commands were given."""
    commands = {
        "slow": python("import time; time.sleep(0.3)"),
        "wrong": python("raise SystemExit(3)"),
        "ok": python(""),
    }
    outcomes = run_in_lanes(commands, 2, tmp_path)
    assert [(name, status) for name, status, _ in outcomes] == [("slow", 0), ("wrong", 3), ("ok", 0)]
    assert outcomes[0].seconds > 0.3


def test_lanes_run_at_once(tmp_path: Path, meeting: Callable[[str, str], list[str]]) -> None:
    """Two lanes run two commands at once."""
    outcomes = run_in_lanes({"a": meeting("a", "b"), "b": meeting("b", "a")}, 2, tmp_path)
    assert [status for _, status, _ in outcomes] == [0, 0]


def test_a_lane_goes_on_while_the_other_is_busy(tmp_path: Path, meeting: Callable[[str, str], list[str]]) -> None:
    """While one lane is busy, the other takes one command after the other."""
    commands = {
        "long": meeting("long", "last"),
        "first": python(""),
        "second": python(""),
        "last": meeting("last", "long"),
    }
    outcomes = run_in_lanes(commands, 2, tmp_path)
    assert [status for _, status, _ in outcomes] == [0, 0, 0, 0]


def test_what_commands_print_does_not_mix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a command prints, on either stream, comes in one piece below its name."""
    code = """
        import sys
        for i in range(200):
            print({0!r}, i, file=(sys.stdout, sys.stderr)[i % 2], flush=True)
    """
    run_in_lanes({name: python(code.format(name)) for name in "ab"}, 2, tmp_path)
    parts = capsys.readouterr().out.split("\n── ")[1:]
    assert sorted(part[0] for part in parts) == ["a", "b"]
    for part in parts:
        name, *lines = part.strip().splitlines()
        assert lines == [f"{name} {i}" for i in range(200)]


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_what_runs_and_begins_nothing_more(tmp_path: Path, asked: signal.Signals) -> None:
    """After an interrupt, by hand or by a program, no command outlives the run, and none that waited begins."""
    started, ended, begun = (tmp_path / name for name in ("started", "ended", "begun"))
    endless = f"""
        import pathlib, signal, sys, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(ended)!r}).touch(), sys.exit()))
        pathlib.Path({str(started)!r}).touch()
        time.sleep(60)
    """
    commands = {"endless": python(endless), "waiting": python(f"import pathlib; pathlib.Path({str(begun)!r}).touch()")}
    imports = "from pathlib import Path; from heap_web.dev.check.lanes import run_in_lanes"
    run = f"{imports}; run_in_lanes({commands!r}, 1, Path())"
    with subprocess.Popen([sys.executable, "-c", run], stderr=subprocess.DEVNULL) as process:
        while not started.exists():
            assert process.poll() is None
        process.send_signal(asked)
        assert process.wait(30) != 0
    assert ended.exists()
    assert not begun.exists()
