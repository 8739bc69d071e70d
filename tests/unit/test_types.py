"""What a type checker makes of the public interface: py.typed is there, and settings are known by name and type."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from heap_web.core.settings import Settings
from heap_web.dev.build.steps import ROOT, STATIC
from heap_web.dev.build.toolchain import MODULES, node

SAMPLE = """
import heap_web

analytics = heap_web.load("1535634150", {arguments})
analytics.track("Signed Up", {{"plan": "pro"}})
"""


CLOUD = """
from heap_web.cloud import AsyncHeapCloud, HeapCloud, Limits, Outbox, Retry

def at_once({names}) -> str:
    with HeapCloud("1535634150", {arguments}) as heap:
        return heap.track("Signed Up", user_id="ann", properties={{"plan": "pro"}})

async def awaited({names}) -> str:
    async with AsyncHeapCloud("1535634150", {arguments}) as heap:
        return await heap.track("Signed Up", user_id="ann", properties={{"plan": "pro"}})
"""


def mypy(arguments: str, sample: str = SAMPLE, names: str = "") -> str:
    """What mypy says of Python with these settings; `names`: parameters that they may name."""
    program = sample.format(arguments=arguments, names=names)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-c", program]
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('"eu", outbox="sqlite:///a.db", api="integrations", linger=0.5, limits=Limits(), retry=None', "Success"),
        ("base_uri=None", 'Unexpected keyword argument "base_uri" for "{client}"'),
        ('linger="long"', 'Argument "linger" to "{client}" has incompatible type "str"'),
        ('api="partner"', 'Argument "api" to "{client}" has incompatible type'),
        ('region="asia"', 'Argument "region" to "{client}" has incompatible type'),
    ],
)
def test_settings_of_the_clients_are_checked(arguments: str, said: str) -> None:
    """For both clients right settings pass, and what a call gives is a text or one to await; wrong ones are errors."""
    told = mypy(arguments, CLOUD)
    assert all(said.format(client=client) in told for client in ("HeapCloud", "AsyncHeapCloud")), told


def test_every_setting_of_the_clients_is_known() -> None:
    """Every setting that the clients have is a keyword to type checkers, with the type that it has there."""
    from heap_web.cloud.client import _Client

    parameters = inspect.signature(_Client.__init__).parameters.values()
    settings = {each.name: each.annotation for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}
    settings["api"] = 'Literal["public", "integrations"]'
    imports = (
        "from collections.abc import Callable\nfrom typing import Literal\nfrom heap_web.cloud.client import Where\n"
    )
    names = ", ".join(f"{name}: {kind}" for name, kind in settings.items())
    assert "Success" in mypy(", ".join(f"{name}={name}" for name in settings), imports + CLOUD, names)


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
