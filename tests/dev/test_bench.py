"""Tests of the bench as a whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from heap_web.dev.bench.measure import own
from heap_web.dev.build.bundle import bundle
from heap_web.dev.build.steps import ROOT


@pytest.mark.long
def test_smallest_run(tmp_path: Path) -> None:
    """One round of one contestant in a real browser leaves its figures in bench.json and bench.html."""
    bundle()
    command = [sys.executable, "-m", "heap_web.dev.bench", "--rounds", "1", "--only", "snippet", "--parts", "visits"]
    subprocess.run([*command, "--out", str(tmp_path)], cwd=ROOT, check=True, capture_output=True, timeout=300)
    figures = json.loads((tmp_path / "bench.json").read_text("utf-8"))["figures"]
    further = figures["further"]["contestants"]["snippet"]
    assert further["count"] == 5
    assert 0 < further["least"] <= further["most"]
    assert figures["cold_bytes"]["contestants"]["snippet"]["median"] > 300
    assert "Further pages" in (tmp_path / "bench.html").read_text("utf-8").replace("further pages", "Further pages")


def test_own_long_task() -> None:
    """A long task counts as a contestant's only when scripts of its files ran in it for long enough to matter."""
    ours = {"url": "http://127.0.0.1/heap_web/heap-web.js", "ms": 6.0}
    inline = {"url": "http://127.0.0.1/heap_web.html", "ms": 60.0}
    assert own({"ms": 70, "scripts": [ours, inline]})
    assert not own({"ms": 70, "scripts": [inline, {**ours, "ms": 1.0}]})
