"""The Python package as hatchling packs it, wheel and sdist: the same bytes for the same sources.

The page's half is not in it yet: it names the runtime's folder, and the runtime is built from this wheel.
"""

from __future__ import annotations

import sys
from pathlib import Path

from heap_web.dev.build.steps import ROOT, cached, files_under, fingerprint, run


def sources() -> list[Path]:
    """What the wheel is made of."""
    package = ROOT / "heap_web"
    inside = [path for path in files_under(package, "*.py", "py.typed") if not path.is_relative_to(package / "dev")]
    return [*inside, ROOT / "pyproject.toml", ROOT / "README.md", ROOT / "LICENSE"]


def build_wheel() -> Path:
    """The wheel's path, built when the sources have changed."""
    return _built("wheel", "*.whl")


def build_sdist() -> Path:
    """The source distribution's path, likewise."""
    return _built("sdist", "*.tar.gz")


def _built(target: str, pattern: str) -> Path:
    def make(out: Path) -> None:
        # -P: this folder's build.py is no module for hatchling to find
        command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", target, "--directory", str(out)]
        run(f"building the {target}", command)

    (built,) = cached(target, fingerprint(sources()), make).glob(pattern)
    return built
