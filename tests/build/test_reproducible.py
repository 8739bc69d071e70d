"""The same sources give the same bytes, and with them the same names."""

from pathlib import Path

import pytest

from heap_web.dev.build import page_wheel, runtime, steps, wheel


def test_a_build_without_a_cache_gives_the_same_bytes(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wheels, frozen interpreter and worker built anew, in another folder, are byte for byte those in dist/."""
    micropip = runtime._micropip()
    monkeypatch.setattr(steps, "CACHE", tmp_path)
    monkeypatch.setattr(runtime, "_micropip", lambda: micropip)
    built = wheel.build_wheel()
    half, sdist = (dist / "heap-web.js").read_bytes(), wheel.build_sdist()
    name, content = page_wheel.for_pages(built, half)
    assert content == (dist / name).read_bytes()
    assert page_wheel.complete(built, half) == (dist / "python" / built.name).read_bytes()
    assert page_wheel.complete_sdist(sdist, half) == (dist / "python" / sdist.name).read_bytes()
    folder, files = runtime.build_runtime(built)
    assert {file: content == (dist / "runtime" / folder / file).read_bytes() for file, content in files.items()} == (
        dict.fromkeys(files, True)
    )
