"""Python hosts served from this machine: Pyodide with the wheels that are asked for in it, JupyterLite, marimo, stlite.

What pip and npm bring is kept in .cache, and so is what is built of it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from heap_web.dev.build.steps import cached, fingerprint, run
from heap_web.dev.build.toolchain import MODULES, PYODIDE
from tests.npm_packages import npm_packages

from . import wheels

HERE = Path(__file__).parent
PYSCRIPT = MODULES / "@pyscript" / "core" / "dist"
LITE_APP = "repl"


@dataclass(frozen=True)
class Kit:
    """A Pyodide, by its folder in node_modules, and the list of the wheels beside it.

    `platforms`: whose wheels may be taken, the first one's rather; those of all but the first lose what is compiled.
    `substitutes`: packages of one module each, in place of those that are asked for and not used: name, version, code.
    """

    npm: str
    wheels: str
    python: str
    platforms: tuple[str, ...] = ("any",)
    substitutes: tuple[tuple[str, str, str], ...] = ()


#: What tests of the bridge and of Python values run in, by their names in our URLs.
PYODIDES = {
    "pyodide-314": Kit("pyodide", "wheels.txt", "3.14"),
    "pyodide-0.27": Kit("pyodide-0.27", "wheels-0.27.txt", "3.12"),
}
KITS = PYODIDES | {
    # marimo's worker has the programs of this version in it, and takes no other.
    "marimo": Kit(
        "pyodide-314.0.0",
        "wheels-marimo.txt",
        "3.14",
        platforms=("pyemscripten_2026_0_wasm32", "manylinux2014_x86_64"),
    ),
    # Streamlit asks for these before it runs anything; only its data features use them. A server's half imports ssl.
    "stlite": Kit(
        "pyodide-0.29",
        "wheels-stlite.txt",
        "3.13",
        substitutes=(
            ("altair", "6.0.0", ""),
            ("fastparquet", "2024.11.0", ""),
            ("numpy", "2.2.5", ""),
            ("pandas", "2.3.3", ""),
            ("pillow", "11.3.0", ""),
            ("ssl", "1.0.0", "class SSLContext: ...\n"),
        ),
    ),
}


def host_packages() -> Path:
    """node_modules with the hosts that npm has, and each one's Pyodide."""
    return npm_packages("hosts-npm", HERE / "npm")


def host_version(package: str) -> str:
    """The version in which npm's lock file has a host."""
    lock = json.loads((HERE / "npm" / "package-lock.json").read_text("utf-8"))
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def _source(kit: Kit) -> Path:
    ours = {"pyodide": PYODIDE, "pyodide-0.27": MODULES / "pyodide-0.27"}
    return ours.get(kit.npm) or host_packages() / kit.npm


def _wheels(kit: Kit) -> Path:
    """The folder with the wheels of a list, each fit for the browser."""
    requirements = HERE / kit.wheels
    browser = kit.platforms[0]

    def make(out: Path) -> None:
        fetched = out / "fetched"
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary"]
        version = kit.python.replace(".", "")
        tags = ["--python-version", kit.python, "--implementation", "cp", "--abi", f"cp{version}", "--abi", "none"]
        for platform in kit.platforms:
            tags += ["--platform", platform]
        run(
            f"fetching the wheels of {requirements.name}",
            [*command, ":all:", *tags, "--dest", str(fetched), "--requirement", str(requirements)],
            advice="Is pip's package index reachable (pip config list)?",
        )
        for wheel in sorted(fetched.iterdir()):
            if wheels.is_for(wheel, browser):
                wheel.rename(out / wheel.name)
            else:
                wheels.without_compiled(wheel, out)
        shutil.rmtree(fetched)
        for substitute in kit.substitutes:
            wheels.substitute(out, *substitute)

    return cached("host-wheels", fingerprint([requirements, HERE / "wheels.py"], kit=kit), make, keep=4)


def pyodide(name: str) -> Path:
    """A folder with Pyodide as npm has it, wheels beside it, and a lock file that names exactly those."""
    kit = KITS[name]
    source = _source(kit)
    key = fingerprint([HERE / kit.wheels, HERE / "wheels.py", source / "package.json"], kit=kit)

    def make(out: Path) -> None:
        for file in source.iterdir():
            if file.suffix in (".mjs", ".js", ".wasm", ".zip"):
                shutil.copy(file, out)
        for wheel in _wheels(kit).glob("*.whl"):
            shutil.copy(wheel, out)
        lock = json.loads((source / "pyodide-lock.json").read_text("utf-8"))
        lock["packages"] = wheels.packages(sorted(out.glob("*.whl")), kit.python, lock["packages"])
        (out / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")

    return cached(f"host-{name}", key, make, keep=1)


def stlite() -> Path:
    """stlite's files as npm has them."""
    return host_packages() / "@stlite" / "browser" / "build"


def marimo(command: list[str], notebooks: Mapping[str, str]) -> Path:
    """The folder that marimo exports a notebook into by a documented command.

    The notebooks that the command does not name become pages beside it, which share what it loads: x.py is x.html.
    """
    from importlib.metadata import version

    [named] = set(command) & set(notebooks)
    # marimo's uv, which looks for what a notebook imports from beside itself, is in .venv.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

    def make(out: Path) -> None:
        for name, code in notebooks.items():
            (out / name).write_text(code, "utf-8")
            words = command if name == named else _for_another(command, named, name)
            run(f"exporting {name} from marimo", [sys.executable, "-m", *words], cwd=out, PATH=path)

    key = fingerprint([HERE / "self_hosted.py"], marimo=version("marimo"), command=command, notebooks=dict(notebooks))
    return cached("marimo-export", key, make, keep=1) / command[-1]


def _for_another(command: list[str], named: str, name: str) -> list[str]:
    page = f"{command[-1]}/{Path(name).stem}.html"
    return [*(name if word == named else word for word in command[:-1]), page]


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
