"""Known vulnerabilities of the dependencies, by pip-audit and npm audit: `python -m heap_web.dev.check.audit`.

Fails on a vulnerability in what is shipped: the packages that the wheel's extras need, and Pyodide. One in a tool for
development is reported alone. Where the data cannot be reached that is said, and is no failure, for it tells nothing;
with `--require` it is one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from heap_web.dev.build.steps import ROOT, STATIC
from heap_web.dev.build.toolchain import npm

PROJECT = "heap-web"
EXTRAS = ("cloud", "audiences")
SECONDS = 120
# What the tests alone install: the guides' front ends, and the hosts that run Python in pages.
TOOLS = (ROOT / "tests" / "docs" / "guides", ROOT / "tests" / "hosts" / "npm")


class Unreachable(Exception):
    """The vulnerability data could not be had; the text says why."""


@dataclass(frozen=True)
class Finding:
    """One known vulnerability. `shipped`: users of the project get the package too."""

    package: str
    version: str
    advisory: str
    shipped: bool

    def __str__(self) -> str:
        return f"{self.package} {self.version}: {self.advisory}{'' if self.shipped else ' (a tool for development)'}"


def requirements(name: str, extras: Iterable[str]) -> dict[str, str]:
    """The installed packages that a package with these extras needs, at any distance: canonical name -> version."""
    found: dict[str, str] = {}
    waiting = [(name, frozenset(extras))]
    seen = set()
    while waiting:
        package, wanted = waiting.pop()
        if (package, wanted) in seen:
            continue
        seen.add((package, wanted))
        try:
            installed = distribution(package)
        except PackageNotFoundError:
            continue  # for another platform
        if package != name:
            found[package] = installed.version
        for requirement in map(Requirement, installed.requires or ()):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*wanted, "")):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


def python_findings(packages: dict[str, str]) -> list[Finding]:
    """What pip-audit knows of these packages (name -> version).

    The first is asked for alone: a mirror without the data says of every package that it does not know it.
    """
    findings: list[Finding] = []
    first, *others = sorted(packages.items())
    for some in ([first], others):
        for answer in pip_audit(some) if some else []:
            if "skip_reason" in answer:
                raise Unreachable(f"pip-audit: {answer['skip_reason']}")
            for known in answer["vulns"]:
                findings.append(Finding(answer["name"], answer["version"], known["id"], shipped=True))
    return findings


def pip_audit(packages: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """pip-audit's answer for each of these packages."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in packages), "utf-8")
        options = [
            "--disable-pip",
            "--no-deps",
            "--progress-spinner=off",
            "--format=json",
            "--requirement",
            str(listed),
        ]
        answer = ask([sys.executable, "-m", "pip_audit", *options])
    answers: list[dict[str, Any]] = answer["dependencies"]
    return answers


def npm_findings() -> list[Finding]:
    """What npm audit knows of the packages in all lock files; only those of static/ may be shipped."""
    findings = []
    for folder in (STATIC, *TOOLS):
        everything = npm_audit(folder)
        shipped = set(npm_audit(folder, "--omit=dev")) if everything and folder == STATIC else set()
        findings += [
            Finding(name, about["range"], about["severity"], shipped=name in shipped)
            for name, about in everything.items()
        ]
    return findings


def npm_audit(folder: Path, *options: str) -> dict[str, Any]:
    """npm audit's vulnerable packages by name, of a folder's lock file."""
    answer = ask([*npm(), "audit", "--json", *options], cwd=folder)
    if "vulnerabilities" not in answer:
        raise Unreachable(f"npm audit: {answer.get('message') or answer.get('error')}")
    vulnerable: dict[str, Any] = answer["vulnerabilities"]
    return vulnerable


def ask(command: list[str], cwd: Path | None = None) -> dict[str, Any]:
    """The JSON that a tool prints; both tools end with a status of their own when they found something."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False)
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise Unreachable(f"no answer within {SECONDS} s") from None
    except ValueError:
        raise Unreachable(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer") from None
    return answer


def main(arguments: Iterable[str] = ()) -> int:
    """Prints what is known; 1 if something that is shipped is vulnerable, or if `--require` cannot be met."""
    failed = False
    for what, look in {
        "Python packages that the extras need": lambda: python_findings(requirements(PROJECT, EXTRAS)),
        "npm packages": npm_findings,
    }.items():
        try:
            findings = look()
        except Unreachable as error:
            print(f"{what}: NOT AUDITED, the vulnerability data cannot be reached ({error})")
            failed |= "--require" in arguments
            continue
        print(f"{what}: {len(findings) or 'no'} known vulnerabilities")
        for finding in findings:
            print(f"  {finding}")
            failed |= finding.shipped
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
