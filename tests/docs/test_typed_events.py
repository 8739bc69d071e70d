"""The page about typed events: what it declares is checked by TypeScript and by mypy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heap_web.dev.build.steps import ROOT
from heap_web.dev.build.toolchain import MODULES, node
from tests.docs.blocks import one

TYPESCRIPT = one("ts", "typed")
PYTHON = one("python", "typed")
RIGHT = 'track("Signed Up", {'


@pytest.mark.parametrize("wrong", ["", 'track("Signed In", {', 'track("Signed Up", { size: 1,'])
def test_typescript(wrong: str, dist: Path, tmp_path: Path) -> None:
    """The block passes as it stands, and with another name or property it does not."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "heap-web").symlink_to(dist / "npm")
    (tmp_path / "sample.mts").write_text(TYPESCRIPT.replace(RIGHT, wrong or RIGHT), "utf-8")
    flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]
    command = [node(), str(MODULES / "typescript" / "bin" / "tsc"), *flags, "sample.mts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(wrong), done.stdout


@pytest.mark.parametrize("wrong", ["", 'track("Signed In", {', 'track("Signed Up", {"size": 1,'])
def test_python(wrong: str) -> None:
    """The block passes as it stands, and with another name or property it does not."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-c", PYTHON.replace(RIGHT, wrong or RIGHT)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(wrong), done.stdout
