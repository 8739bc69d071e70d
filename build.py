"""The project's one command: serve | bundle | test | bench | release. Sets up by itself what it needs.

Any Python from 3.11 on can start it: it makes `.venv` with what the command uses and runs itself again in there, where
heap_web.dev works.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path


def enter(command: str) -> None:
    """Goes on in .venv, which has what the command needs: returns there, and never elsewhere."""
    from heap_web.dev.build.environment import VENV, set_up

    python = set_up(command)
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    arguments = [str(python), str(Path(__file__).resolve()), *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.run(arguments, check=False).returncode)
    os.execv(arguments[0], arguments)


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command line; what `test` and `bench` do not know themselves they pass on."""
    parser = argparse.ArgumentParser(prog="build.py", description="Builds, serves, tests and measures heap_web.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="serve | bundle | test | bench | release")
    serve = commands.add_parser("serve", help="build and serve the demo shop on 127.0.0.1")
    serve.add_argument("--port", type=int, default=8000, help="default: 8000; 0: any free one")
    serve.add_argument("--app-id", metavar="ID", help="a real Heap App ID; without one the server plays Heap itself")
    commands.add_parser("bundle", help="build dist/: heap-web.js, heap-web.mjs, the runtime, the wheel")
    test = commands.add_parser("test", help="lint, type check, and run all tests; further arguments go to pytest")
    test.add_argument("--long", action="store_true", help="also the tests that take minutes")
    bench = commands.add_parser(
        "bench", help="measure against the peers ; --server: the server half; further arguments go to the bench"
    )
    for one in (test, bench):
        one.add_argument("--install", action="store_true", help="install the system's packages that are missing")
    release = commands.add_parser("release", help="build the packages for npm and PyPI, and check what a release needs")
    release.add_argument("--check", action="store_true", required=True, help="all but the upload, which a tag starts")
    release.add_argument("--tag", help="the tag that this release has, like v1.0.0")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command not in ("test", "bench"):
        parser.error(f"{options.command} takes no {' '.join(rest)}")
    return options, rest


def main(arguments: list[str]) -> int:
    """Does what the command line says; returns the exit status."""
    options, rest = parse(arguments)
    from heap_web.dev.build.steps import StepFailed

    try:
        enter(options.command)
        from heap_web.dev import commands

        match options.command:
            case "serve":
                return commands.serve(options.port, options.app_id)
            case "bundle":
                return commands.bundle()
            case "test":
                return commands.test(rest, long=options.long, install=options.install)
            case "release":
                return commands.release(options.tag)
            case _:
                return commands.bench(rest, install=options.install)
    except StepFailed as failure:
        print(f"build.py: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 (said in words, not by a failing import)
        sys.exit(f"build.py needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    sys.exit(main(sys.argv[1:]))
