"""Tests of heap_web.dev.build.page_wheel, and of what goes to package indexes."""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import io
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from heap_web.dev.build.page_wheel import for_pages, stripped
from heap_web.dev.build.wheel import build_sdist, build_wheel


@pytest.fixture(scope="module")
def content() -> bytes:
    """The wheel for pages."""
    return for_pages(build_wheel())


@pytest.fixture(scope="module")
def wheel(content: bytes) -> zipfile.ZipFile:
    """The same, opened."""
    return zipfile.ZipFile(io.BytesIO(content))


def test_small(content: bytes) -> None:
    """A visitor downloads less than 40 KB."""
    assert len(content) < 40_000


def test_the_core_alone(wheel: zipfile.ZipFile) -> None:
    """Every module of the core is in it, and of what is for servers only what says so."""
    names = [name for name in zipfile.ZipFile(build_wheel()).namelist() if name.endswith(".py")]
    for_servers = {"heap_web/cloud/__init__.py", "heap_web/audiences/__init__.py"}
    core = {name for name in names if name.count("/") == 1} - {"heap_web/command.py"}
    assert {name for name in wheel.namelist() if name.endswith(".py")} == core | for_servers
    assert "heap_web/py.typed" not in wheel.namelist()  # its functions' types are gone


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('"""Doc."""\nx = 1  # why\n', "x = 1\n"),
        ('def f():\n    """Doc."""\n', "def f():\n    pass\n"),
        ('class A:\n    x: int\n    """What x is."""\n', "class A:\n    x: int\n"),
        (
            "async def f(a: int, *b: str, c: T = 1, **d: U) -> None:\n    a: int = 2\n",
            "async def f(a, *b, c=1, **d):\n    a: int = 2\n",
        ),
        ("if TYPE_CHECKING:\n    import a\nx = 1\n", "x = 1\n"),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    a = 1\n",) * 2,
        ('x = """kept"""\n', "x = 'kept'\n"),
        ('"""Doc."""\n', "\n"),
    ],
)
def test_stripped(source: str, left: str) -> None:
    """Docstrings, comments and types go; texts that are values, and what else runs, stay."""
    assert stripped(source) == left
    ast.parse(left)


def test_record(wheel: zipfile.ZipFile) -> None:
    """RECORD names every file once, with the digest and the size that it has."""
    (name,) = [name for name in wheel.namelist() if name.endswith("/RECORD")]
    rows = {path: (digest, size) for path, digest, size in csv.reader(io.StringIO(wheel.read(name).decode()))}
    assert list(rows) == [*(row for row in rows if row != name), name]
    assert set(rows) == set(wheel.namelist())
    for path, (digest, size) in rows.items():
        if path != name:
            file = wheel.read(path)
            expected = base64.urlsafe_b64encode(hashlib.sha256(file).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={expected}", len(file))


def test_installs(content: bytes, tmp_path: Path) -> None:
    """pip installs it; the core works there, and what is for servers says what to install."""
    path = tmp_path / build_wheel().name
    path.write_bytes(content)
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps", str(path)]
    subprocess.run(pip, check=True, capture_output=True)
    asked = "import heap_web; print(heap_web.flatten({'a': {'b': [1]}})); import heap_web.audiences"
    done = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "{'a.b': '[1]'}\n"
    assert "pip install 'heap-web[cloud]'" in done.stderr


def test_fit_for_a_package_index() -> None:
    """The full wheel and the sdist pass twine's check."""
    check = [sys.executable, "-m", "twine", "check", "--strict", str(build_wheel()), str(build_sdist())]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
