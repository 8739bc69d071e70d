"""The bundle: wheel, runtime, loader, compressed copies and manifest, in dist/. Same sources, same names and bytes."""

from __future__ import annotations

import json
import shutil
import tomllib

from heap_web.dev.compress import ENCODINGS, with_compressed
from heap_web.dev.loader import build_loader
from heap_web.dev.manifest import manifest, notices
from heap_web.dev.page_wheel import for_pages
from heap_web.dev.runtime import build_runtime, python_version
from heap_web.dev.steps import DIST, ROOT, alone, sync
from heap_web.dev.toolchain import PYODIDE, npm_packages
from heap_web.dev.wheel import build_sdist, build_wheel


def build() -> dict[str, bytes]:
    """Every file of dist/, by its path there."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    npm_packages()
    wheel = build_wheel()
    name, runtime = build_runtime(wheel)
    folder = f"runtime/{name}/"
    files = {folder + file: content for file, content in runtime.items()}
    files |= build_loader(name, version)
    files = with_compressed(files)
    files[wheel.name] = for_pages(wheel)
    files |= {f"python/{path.name}": path.read_bytes() for path in (wheel, build_sdist())}
    pyodide = json.loads((PYODIDE / "package.json").read_text("utf-8"))["version"]
    files["THIRD-PARTY.txt"] = notices(pyodide, python_version(runtime))
    files["manifest.json"] = manifest(version, folder, files)
    return files


def bundle() -> dict[str, bytes]:
    """Builds dist/ and returns its files. What an earlier build left there under other names is removed."""
    with alone():
        files = build()
        sync(files, DIST)
        stale = [path for path in (DIST / "runtime").iterdir() if f"runtime/{path.name}/" not in "".join(files)]
        for folder in stale:
            shutil.rmtree(folder)
        for file in (*DIST.glob("*.whl"), *DIST.glob("runtime/*/engine.*")):
            if str(file.relative_to(DIST)) not in files:
                file.unlink()
    return files


def summary(files: dict[str, bytes]) -> str:
    """What was built, for people: sizes in KB as they are, brotli and gzip."""
    about = json.loads(files["manifest.json"])
    lines = [f"{'':44}{'KB':>10}{'brotli':>10}{'gzip':>10}"]
    rows = [(name, sizes) for name, sizes in about["files"].items() if "br" in sizes]
    rows.append(("first visit, all in all", about["cold"]))
    for name, sizes in rows:
        columns = [sizes["size"], *(sizes[encoding] for encoding in ENCODINGS.values())]
        lines.append(f"{name:44}" + "".join(f"{size / 1000:10,.1f}" for size in columns))
    return "\n".join(lines)
