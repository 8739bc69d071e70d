"""The same sources give the same bytes, and with them the same names."""

from pathlib import Path

import pytest

from heap_web.dev.build import page_wheel, runtime, steps, wheel


def test_a_build_without_a_cache_gives_the_same_bytes(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wheel, frozen interpreter and worker built anew, in another folder, are byte for byte those in dist/."""
    micropip = runtime._micropip()
    monkeypatch.setattr(steps, "CACHE", tmp_path)
    monkeypatch.setattr(runtime, "_micropip", lambda: micropip)
    built = wheel.build_wheel()
    assert page_wheel.for_pages(built) == (dist / built.name).read_bytes()
    name, files = runtime.build_runtime(built)
    assert {file: content == (dist / "runtime" / name / file).read_bytes() for file, content in files.items()} == (
        dict.fromkeys(files, True)
    )
