"""What machine and which programs a run was made on, for the report."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

from heap_web.dev.bench.browser import CHROMIUM, FIREFOX, found
from heap_web.dev.bench.contestants import MODULES

PACKAGES = ("pyodide", "@pyscript/core", "@segment/analytics-next")


def machine() -> Mapping[str, str]:
    """Processor, cores, memory, system, and the versions of browsers and contestants, by name."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Chromium": _version(CHROMIUM),
        "Firefox": _version(FIREFOX),
        **{name: _package(MODULES / name / "package.json") for name in PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")


def _version(names: tuple[str, ...]) -> str:
    program = found(names)
    if program is None:
        return "not installed"
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _package(path: Path) -> str:
    return str(json.loads(path.read_text(encoding="utf-8"))["version"])
