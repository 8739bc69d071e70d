"""The project's own environment, .venv: made by any Python, and filled with what one command of build.py needs.

It is imported before there is a .venv, so it needs the standard library alone.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from heap_web.dev.build.steps import ROOT, StepFailed, run

VENV = ROOT / ".venv"
STAMP = VENV / "heap-web.json"
# The group in pyproject.toml of what a command uses.
GROUPS = {"bundle": "serve", "serve": "serve", "test": "test", "bench": "bench", "release": "release"}
# What uv calls the settings of pip that say where packages come from, and what stands between several values.
FOR_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "no-index": ("UV_NO_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "constraint": ("UV_CONSTRAINT", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "proxy": ("ALL_PROXY", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
}


def venv_python(venv: Path = VENV) -> Path:
    """The interpreter of an environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def requirements(group: str, pyproject: Mapping[str, Any]) -> set[str]:
    """The requirements of a group, with those of the groups that it includes and of the project's own extras."""
    return _flat(pyproject["dependency-groups"][group], pyproject)


def _flat(listed: Iterable[str | Mapping[str, str]], pyproject: Mapping[str, Any]) -> set[str]:
    found = set()
    for one in listed:
        if not isinstance(one, str):
            found |= requirements(one["include-group"], pyproject)
        elif ours := re.fullmatch(rf"{pyproject['project']['name']}\[([\w,-]+)\]", one):
            for extra in ours[1].split(","):
                found |= _flat(pyproject["project"]["optional-dependencies"][extra], pyproject)
        else:
            found.add(one)
    return found


def noted(stamp: Path) -> set[str]:
    """What was put into the environment, as noted when it was."""
    try:
        return set(json.loads(stamp.read_text("utf-8")))
    except (OSError, ValueError):
        return set()


def set_up(command: str) -> Path:
    """Makes .venv or adds to it what the command lacks; returns its interpreter."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = f"{pyproject['project']['name']} {pyproject['project']['version']}"
    packages = requirements(GROUPS[command], pyproject)
    python = venv_python()
    have = noted(STAMP)
    # Where the system's Python has become another one, .venv's packages are for one that is gone.
    if not python.exists() or _interpreter(python) not in have:
        run(
            "making .venv",
            [sys.executable, "-m", "venv", str(VENV)],
            advice="On Debian and Ubuntu the module venv is its own package: apt-get install python3-venv.",
        )
        have = set()
    elif {project, *packages} <= have:
        return python
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    if not _installed_by_uv(command, python, pip, sorted(packages)):
        run(
            f"installing into .venv what `{command}` uses",
            [*pip, *sorted(packages)],
            advice="pip could not install them: is its package index reachable (pip config list)?",
        )
    # The build backend is among the packages: no second environment has to be made for it.
    run("installing heap_web itself", [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    # What no group asks for any more may be replaced by what one does.
    asked = set().union(*(requirements(group, pyproject) for group in pyproject["dependency-groups"]))
    note = {_interpreter(python), project, *packages, *(have & asked)}
    STAMP.write_text(json.dumps(sorted(note), indent=2) + "\n", "utf-8")
    return python


def _installed_by_uv(command: str, python: Path, pip: list[str], packages: list[str]) -> bool:
    """Installs what a command uses by uv, where uv is part of that: it takes a third of pip's time.

    Whatever uv cannot do is left to pip.
    """
    uv = [package for package in packages if re.match(r"uv\b", package)]
    if not uv:
        return False
    try:
        run("installing uv", [*pip, *uv])
        said = run("asking pip where it looks", [str(python), "-m", "pip", "config", "list"])
        chosen: dict[str, Any] = {
            name: value for name, value in settings_for_uv(said).items() if name not in os.environ
        }
        by_uv = [str(python), "-m", "uv", "pip", "install", "--python", str(python), "--quiet", *packages]
        run(f"installing into .venv what `{command}` uses, by uv", by_uv, **chosen)
    except StepFailed as failure:
        print(f"· pip installs in place of uv: {failure}", flush=True)
        return False
    return True


def settings_for_uv(said: str) -> dict[str, str]:
    """uv's environment that makes it look for packages where pip does, by what `pip config list` says.

    Of a name that stands there for all of pip, for `pip install` and in the environment, the last one counts.
    """
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in said.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found and name in FOR_UV:
            variable, between = FOR_UV[name]
            found[section][variable] = between.join(ast.literal_eval(value).split())
    # pip takes the best of all indexes; uv left to itself takes the first one that has the name.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **found["global"], **found["install"], **found[":env:"]}


def _interpreter(python: Path) -> str:
    return f"Python: {python.resolve()}"
