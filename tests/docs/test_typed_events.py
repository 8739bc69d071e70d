"""The page about typed events: what it declares is checked by TypeScript and by mypy."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from heap_web.dev.build.steps import ROOT
from heap_web.dev.build.toolchain import MODULES, node
from tests.docs.blocks import one

TYPESCRIPT = one("ts", "typed")
PYTHON = one("python", "typed")
RIGHT = 'track("Signed Up", {'


def test_typescript(dist: Path, tmp_path: Path) -> None:
    """The block passes as it stands, and with another name or property it does not."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "heap-web").symlink_to(dist / "npm")
    calls = {"right": RIGHT, "name": 'track("Signed In", {', "property": 'track("Signed Up", { size: 1,'}
    for name, call in calls.items():
        (tmp_path / f"{name}.mts").write_text(TYPESCRIPT.replace(RIGHT, call), "utf-8")
    flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]
    command = [node(), str(MODULES / "typescript" / "bin" / "tsc"), *flags, *(f"{name}.mts" for name in calls)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert set(re.findall(r"^(\w+)\.mts\(", done.stdout, re.MULTILINE)) == {"name", "property"}, done.stdout


def test_python(tmp_path: Path) -> None:
    """The block passes as it stands, and with another name or property it does not."""
    calls = {"right": RIGHT, "name": 'track("Signed In", {', "property": 'track("Signed Up", {"size": 1,'}
    for name, call in calls.items():
        (tmp_path / f"{name}.py").write_text(PYTHON.replace(RIGHT, call), "utf-8")
    files = [str(tmp_path / f"{name}.py") for name in calls]
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert set(re.findall(r"(\w+)\.py:\d+: error", done.stdout)) == {"name", "property"}, done.stdout
