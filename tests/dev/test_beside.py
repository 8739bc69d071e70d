"""Commands that run beside others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from heap_web.dev.check.beside import Beside


def test_output_is_printed_once_the_command_is_through(capsys: pytest.CaptureFixture[str]) -> None:
    """What the command printed, on either stream, comes with its status when it is asked for, and not before."""
    program = "import sys; print('said'); sys.stdout.flush(); print('wrong', file=sys.stderr); sys.exit(3)"
    with Beside("other tests", [sys.executable, "-c", program]) as command:
        assert capsys.readouterr().out == ""
        status, seconds = command.outcome()
    assert status == 3
    assert seconds > 0
    assert capsys.readouterr().out == "\n── other tests\nsaid\nwrong\n\n"


def test_a_command_does_not_outlive_its_block(tmp_path: Path) -> None:
    """A command that still runs at the end of the block is ended."""
    started, ended = tmp_path / "started", tmp_path / "ended"
    program = (
        "import pathlib, signal, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(ended)!r}).touch(), sys.exit()))\n"
        f"pathlib.Path({str(started)!r}).touch()\n"
        "time.sleep(60)\n"
    )
    with Beside("endless", [sys.executable, "-c", program]):
        while not started.exists():
            pass
    assert ended.exists()
