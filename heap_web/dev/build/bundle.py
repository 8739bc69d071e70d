"""The bundle: wheels, runtime, loader, compressed copies, manifest, npm package, in dist/. Same sources, same bytes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Container
from pathlib import Path

from heap_web.dev.build.compress import ENCODINGS, with_compressed
from heap_web.dev.build.loader import build_loader
from heap_web.dev.build.manifest import manifest, notices
from heap_web.dev.build.npm_package import npm_package
from heap_web.dev.build.page_wheel import complete, complete_sdist, for_pages
from heap_web.dev.build.runtime import build_runtime, python_version, trimmed
from heap_web.dev.build.steps import DIST, ROOT, alone, sync
from heap_web.dev.build.toolchain import PYODIDE, npm_packages
from heap_web.dev.build.wheel import build_sdist, build_wheel

# Where every file is the build's, so that one which it does not make any more can go.
OURS = ("*.whl", "python/*", "runtime/**/*", "npm/**/*")


def build() -> dict[str, bytes]:
    """Every file of dist/, by its path there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = project["version"]
    npm_packages()
    wheel = build_wheel()
    name, runtime = build_runtime(wheel)
    folder = f"runtime/{name}/"
    files = {folder + file: content for file, content in runtime.items()}
    files |= build_loader(name, version)
    half = files["heap-web.js"]
    files = with_compressed(files)
    for_page, content = for_pages(wheel, half)
    files[for_page] = content
    files[f"python/{wheel.name}"] = complete(wheel, half)
    sdist = build_sdist()
    files[f"python/{sdist.name}"] = complete_sdist(sdist, half)
    pyodide = json.loads((PYODIDE / "package.json").read_text("utf-8"))["version"]
    files["THIRD-PARTY.txt"] = notices(pyodide, python_version(runtime), trimmed=trimmed(runtime))
    files["manifest.json"] = manifest(version, folder, files)
    return files | {f"npm/{name}": content for name, content in npm_package(project, files).items()}


def bundle() -> dict[str, bytes]:
    """Builds dist/ and returns its files. What an earlier build left there under other names is removed."""
    with alone():
        files = build()
        sync(files, DIST)
        sweep(files, DIST)
    return files


def sweep(files: Container[str], folder: Path) -> None:
    """Removes what an earlier build left in the folder under other names than these files'."""
    found = {path for pattern in OURS for path in folder.glob(pattern)}
    for path in sorted(found, reverse=True):  # what is in a folder before the folder
        if path.is_file() and path.relative_to(folder).as_posix() not in files:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


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
