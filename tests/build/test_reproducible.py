"""The same sources give the same bytes, and with them the same names, wherever, whenever and by whom they are built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from heap_web.dev.build import runtime, wheel
from heap_web.dev.build.steps import CACHE, ROOT, STATIC

# What a build is made of, beside the packages of .venv and of static/node_modules.
SOURCES = ("heap_web", "static", "templates", "tests", "build.py", "pyproject.toml", "README.md", "LICENSE")
# Steps whose outcome depends on nothing but what their key tells.
KEPT = ("compress", "micropip")
# Moves the clock of every Python and of every Node that a build starts.
LATER = 400 * 86_400
PYTHON_CLOCK = f"import time\nreal = time.time\ntime.time = lambda: real() + {LATER}\n"
NODE_CLOCK = f"""
const now = Date.now;
globalThis.Date = class extends Date {{
  constructor(...given) {{
    super(...(given.length ? given : [now() + {LATER}000]));
  }}
  static now() {{
    return now() + {LATER}000;
  }}
}};
"""
BUILD = "from heap_web.dev.build.bundle import bundle; bundle()"
FREEZE = """
from heap_web.dev.build import runtime, wheel
code = runtime._byte_code(wheel.build_wheel())
print(code, runtime._frozen(code), runtime._frozen(code, runtime._ran(code)), sep="\\n")
"""


def copy_of_the_project(folder: Path, kept: Iterable[str]) -> None:
    """The project in another folder: its sources and Pyodide, other packages by links, of the cache the steps kept."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        else:
            shutil.copy(source, folder / name)
    modules = folder / "static" / "node_modules"
    modules.mkdir()
    for package in (STATIC / "node_modules").iterdir():
        if package.name == "pyodide":
            shutil.copytree(package, modules / package.name)
        else:
            (modules / package.name).symlink_to(package)
    for step in kept:
        shutil.copytree(CACHE / step, folder / ".cache" / step)


def another_world(folder: Path) -> dict[str, str]:
    """An environment of another user with other habits, on another day."""
    (folder / "sitecustomize.py").write_text(PYTHON_CLOCK, "utf-8")
    (folder / "clock.mjs").write_text(NODE_CLOCK, "utf-8")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "NODE_OPTIONS": f"--import={(folder / 'clock.mjs').as_uri()}",
        "HOME": str(folder / "home of somebody else"),
        "USER": "somebody",
        "LOGNAME": "somebody",
        "TMPDIR": str(folder),
        "TZ": "Asia/Kathmandu",
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "7",
        "SOURCE_DATE_EPOCH": "1700000000",
        **{f"VARIABLE_{i}": "x" * 100 for i in range(50)},
    }


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a built folder, by its path there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def on_one_core() -> None:
    """In the process that is to build: one core, and files that nobody else may read."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.umask(0o077)


def elsewhere(program: str, tmp_path: Path, kept: Iterable[str]) -> tuple[Path, str]:
    """The copy in which the program has run as another user's would, at another time; and what it has printed."""
    project, world = tmp_path / "another folder" / "100% heap web", tmp_path / "world"
    project.mkdir(parents=True)
    world.mkdir()
    copy_of_the_project(project, kept)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env=another_world(world),
        preexec_fn=on_one_core,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return project, done.stdout


def test_an_interpreter_frozen_in_another_world_has_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    """Byte code and both snapshots are the same with another folder, user, day, time zone, environment, and core."""
    code = runtime._byte_code(wheel.build_wheel())
    here = [code, runtime._frozen(code), runtime._frozen(code, runtime._ran(code))]
    project, printed = elsewhere(FREEZE, tmp_path, [*KEPT, "tracing"])
    there = [Path(line) for line in printed.splitlines()[-3:]]
    assert [path.relative_to(project) for path in there] == [path.relative_to(ROOT) for path in here]
    assert [path.read_bytes() == other.read_bytes() for path, other in zip(here, there, strict=True)] == [True] * 3


@pytest.mark.long
def test_a_build_in_another_world_gives_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    """Another folder, user, home, day, time zone, environment, umask and number of cores: each file is the same."""
    project, _ = elsewhere(BUILD, tmp_path, KEPT)
    # What has been made after dist/ was first built, reports of faults and the like, is no part of it.
    built, here = files_of(project / "dist"), files_of(dist)
    assert {name: content == here.get(name) for name, content in built.items()} == dict.fromkeys(built, True)
