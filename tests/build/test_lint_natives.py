"""The lint that keeps the page's half from naming a global of the page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heap_web.dev.build.steps import STATIC
from heap_web.dev.build.toolchain import node, npm_packages

LINT = STATIC / "tools" / "lint-natives.mjs"
FORBIDDEN = [
    ("const at = performance.now();", "the global performance"),
    ("export const f = (url = location) => url;", "the global location"),
    ("const { log } = console;", "the global console"),
    ("export default { Map };", "the global Map"),
    ("const URL = 1; { let Blob; } new Blob();", "the global Blob"),
    ("addEventListener('load', () => 0);", "the global addEventListener"),
    ("try { x(); } catch (x) {}", "the global x"),
    ("const f = (text) => text.slice(1);", "the method .slice()"),
    ("const f = (promise) => promise?.then();", "the method .then()"),
    ("const f = (list) => [...list];", "SpreadElement"),
    ("const f = (list) => { for (const one of list) one(); };", "ForOfStatement"),
    ("const f = ([a]) => a;", "ArrayPattern"),
]
ALLOWED = """
import { now as at } from "./natives.js";
function outer(first, { second: third = {}, ...rest }) { return inner(first, third, rest, undefined, __VERSION__); }
const inner = (...all) => { try { return all[0].document; } catch (error) { return { error, name: at, ...all[1] }; } };
export { outer };
for (let i = 0; i < 3; i++) label: inner(i, import.meta.url);
"""


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """The parser is there."""
    npm_packages()


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    """What the lint says of a file or a folder."""
    return subprocess.run([node(), str(LINT), str(path)], capture_output=True, text=True, check=False)


def test_each_way_to_a_global_is_found(tmp_path: Path) -> None:
    """A global by its name, a built-in method and an iterator are each found, with file and line."""
    for number, (source, _) in enumerate(FORBIDDEN):
        (tmp_path / f"{number}.js").write_text(f"// a line before\n{source}\n", "utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1
    for number, (_, what) in enumerate(FORBIDDEN):
        assert f"{number}.js:2: {what}" in done.stdout


def test_what_is_declared_or_imported_is_allowed(tmp_path: Path) -> None:
    """Imports, declarations, parameters, properties and what the build bakes in are no globals."""
    (tmp_path / "allowed.js").write_text(ALLOWED, "utf-8")
    done = lint(tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 files, 0 found\n")


def test_nothing_to_look_at_fails(tmp_path: Path) -> None:
    """A folder without any source is no success."""
    assert lint(tmp_path).returncode == 1
