"""Tests of heap_web.dev.precompiled."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from heap_web.dev.precompiled import with_byte_code
from heap_web.dev.wheel import build_wheel


@pytest.fixture(scope="module")
def wheels() -> tuple[zipfile.ZipFile, zipfile.ZipFile]:
    """The wheel as hatchling builds it, and with byte code."""
    wheel = build_wheel()
    return zipfile.ZipFile(wheel), zipfile.ZipFile(io.BytesIO(with_byte_code(wheel)))


def test_byte_code_of_each_module(wheels: tuple[zipfile.ZipFile, zipfile.ZipFile]) -> None:
    """Each module right in the package has its byte code where Pyodide's Python looks for it, not tied to times."""
    before, after = wheels
    own = [name for name in before.namelist() if name.startswith("heap_web/") and name.count("/") == 1]
    modules = {Path(name).stem for name in own if name.endswith(".py")}
    added = set(after.namelist()) - set(before.namelist())
    assert added == {f"heap_web/__pycache__/{module}.cpython-314.pyc" for module in modules}
    unchecked_hash = (1).to_bytes(4, "little")
    assert {after.read(name)[4:8] for name in added} == {unchecked_hash}


def test_everything_else_is_as_it_was(wheels: tuple[zipfile.ZipFile, zipfile.ZipFile]) -> None:
    """No file of the wheel but its RECORD is changed."""
    before, after = wheels
    assert [name for name in before.namelist() if after.read(name) != before.read(name)] == [
        "heap_web-0.1.0.dist-info/RECORD"
    ]


def test_record(wheels: tuple[zipfile.ZipFile, zipfile.ZipFile]) -> None:
    """RECORD names every file once, with the digest and the size that it has."""
    _, after = wheels
    (name,) = [name for name in after.namelist() if name.endswith("/RECORD")]
    rows = {path: (digest, size) for path, digest, size in csv.reader(io.StringIO(after.read(name).decode()))}
    assert list(rows) == [*(row for row in rows if row != name), name]
    assert set(rows) == set(after.namelist())
    for path, (digest, size) in rows.items():
        if path != name:
            content = after.read(path)
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={expected}", len(content))


def test_same_bytes(wheels: tuple[zipfile.ZipFile, zipfile.ZipFile]) -> None:
    """The same wheel gives the same bytes again."""
    wheel = build_wheel()
    assert with_byte_code(wheel) == with_byte_code(wheel)
