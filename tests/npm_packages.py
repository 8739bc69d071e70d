"""npm packages that only some tests use: installed once for each lock file, apart from those that a build needs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from heap_web.dev.build.steps import cached, fingerprint, run
from heap_web.dev.build.toolchain import node, npm

# Where node is, for the scripts of an npm package.
SEARCHED = f"{Path(node()).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def npm_packages(step: str, project: Path) -> Path:
    """node_modules with the packages of a folder's lock file."""
    sources = [project / name for name in ("package.json", "package-lock.json", ".npmrc")]

    def install(folder: Path) -> None:
        for source in sources:
            shutil.copy(source, folder)
        run(f"installing the npm packages of {step}", [*npm(), "ci"], cwd=folder, PATH=SEARCHED)

    return cached(step, fingerprint(sources), install, keep=1) / "node_modules"
