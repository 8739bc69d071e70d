"""What build.py's four commands do, once it runs inside .venv."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from heap_web.dev.build.bundle import bundle as build_bundle
from heap_web.dev.build.bundle import summary
from heap_web.dev.build.steps import ROOT, STATIC
from heap_web.dev.build.toolchain import MODULES, node, npm_packages, system_packages
from heap_web.dev.check.beside import Beside

# What runs in pages that may have replaced any global.
PAGE = ("page", "plugin")
UNIT = STATIC / "test" / "unit"
BESIDE = ("tests/faults", "tests/hosts")


def bundle() -> int:
    """Builds dist/ and says what is in it."""
    print(summary(build_bundle()))
    return 0


def serve(port: int, app_id: str | None) -> int:
    """Builds, then serves the demo shop on 127.0.0.1 until interrupted."""
    build_bundle()
    from heap_web.dev.serve.server import serve as run_server

    return run_server(port, app_id)


def bench(arguments: Sequence[str]) -> int:
    """Builds, then measures heap_web and its peers; with `--server` sending from a server and large audiences."""
    system_packages()
    if list(arguments) == ["--server"]:
        benches = [[sys.executable, "-m", f"heap_web.dev.bench.{part}"] for part in ("cloud", "audiences")]
        return max(subprocess.run(command, cwd=ROOT, check=False).returncode for command in benches)
    build_bundle()
    return subprocess.run([sys.executable, "-m", "heap_web.dev.bench", *arguments], cwd=ROOT, check=False).returncode


def unit_tests(files: Iterable[str]) -> list[str]:
    """The command that runs unit tests of the page's half, under Node's own runner."""
    return [node(), "--test", "--test-reporter=spec", *files]


def test(arguments: Sequence[str], *, long: bool) -> int:
    """Runs every check, all of them even when one fails; the last words are a line for each.

    Some tests mostly wait, for deadlines and for processes: they run beside the others, and are printed last.
    Where the arguments name unit tests of the page's half (`static/test/unit/*.test.js`), only those run.
    """
    if chosen := [argument for argument in arguments if argument.endswith(".test.js")]:
        return subprocess.run(unit_tests(chosen), cwd=ROOT, check=False).returncode
    system_packages()
    npm_packages()
    build_bundle()
    python = [sys.executable, "-m"]
    tsc = [node(), str(MODULES / "typescript" / "bin" / "tsc")]
    checks = {
        "ruff check": [*python, "ruff", "check", "."],
        "ruff format": [*python, "ruff", "format", "--check", "."],
        "mypy": [*python, "mypy"],
        "tsc page": [*tsc, "--project", str(STATIC / "tsconfig.json")],
        "tsc worker": [*tsc, "--project", str(STATIC / "tools" / "tsconfig.json")],
        "tsc bench": [*tsc, "--project", str(STATIC / "bench" / "tsconfig.json")],
        "natives": [node(), str(STATIC / "tools" / "lint-natives.mjs"), *(str(STATIC / "src" / part) for part in PAGE)],
        "tsc test": [*tsc, "--project", str(STATIC / "test" / "tsconfig.json")],
        "node": unit_tests(map(str, sorted(UNIT.glob("*.test.js")))),
        "audit": [*python, "heap_web.dev.check.audit"],
        "pytest": [*python, "pytest", *(["--long"] if long else []), *arguments],
    }
    outcomes = {}
    with ExitStack() as stack:
        if not arguments:
            beside = stack.enter_context(Beside("pytest beside", [*checks["pytest"], *BESIDE]))
            checks["pytest"] += [f"--ignore={folder}" for folder in BESIDE]
        for name, command in checks.items():
            print(f"\n── {name}", flush=True)
            start = time.monotonic()
            status = subprocess.run(command, cwd=ROOT, check=False).returncode
            outcomes[name] = (status, time.monotonic() - start)
        if not arguments:
            outcomes[beside.name] = beside.outcome()
    print("\n── summary")
    for name, (status, seconds) in outcomes.items():
        print(f"{'ok    ' if status == 0 else 'FAILED'} {name:14} {seconds:6.1f} s")
    return 1 if any(status for status, _ in outcomes.values()) else 0
