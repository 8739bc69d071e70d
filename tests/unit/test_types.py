"""What a type checker makes of the public interface: py.typed is there, and settings are known by name and type."""

from __future__ import annotations

import inspect
import re
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


@pytest.mark.parametrize(("name", "said"), [("flatten({})", "dict[str, "), ("trak", 'no attribute "trak"')])
def test_public_names_are_known(name: str, said: str) -> None:
    """A public name has its type, though it is imported when it is asked for; a misspelt one is an error."""
    assert said in mypy("", f"import heap_web\nreveal_type(heap_web.{name.replace('{}', '{{}}')})\n")


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
        "import ssl\nfrom collections.abc import Callable\nfrom typing import Literal\n"
        "from heap_web.cloud import Refusal\nfrom heap_web.cloud.client import Where\n"
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
    told = tsc(tmp_path, SCRIPT.replace("ARGUMENTS", arguments))
    assert (told == "") == (not said), told
    assert said in told


def tsc(folder: Path, program: str) -> str:
    """What TypeScript says of a program that imports the ES module."""
    (folder / "heap-web.d.mts").write_bytes((STATIC / "src" / "heap-web.d.ts").read_bytes())
    (folder / "sample.mts").write_text(program, "utf-8")
    flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]
    command = [node(), str(MODULES / "typescript" / "bin" / "tsc"), *flags, "sample.mts"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


EVENTS = """
import { load, type Analytics } from "./heap-web.mjs";

interface ShopEvents {
  "Signed Up": { plan: "free" | "pro"; seats?: number };
  "Searched": { words?: string };
  "Logged Out": {};
  "Opened": null;
}
const analytics: Analytics<ShopEvents> = load<ShopEvents>({ appId: "1535634150" });
const done = () => {};
"""


# Each call, and words of what is said of it; "" where nothing is wrong.
CALLS = [
    ('track("Signed Up", { plan: "pro" })', ""),
    ('track("Signed Up", { plan: "pro", seats: 3 }, { integrations: { All: true } }, done)', ""),
    ('track("Signed Up", { plan: "free" }, done)', ""),
    ('track("Searched")', ""),
    ('track("Searched", { words: "jello" })', ""),
    ('track("Logged Out", done)', ""),
    ('track("Opened", null, null, done)', ""),
    ('load({ debug: true }).debug().on("ready", done).track("Searched")', ""),
    ('track("Signed Out")', '"Signed Out"'),
    ('track("Signed Up")', "error TS2"),
    ('track("Signed Up", {})', "'plan' is missing"),
    ('track("Signed Up", done)', "No overload matches this call"),
    ('track("Signed Up", { plan: "gold" })', '"gold"'),
    ('track("Signed Up", { plan: "pro", seat: 3 })', "'seat' does not exist"),
    ('track("Searched", { word: "jello" })', "'word' does not exist"),
]


def by_line(told: str, name: str) -> dict[int, str]:
    """What a checker says of each line of a file."""
    parts = re.split(rf"^{re.escape(name)}[:(](\d+)", told, flags=re.M)
    said: dict[int, str] = {}
    for line, words in zip(parts[1::2], parts[2::2], strict=True):
        said[int(line)] = said.get(int(line), "") + words
    return said


def test_typescript_checks_events_that_are_declared(tmp_path: Path) -> None:
    """Declared events are the only ones, their properties checked; those without required ones may go without any."""
    told = tsc(tmp_path, EVENTS + "".join(f"analytics.{call};\n" for call, _ in CALLS))
    said = by_line(told, "sample.mts")
    for number, (call, words) in enumerate(CALLS, EVENTS.count("\n") + 1):
        assert (number in said) == bool(words), (call, said.get(number))
        assert words in said.get(number, "")


def test_events_that_are_not_declared_take_anything(tmp_path: Path) -> None:
    """Without declared events every name and every object is taken, as values of all kinds of variables too."""
    program = """
    import { load } from "./heap-web.mjs";
    const analytics = load({ appId: "1" });
    interface Cart { total: number }
    declare const cart: Cart, name: string, none: undefined, maybe: Cart | null;
    analytics.track(name, cart);
    analytics.track("a");
    analytics.track("a", none);
    analytics.track("a", maybe, null, () => {});
    analytics.track("a", () => {});
    window.analytics.track(name, { nested: [cart] });
    """
    assert tsc(tmp_path, program) == ""
    assert "number" in tsc(tmp_path, program + "analytics.track(1);")


TYPED = """
from typing import Literal, NotRequired, Protocol, TypedDict, overload

import heap_web
from heap_web.cloud import HeapCloud


class SignedUp(TypedDict):
    plan: Literal["free", "pro"]
    seats: NotRequired[int]


class Searched(TypedDict):
    words: str


class Shop(Protocol):
    @overload
    def track(self, event: Literal["Signed Up"], properties: SignedUp) -> object: ...
    @overload
    def track(self, event: Literal["Searched"], properties: Searched) -> object: ...
    @overload
    def track(self, event: Literal["Logged Out"]) -> object: ...


class ShopServer(Protocol):
    @overload
    def track(self, event: Literal["Signed Up"], *, user_id: str, properties: SignedUp) -> str: ...
    @overload
    def track(self, event: Literal["Searched"], *, user_id: str, properties: Searched) -> str: ...


analytics: Shop = heap_web.load("1535634150")
server: ShopServer = HeapCloud("1535634150")
"""


PYTHON_CALLS = {
    'analytics.track("Signed Up", {"plan": "pro", "seats": 3})': True,
    'analytics.track("Logged Out")': True,
    'server.track("Searched", user_id="ann", properties={"words": "jello"})': True,
    'analytics.track("Signed Out")': False,
    'analytics.track("Signed Up")': False,
    'analytics.track("Signed Up", {"plan": "gold"})': False,
    'analytics.track("Signed Up", {"seats": 3})': False,
    'server.track("Searched", user_id="ann", properties={"word": "jello"})': False,
}


def test_python_checks_events_that_are_declared() -> None:
    """A protocol of overloads over TypedDicts declares the events, for the page and for the server alike."""
    program = TYPED + "\n".join(PYTHON_CALLS)
    said = by_line(mypy("", program.replace("{", "{{").replace("}", "}}")), "<string>")
    first = TYPED.count("\n") + 1
    assert set(said) == {number for number, right in enumerate(PYTHON_CALLS.values(), first) if not right}, said
