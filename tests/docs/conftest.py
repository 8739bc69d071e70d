"""What the documentation's code runs in: the browser tests' site and pages, and the guides' own npm packages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heap_web.dev.build.steps import cached, fingerprint, run
from heap_web.dev.build.toolchain import PYODIDE, node, npm
from tests.browser.conftest import browser_type_launch_args, dist, page, recorded, running_site, site, watch
from tests.browser.serving import Site, serving

__all__ = ["browser_type_launch_args", "dist", "page", "recorded", "running_site", "site", "watch"]

GUIDES = Path(__file__).parent / "guides"
# Where node is, for the scripts of an npm package.
SEARCHED = f"{Path(node()).parent}{os.pathsep}{os.environ.get('PATH', '')}"

Project = Callable[[dict[str, str]], Path]


@pytest.fixture
def host(site: Site, dist: Path) -> Site:
    """The site, with dist/ where the documentation says and Pyodide beside it."""
    site.folders |= {"/heap-web/": dist, "/pyodide/": PYODIDE}
    return site


@pytest.fixture(scope="session")
def packages() -> Path:
    """node_modules with the frameworks that the guides are about, installed once for each lock file."""
    sources = [GUIDES / name for name in ("package.json", "package-lock.json", ".npmrc")]

    def install(folder: Path) -> None:
        for source in sources:
            shutil.copy(source, folder)
        run("installing the guides' npm packages", [*npm(), "ci"], cwd=folder, PATH=SEARCHED)

    return cached("guides", fingerprint(sources), install, keep=1) / "node_modules"


@pytest.fixture
def project(packages: Path, dist: Path, tmp_path: Path) -> Project:
    """Makes an npm project of files by their names: the guides' packages are installed in it, and ours."""

    def make(files: dict[str, str]) -> Path:
        modules = tmp_path / "node_modules"
        modules.mkdir()
        for package in packages.iterdir():
            (modules / package.name).symlink_to(package)
        (modules / "heap-web").symlink_to(dist / "npm")
        for name, code in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, "utf-8")
        return tmp_path

    return make


@pytest.fixture
def own_site(dist: Path) -> Iterator[Site]:
    """A site of the test's own, with the npm package at /heap-web/."""
    with serving(dist, Site) as site:
        site.folders["/heap-web/"] = dist / "npm"
        yield site
