"""Tests of heap_web.dev.build.page_wheel: the wheels and the sdist with the page's half in them."""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import io
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from heap_web.dev.build.page_wheel import HALF, complete, complete_sdist, for_pages, stripped
from heap_web.dev.build.steps import ROOT
from heap_web.dev.build.wheel import build_sdist, build_wheel

SCRIPT = b"window.half = 1;"


@pytest.fixture(scope="module")
def pages() -> tuple[str, bytes]:
    """The file name and the content of the wheel for pages."""
    return for_pages(build_wheel(), SCRIPT)


@pytest.fixture(scope="module", params=["whole", "pages"])
def wheel(request: pytest.FixtureRequest, pages: tuple[str, bytes]) -> zipfile.ZipFile:
    """Either wheel, opened."""
    return opened(pages[1] if request.param == "pages" else complete(build_wheel(), SCRIPT))


def opened(content: bytes) -> zipfile.ZipFile:
    """A wheel's content as an archive."""
    return zipfile.ZipFile(io.BytesIO(content))


def metadata(wheel: zipfile.ZipFile) -> Message:
    """What an index shows of a wheel."""
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(wheel.read(name))


def test_small(dist: Path) -> None:
    """A visitor downloads less than 60 KB, the page's half among it."""
    (path,) = dist.glob("*.whl")
    assert path.stat().st_size < 60_000
    assert zipfile.ZipFile(path).read(HALF) == (dist / "heap-web.js").read_bytes()


def test_two_names(pages: tuple[str, bytes]) -> None:
    """The two wheels have two names, in their files' names and in what they say of themselves, and one version."""
    whole = build_wheel()
    name, content = pages
    assert (whole.name.split("-")[0], name.split("-")[0]) == ("heap_web", "heap_web_pages")
    (theirs, ours) = (metadata(zipfile.ZipFile(whole)), metadata(opened(content)))
    assert (theirs["Name"], ours["Name"]) == ("heap-web", "heap-web-pages")
    assert theirs["Version"] == ours["Version"] == name.split("-")[1]
    assert not ours.get_all("Requires-Dist")
    folder = name.removesuffix("-py3-none-any.whl") + ".dist-info/"
    assert {path.split("/")[0] + "/" for path in opened(content).namelist()} == {"heap_web/", folder}


def test_the_pages_half(wheel: zipfile.ZipFile) -> None:
    """Each wheel has the page's half where `heap_web.load` looks for it."""
    assert wheel.read(HALF) == SCRIPT
    assert (ROOT / HALF).parent == ROOT / "heap_web" / "browser"


def test_what_pages_need_alone(pages: tuple[str, bytes]) -> None:
    """Every module that pages import is in the wheel for pages, and of what is for servers only what says so."""
    names = [name for name in zipfile.ZipFile(build_wheel()).namelist() if name.endswith(".py")]
    for_servers = ("heap_web/cloud/", "heap_web/audiences/")
    expected = {name for name in names if not name.startswith(for_servers)}
    expected -= {"heap_web/command.py", "heap_web/browser/world.py"}
    expected |= {f"{folder}__init__.py" for folder in for_servers}
    found = opened(pages[1]).namelist()
    assert {name for name in found if name.endswith(".py")} == expected
    assert "heap_web/py.typed" not in found  # its functions' types are gone


def test_types_in_the_whole_wheel() -> None:
    """The whole wheel has its types and docstrings."""
    whole = opened(complete(build_wheel(), SCRIPT))
    assert "heap_web/py.typed" in whole.namelist()
    assert b'"""' in whole.read("heap_web/browser/page.py")


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('"""Doc."""\nx = 1  # why\n', "x = 1\n"),
        ('def f():\n    """Doc."""\n', "def f():\n pass\n"),
        ('class A:\n    x: int\n    """What x is."""\n', "class A:\n x: int\n"),
        (
            "async def f(a: int, *b: str, c: T = 1, **d: U) -> None:\n    a: int = 2\n",
            "async def f(a, *b, c=1, **d):\n a: int = 2\n",
        ),
        ("if TYPE_CHECKING:\n    import a\nx = 1\n", "x = 1\n"),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    a = 1\n", "if TYPE_CHECKING:\n import a\nelse:\n a = 1\n"),
        ("if a:\n    if b:\n        x = '    '\n", "if a:\n if b:\n  x = '    '\n"),
        ('if a:\n    x = f"""{b}\n    """\n', "if a:\n x = f'{b}\\n    '\n"),
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


def test_installs(pages: tuple[str, bytes], tmp_path: Path) -> None:
    """pip installs it; the core works there, and what is for servers says what to install."""
    path = tmp_path / pages[0]
    path.write_bytes(pages[1])
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps", str(path)]
    subprocess.run(pip, check=True, capture_output=True)
    asked = "import heap_web; print(heap_web.flatten({'a': {'b': [1]}})); import heap_web.audiences"
    done = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "{'a.b': '[1]'}\n"
    assert "pip install 'heap-web[cloud]'" in done.stderr


def test_a_wheel_from_the_sdist_has_the_pages_half(tmp_path: Path) -> None:
    """Who builds the wheel from the sdist gets the page's half too."""
    (tmp_path / "sdist.tar.gz").write_bytes(complete_sdist(build_sdist(), SCRIPT))
    with tarfile.open(tmp_path / "sdist.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.glob("heap_web-*")
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert zipfile.ZipFile(wheel).read(HALF) == SCRIPT


def test_fit_for_a_package_index(pages: tuple[str, bytes], tmp_path: Path) -> None:
    """Both wheels and the sdist pass twine's check."""
    files = {
        pages[0]: pages[1],
        build_wheel().name: complete(build_wheel(), SCRIPT),
        build_sdist().name: complete_sdist(build_sdist(), SCRIPT),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    check = [sys.executable, "-m", "twine", "check", "--strict", *(str(tmp_path / name) for name in files)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
