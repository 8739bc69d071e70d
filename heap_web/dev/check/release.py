"""What a release needs, all but the upload: `build.py release --check`.

A tag's workflow runs the same before it publishes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from heap_web.dev.build.npm_package import npm_version
from heap_web.dev.build.steps import DIST, ROOT
from heap_web.dev.build.toolchain import node, npm

CHANGELOG = ROOT / "templates" / "docs" / "changelog.md"
URLS = ("Homepage", "Repository", "Issues", "Changelog")


class NotReady(Exception):
    """A check failed; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Release:
    """What is to be released: pyproject's `project` table, the changelog's text, and the tag if there is one."""

    project: Mapping[str, Any]
    changelog: str
    tag: str | None

    @property
    def version(self) -> str:
        """The version as PyPI has it."""
        return str(self.project["version"])


def check_version(release: Release) -> str:
    """The version is one that PyPI keeps as it is written, and the tag names it."""
    try:
        canonical = str(Version(release.version))
    except InvalidVersion:
        raise NotReady(f"pyproject.toml: {release.version!r} is no version; write one like 1.0.0 or 1.0.0rc1") from None
    if canonical != release.version:
        raise NotReady(f"pyproject.toml: write the version {release.version} as {canonical}")
    if release.tag not in (None, f"v{canonical}"):
        raise NotReady(f"the tag {release.tag} is not that of version {canonical}: v{canonical}")
    return f"{canonical} on PyPI, {npm_version(canonical)} on npm"


def check_changelog(release: Release) -> str:
    """The changelog begins with this version and its date."""
    found = re.search(r"^## (.*)$", release.changelog, re.M)
    heading = found[1] if found else ""
    if not re.fullmatch(rf"{re.escape(release.version)} \(\d{{4}}-\d\d-\d\d\)", heading):
        raise NotReady(f"{CHANGELOG.name} begins with {heading!r}, not with {release.version} and a date in brackets")
    return heading


def check_metadata(release: Release, environment: Mapping[str, str]) -> str:
    """Package indexes get author, keywords and addresses; npm takes provenance for the named repository alone."""
    missing = [key for key in ("authors", "keywords", "description", "license") if not release.project.get(key)]
    urls = release.project.get("urls", {})
    missing += [f"urls.{name}" for name in URLS if not urls.get(name)]
    if missing:
        raise NotReady(f"pyproject.toml has no {', '.join(missing)}")
    if repository := environment.get("GITHUB_REPOSITORY"):
        here = f"{environment.get('GITHUB_SERVER_URL')}/{repository}"
        if urls["Repository"].lower() != here.lower():
            raise NotReady(f"pyproject.toml names the repository {urls['Repository']}, and this is {here}")
    return f"of {urls['Repository']}"


def check_tree(release: Release) -> str:
    """What a tag stands for is what is committed."""
    if release.tag is None:
        return "no tag given: not asked for"
    changed = _said(["git", "status", "--porcelain"], ROOT).splitlines()
    if changed:
        raise NotReady(f"not committed: {', '.join(line[3:] for line in changed[:5])}")
    return "everything is committed"


def check_python_packages(release: Release) -> str:
    """The wheel and the sdist are well formed, and the wheel alone can be installed and imported."""
    packages = sorted((DIST / "python").iterdir())
    _said([sys.executable, "-m", "twine", "check", "--strict", *map(str, packages)], ROOT)
    (wheel,) = [path for path in packages if path.suffix == ".whl"]
    with tempfile.TemporaryDirectory() as folder:
        install = ["install", "--disable-pip-version-check", "--quiet", "--no-deps", "--no-index", "--target", folder]
        _said([sys.executable, "-m", "pip", *install, str(wheel)], ROOT)
        program = f"import sys; sys.path.insert(0, {folder!r}); import heap_web; print(heap_web.__file__)"
        file = _said([sys.executable, "-I", "-c", program], Path(folder)).strip()
        if not Path(file).is_relative_to(folder):
            raise NotReady(f"the wheel was not imported, but {file}")
    return ", ".join(path.name for path in packages)


def check_npm_package(release: Release) -> str:
    """npm packs the package, installs it into an empty project, and Node can import and require it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packed = _said([*npm(), "pack", "--json", "--offline", "--pack-destination", name], DIST / "npm")
        (about,) = json.loads(packed)
        if about["version"] != npm_version(release.version):
            raise NotReady(f"dist/npm has version {about['version']}")
        (folder / "package.json").write_text('{"private": true}', "utf-8")
        quiet = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"]
        _said([*npm(), "install", *quiet, str(folder / about["filename"])], folder)
        for program in ('import("heap-web").then(({ load }) => load({}))', 'require("heap-web").load({})'):
            _said([node(), "--input-type=commonjs", "--eval", program], folder)
    return f"{about['filename']}: {len(about['files'])} files, {about['size'] / 1e6:.1f} MB"


def check_compressed(files: Container[str], names: Mapping[str, object]) -> str:
    """Every file that pages load has its compressed copies."""
    without = [name for name in names if name + ".br" not in files and name.startswith(("runtime/", "heap-web.js"))]
    if without:
        raise NotReady(f"no compressed copies of {', '.join(without)}")
    return f"{len(names)} files"


def npm_tag(version: str) -> str:
    """The name under which npm offers the version: a version before a release is not what `npm install` takes."""
    return "next" if Version(version).is_prerelease else "latest"


def check(files: Mapping[str, bytes], tag: str | None) -> int:
    """Runs every check on what was built, prints a line for each; 1 if one failed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    release = Release(project, CHANGELOG.read_text("utf-8"), tag)
    listed = json.loads(files["manifest.json"])["files"]
    checks: dict[str, Callable[[], str]] = {
        "version": lambda: check_version(release),
        "changelog": lambda: check_changelog(release),
        "metadata": lambda: check_metadata(release, os.environ),
        "tree": lambda: check_tree(release),
        "site": lambda: check_compressed(files, listed),
        "PyPI": lambda: check_python_packages(release),
        "npm": lambda: check_npm_package(release),
    }
    failed = False
    for name, run in checks.items():
        try:
            print(f"ok      {name:10} {run()}", flush=True)
        except NotReady as reason:
            failed = True
            print(f"FAILED  {name:10} {reason}", flush=True)
    if not failed and (output := os.environ.get("GITHUB_OUTPUT")):
        with Path(output).open("a", encoding="utf-8") as out:
            out.write(f"npm-tag={npm_tag(release.version)}\n")
    return int(failed)


def _said(command: list[str], folder: Path) -> str:
    """What a command prints; NotReady with its own words if it fails."""
    path = f"{Path(node()).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        program = " ".join([Path(shutil.which(command[0]) or command[0]).name, *command[1:3]])
        raise NotReady(f"{program} failed:\n{(done.stdout + done.stderr).strip()[-2000:]}")
    return done.stdout
