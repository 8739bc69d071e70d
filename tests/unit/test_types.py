"""What a type checker makes of the public interface: py.typed is there, and settings are known by name and type."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heap_web.dev.steps import ROOT, STATIC
from heap_web.dev.toolchain import MODULES, node
from heap_web.settings import Settings

SAMPLE = """
import heap_web

analytics = heap_web.load("1535634150", {arguments})
analytics.track("Signed Up", {{"plan": "pro"}})
"""


def mypy(arguments: str) -> str:
    """What mypy says of a page's Python with these settings."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-c", SAMPLE.format(arguments=arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('sdk="latest", array_limit=3, integrations={"All": False}, hostname=None', "Success"),
        ("arrayLimit=3", 'Unexpected keyword argument "arrayLimit"'),
        ('secure_cookie="yes"', 'Argument "secure_cookie" to "load" has incompatible type "str"'),
        ('sdk="newest"', 'Argument "sdk" to "load" has incompatible type'),
    ],
)
def test_settings_are_checked(arguments: str, said: str) -> None:
    """Right settings pass; a misspelt one and one of a wrong type are errors."""
    assert said in mypy(arguments)


def test_every_setting_is_known() -> None:
    """Every setting but the App ID, which comes first, has its type as a keyword."""
    names = [name for name in Settings._fields if name != "app_id"]
    assert "Success" in mypy(", ".join(f"{name}=None" for name in names))


SCRIPT = """
import { load } from "./heap-web.mjs";

const analytics = load({ appId: "1535634150", ARGUMENTS });
const result = await analytics.track("Signed Up", { plan: "pro" });
const status: "delivered" | "kept" | "dropped" = result.status;
console.log(status);
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('sdk: "latest", arrayLimit: 3, integrations: { All: false }', ""),
        ("array_limit: 3", "'array_limit' does not exist"),
        ('sdk: "newest"', "is not assignable to type"),
    ],
)
def test_the_modules_types(arguments: str, said: str, tmp_path: Path) -> None:
    """TypeScript takes right settings of the ES module, and says what is wrong with others."""
    (tmp_path / "heap-web.d.mts").write_bytes((STATIC / "src" / "heap-web.d.ts").read_bytes())
    (tmp_path / "sample.mts").write_text(SCRIPT.replace("ARGUMENTS", arguments), "utf-8")
    flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]
    command = [node(), str(MODULES / "typescript" / "bin" / "tsc"), *flags, "sample.mts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not said), done.stdout
    assert said in done.stdout
