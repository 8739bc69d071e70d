"""What the documentation's code runs in: the browser tests' site and pages, and the guides' own npm packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heap_web.dev.build.toolchain import PYODIDE
from tests.browser.conftest import browser_type_launch_args, dist, page, recorded, running_site, site, watch
from tests.browser.serving import Site, serving
from tests.npm_packages import npm_packages

__all__ = ["browser_type_launch_args", "dist", "page", "recorded", "running_site", "site", "watch"]

GUIDES = Path(__file__).parent / "guides"

Project = Callable[[dict[str, str]], Path]


@pytest.fixture
def host(site: Site, dist: Path) -> Site:
    """The site, with dist/ where the documentation says and Pyodide beside it."""
    site.folders |= {"/heap-web/": dist, "/pyodide/": PYODIDE}
    return site


@pytest.fixture(scope="session")
def packages() -> Path:
    """node_modules with the frameworks that the guides are about, installed once for each lock file."""
    return npm_packages("guides", GUIDES)


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
