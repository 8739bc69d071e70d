"""Wheels for a Pyodide that has none of its own packages: what a lock file says of one, and those that no index has."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from email.parser import Parser
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

COMPILED = (".so", ".pyd", ".dll")


def packages(wheels: Iterable[Path], python: str, known: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The packages of a lock file that names exactly these wheels, as each says of itself what it has and needs.

    `known`: Pyodide's own packages, which say what is needed of the standard library's parts that are packages there.
    """
    named = {canonicalize_name(wheel.name.split("-")[0]): wheel for wheel in wheels}
    entries = {name: _entry(wheel, python) for name, wheel in named.items()}
    for name, entry in entries.items():
        needed = {*entry["depends"], *known.get(name, {}).get("depends", ())}
        entry["depends"] = sorted(needed & set(entries))
    return entries


def substitute(folder: Path, name: str, version: str, code: str) -> None:
    """Makes a wheel of that name with one module, for what is asked for and not used; without code, with nothing."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: heap_web\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
        **({f"{name}.py": code} if code else {}),
    }
    _write(folder / f"{name}-{version}-py3-none-any.whl", {path: text.encode() for path, text in files.items()})


def without_compiled(wheel: Path, folder: Path) -> None:
    """Packs a wheel of another platform anew, without its compiled modules."""
    name, version = wheel.name.split("-")[:2]
    with zipfile.ZipFile(wheel) as archive:
        files = {path: archive.read(path) for path in archive.namelist() if not path.endswith(COMPILED)}
    _write(folder / f"{name}-{version}-py3-none-any.whl", files)


def is_for(wheel: Path, platform: str) -> bool:
    """Whether a wheel is pure or for this platform."""
    return any(tag.platform in ("any", platform) for tag in parse_wheel_filename(wheel.name)[3])


def _write(wheel: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)


def _entry(wheel: Path, python: str) -> dict[str, Any]:
    with zipfile.ZipFile(wheel) as archive:
        paths = archive.namelist()
        [metadata] = [path for path in paths if path.count("/") == 1 and path.endswith(".dist-info/METADATA")]
        about = Parser().parsestr(archive.read(metadata).decode())
    return {
        "name": about["Name"],
        "version": about["Version"],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(_imports(paths)),
        "depends": sorted(_depends(about.get_all("Requires-Dist") or [], python)),
        "unvendored_tests": False,
    }


def _imports(paths: Iterable[str]) -> set[str]:
    """The names that can be imported: folders with modules, and modules beside them."""
    modules = (path for path in paths if path.endswith((".py", ".so")))
    tops = {path.split("/")[0].split(".")[0] for path in modules if ".dist-info/" not in path}
    return {name for name in tops if name.isidentifier()}


def _depends(requirements: Iterable[str], python: str) -> set[str]:
    """What is needed in the browser, without extras."""
    there = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
    there |= {"sys_platform": "emscripten", "platform_system": "Emscripten", "platform_machine": "wasm32", "extra": ""}
    needed = (Requirement(text) for text in requirements)
    return {canonicalize_name(one.name) for one in needed if not one.marker or one.marker.evaluate(there)}
