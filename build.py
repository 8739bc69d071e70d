"""The project's one command: serve | bundle | test | bench. Sets up by itself what it needs beside Python 3.11.

This file is standard library only: it makes `.venv` from pyproject.toml and runs itself again in there, where
heap_web.dev does the work.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "heap-web.stamp"


def venv_python() -> Path:
    """The interpreter of the project's own environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted() -> str:
    """A hash of what the environment is made from: pyproject's dependencies and this Python."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    parts = [project["build-system"], project["project"]["dependencies"], project["project"]["optional-dependencies"]]
    return hashlib.sha256(json.dumps([parts, sys.version], sort_keys=True).encode()).hexdigest()


def run_step(what: str, command: list[str], advice: str) -> None:
    """Runs one set-up command; a failure ends the build with what failed, its last output and what to do."""
    print(f"· {what}", flush=True)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout[-4000:]}\nbuild.py: {what}: failed with status {done.returncode}.\n{advice}")


def set_up() -> None:
    """Makes .venv, or brings it up to date when pyproject.toml's dependencies have changed."""
    want = wanted()
    if venv_python().exists() and STAMP.exists() and STAMP.read_text("utf-8") == want:
        return
    run_step(
        "making .venv",
        [sys.executable, "-m", "venv", str(VENV)],
        "On Debian and Ubuntu the module venv is its own package: apt-get install python3-venv.",
    )
    run_step(
        "installing the dev requirements into .venv (a few minutes the first time)",
        [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "--editable", ".[dev]"],
        "pip could not install them: is its package index reachable (pip config list)?",
    )
    STAMP.write_text(want, "utf-8")


def enter() -> None:
    """Goes on in .venv: returns there, and never elsewhere."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    set_up()
    arguments = [str(venv_python()), str(Path(__file__).resolve()), *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.run(arguments, check=False).returncode)
    os.execv(arguments[0], arguments)


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command line; what `test` and `bench` do not know themselves they pass on."""
    parser = argparse.ArgumentParser(prog="build.py", description="Builds, serves, tests and measures heap_web.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="serve | bundle | test | bench")
    serve = commands.add_parser("serve", help="build and serve the demo shop on 127.0.0.1")
    serve.add_argument("--port", type=int, default=8000, help="default: 8000; 0: any free one")
    serve.add_argument("--app-id", metavar="ID", help="a real Heap App ID; without one the server plays Heap itself")
    commands.add_parser("bundle", help="build dist/: heap-web.js, heap-web.mjs, the runtime, the wheel")
    test = commands.add_parser(
        "test", help="lint, type check, and run all tests; arguments go to pytest, and names of *.test.js to Node alone"
    )
    test.add_argument("--long", action="store_true", help="also the tests that take minutes")
    commands.add_parser(
        "bench", help="measure against the peers ; --server: the server half; further arguments go to the bench"
    )
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command in ("serve", "bundle"):
        parser.error(f"{options.command} takes no {' '.join(rest)}")
    return options, rest


def main(arguments: list[str]) -> int:
    """Does what the command line says; returns the exit status."""
    options, rest = parse(arguments)
    enter()
    from heap_web.dev import commands
    from heap_web.dev.build import steps

    try:
        match options.command:
            case "serve":
                return commands.serve(options.port, options.app_id)
            case "bundle":
                return commands.bundle()
            case "test":
                return commands.test(rest, long=options.long)
            case _:
                return commands.bench(rest)
    except steps.StepFailed as failure:
        print(f"build.py: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 (said in words, not by a failing import)
        sys.exit(f"build.py needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    sys.exit(main(sys.argv[1:]))
