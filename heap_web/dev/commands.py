"""What build.py's commands do, once it runs inside .venv."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence

from heap_web.dev.build.bundle import bundle as build_bundle
from heap_web.dev.build.bundle import summary
from heap_web.dev.build.steps import ROOT, STATIC
from heap_web.dev.build.toolchain import MODULES, node, npm_packages, system_packages
from heap_web.dev.check.lanes import run_in_lanes

WORKFLOWS = ROOT / ".github" / "workflows"
# What runs in pages that may have replaced any global.
PAGE = ("page", "plugin")
UNIT = STATIC / "test" / "unit"
#: One more than CI has processors: many tests wait, for deadlines and for processes.
LANES = 3
OTHERS = "others"
#: Folders of tests that run on their own, and all others; the longest first, so that the lanes end together.
PARTS = ("entrances", "faults", "hosts", "cloud", "browser", "audiences", OTHERS, "docs", "build", "webkit")


def bundle() -> int:
    """Builds dist/ and says what is in it."""
    print(summary(build_bundle()))
    return 0


def serve(port: int, app_id: str | None) -> int:
    """Builds, then serves the demo shop on 127.0.0.1 until interrupted.

    On this machine nothing is gained by compressing first; `bundle` makes the compressed copies for a site.
    """
    build_bundle(compress=False)
    from heap_web.dev.serve.server import serve as run_server

    return run_server(port, app_id)


def bench(arguments: Sequence[str], *, install: bool) -> int:
    """Builds, then measures heap_web and its peers; with `--server` sending from a server and large audiences."""
    server = list(arguments) == ["--server"]
    with system_packages("bench", install=install):
        if not server:
            build_bundle()
    if server:
        benches = [[sys.executable, "-m", f"heap_web.dev.bench.{part}"] for part in ("cloud", "audiences", "spark")]
        return max(subprocess.run(command, cwd=ROOT, check=False).returncode for command in benches)
    return subprocess.run([sys.executable, "-m", "heap_web.dev.bench", *arguments], cwd=ROOT, check=False).returncode


def unit_tests(files: Iterable[str]) -> list[str]:
    """The command that runs unit tests of the page's half, under Node's own runner."""
    return [node(), "--test", "--test-reporter=spec", *files]


def parts(pytest: list[str]) -> dict[str, list[str]]:
    """The tests in parts that run on their own, by name; together they are all tests."""
    others = [f"--ignore=tests/{name}" for name in PARTS if name != OTHERS]
    return {f"pytest {name}": [*pytest, *(others if name == OTHERS else [f"tests/{name}"])] for name in PARTS}


def test(arguments: Sequence[str], *, long: bool, install: bool) -> int:
    """Runs every check, in lanes and all of them even when one fails; the last words are a line for each.

    Where the arguments name unit tests of the page's half (`static/test/unit/*.test.js`), only those run.
    """
    if chosen := [argument for argument in arguments if argument.endswith(".test.js")]:
        return subprocess.run(unit_tests(chosen), cwd=ROOT, check=False).returncode
    with system_packages("test", install=install):
        npm_packages()
        build_bundle()
    workflows = map(str, sorted(WORKFLOWS.glob("*.yml")))
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
        "workflows": [*python, "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows],
        "audit": [*python, "heap_web.dev.check.audit"],
    }
    pytest = [*python, "pytest", *(["--long"] if long else []), *arguments]
    outcomes = run_in_lanes({**({"pytest": pytest} if arguments else parts(pytest)), **checks}, LANES, ROOT)
    print("\n── summary")
    for name, status, seconds in outcomes:
        print(f"{'ok    ' if status == 0 else 'FAILED'} {name:16} {seconds:6.1f} s")
    return 1 if any(status for _, status, _ in outcomes) else 0


def release(tag: str | None) -> int:
    """Builds the packages for npm and PyPI and checks all that a release needs but the upload."""
    from heap_web.dev.check.release import check

    return check(build_bundle(), tag)
