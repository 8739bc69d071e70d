"""Python hosts served from this machine: Pyodide with the wheels that are asked for inside it, and JupyterLite."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

from heap_web.dev.build.steps import cached, fingerprint, run
from heap_web.dev.build.toolchain import MODULES, PYODIDE

HERE = Path(__file__).parent
PYSCRIPT = MODULES / "@pyscript" / "core" / "dist"
#: By its name in our URLs: (npm's folder, the list of wheels, the Python that they are for).
PYODIDES = {
    "pyodide-314": (PYODIDE, HERE / "wheels.txt", "3.14"),
    "pyodide-0.27": (MODULES / "pyodide-0.27", HERE / "wheels-0.27.txt", "3.12"),
}
LITE_APP = "repl"


def _wheels(requirements: Path, python: str) -> Path:
    """The folder with the wheels of a list."""

    def make(out: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary"]
        run(
            f"fetching the wheels of {requirements.name}",
            [*command, ":all:", "--python-version", python, "--dest", str(out), "--requirement", str(requirements)],
            advice="Is pip's package index reachable (pip config list)?",
        )

    return cached("host-wheels", fingerprint([requirements]), make, keep=2)


def pyodide(name: str) -> Path:
    """A folder with Pyodide as npm has it, wheels beside it, and a lock file that names exactly those."""
    source, requirements, python = PYODIDES[name]
    key = fingerprint([requirements, source / "package.json"])

    def make(out: Path) -> None:
        for file in source.iterdir():
            if file.suffix in (".mjs", ".js", ".wasm", ".zip"):
                shutil.copy(file, out)
        lock = json.loads((source / "pyodide-lock.json").read_text("utf-8"))
        known = lock["packages"]
        lock["packages"] = {}
        for wheel in sorted(_wheels(requirements, python).glob("*.whl")):
            shutil.copy(wheel, out)
            package, version = wheel.name.split("-")[:2]
            package = package.lower().replace("_", "-")
            entry = known.get(package, {"imports": [package], "depends": [], "install_dir": "site", "name": package})
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            mine = {"file_name": wheel.name, "version": version, "sha256": digest, "package_type": "package"}
            lock["packages"][package] = {"unvendored_tests": False, **entry, **mine}
        (out / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")

    return cached(name, key, make, keep=1)


def jupyterlite(pyodide_url: str) -> Path:
    """A JupyterLite site whose kernel gets Pyodide from a URL below its own."""
    from importlib.metadata import version

    packages = {name: version(name) for name in ("jupyterlite-core", "jupyterlite-pyodide-kernel")}

    def make(out: Path) -> None:
        settings = {"pyodideUrl": pyodide_url, "disablePyPIFallback": True}
        plugins = {"@jupyterlite/pyodide-kernel-extension:kernel": settings}
        site = {"jupyter-lite-schema-version": 0, "jupyter-config-data": {"litePluginSettings": plugins}}
        lite = out / "lite"
        lite.mkdir()
        (lite / "jupyter-lite.json").write_text(json.dumps(site), "utf-8")
        options = {"apps": [LITE_APP], "no_sourcemaps": True, "no_unused_shared_packages": True}
        (lite / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": options}), "utf-8")
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(lite)]
        run("building JupyterLite", [*command, "--output-dir", str(out / "site")], cwd=lite)

    return cached("jupyterlite", fingerprint([], packages=packages, url=pyodide_url), make, keep=1) / "site"
