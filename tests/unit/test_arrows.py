"""The import arrows: who may import whom, that there are no circles, and that the core stays free of the world."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import heap_web

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "heap_web"

# runtime, browser -> session -> calls, user, commands -> properties -> scalars -> javascript; snippet -> settings
# settings -> integrations -> objects -> markers: all that `load` needs of the core at once
ODD = {"objects", "markers"}
VALUES = {"properties", "scalars", "javascript"} | ODD
CORE = {
    "errors": set(),
    "markers": set(),
    "objects": {"markers"},
    "integrations": ODD,
    "settings": {"integrations"},
    "javascript": {"markers"},
    "scalars": {"javascript"} | ODD,
    "properties": {"scalars", "javascript"} | ODD,
    "calls": VALUES | {"integrations"},
    "user": VALUES,
    "commands": VALUES,
    "session": {"calls", "user", "commands", "settings"},
    "snippet": {"settings"},
    "limits": {"commands"},
}
# What a part of the package may import of the others. Within a part, a circle is all that is forbidden.
PARTS = {
    "core": set(),
    "runtime": {"core"},
    "browser": {"core", "runtime"},
    "cloud": {"core"},
    "audiences": {"core", "cloud"},
    "command": {"cloud"},
    "dev": {"core", "runtime", "browser", "cloud", "audiences", "__init__"},
    "__init__": {"core", "browser"},
}
BROWSER = {"js", "pyodide", "pyodide_js", "_pyodide"}
WORLD = BROWSER | {"datetime", "time", "random", "logging", "os", "pathlib", "socket"}


def module_name(path: Path) -> str:
    """`heap_web.core.calls` for its file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py")) if "frozen" not in path.parts}


def part_of(module: str) -> str:
    """The part of the package that a module is in."""
    return [*module.split("."), "__init__"][1]


def imports(module: str, *, top_level_only: bool = False) -> Iterator[str]:
    """The full name of every module that a module imports; one of this package by its own file's name."""
    path = MODULES[module]
    package = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
    tree = ast.parse(path.read_text())
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join(base + ([node.module] if node.module else []))
            inside = [f"{origin}.{alias.name}" for alias in node.names if f"{origin}.{alias.name}" in MODULES]
            yield from inside
            if len(inside) < len(node.names):
                yield origin


@pytest.mark.parametrize("module", CORE)
def test_a_module_of_the_core_imports_only_what_lies_below_it(module: str) -> None:
    """A module of the core imports only what lies below it, and errors."""
    own = {name for name in imports(f"heap_web.core.{module}") if name.startswith("heap_web")}
    below = {f"heap_web.core.{name}" for name in CORE[module] | {"errors"}}
    assert own <= below


def test_every_module_of_the_core_has_its_place() -> None:
    """The table of arrows names every module of the core."""
    assert {name.split(".")[-1] for name in MODULES if name.startswith("heap_web.core.")} == set(CORE)


@pytest.mark.parametrize("module", MODULES)
def test_a_part_of_the_package_imports_only_the_parts_below_it(module: str) -> None:
    """A part of the package imports only itself and the parts below it."""
    own = {part_of(name) for name in imports(module) if name.split(".")[0] == "heap_web"}
    assert own <= PARTS[part_of(module)] | {part_of(module)}


def test_no_module_imports_itself_in_a_circle() -> None:
    """There is no import circle in the package, not even through an import inside a function."""
    graph = {module: {name for name in imports(module) if name in MODULES} for module in MODULES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for below in sorted(graph[module]):
                visit(below, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", CORE)
def test_the_core_has_no_clock_no_input_and_no_output(module: str) -> None:
    """The core imports neither JavaScript nor clocks, files, logs or networks."""
    assert not {name.split(".")[0] for name in imports(f"heap_web.core.{module}")} & WORLD


@pytest.mark.parametrize("module", MODULES)
def test_javascript_is_imported_inside_functions_of_the_edge_alone(module: str) -> None:
    """Only Python's browser edge imports js or pyodide, and only inside functions."""
    everywhere = {name.split(".")[0] for name in imports(module)}
    at_once = {name.split(".")[0] for name in imports(module, top_level_only=True)}
    assert not at_once & BROWSER
    assert part_of(module) == "browser" or not everywhere & BROWSER


def test_importing_the_package_imports_nothing_of_the_page() -> None:
    """Importing the package and the runtime loads nothing of the page, nor anything heavy."""
    code = "import sys; import heap_web.runtime; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    heavy = {"datetime", "decimal", "pathlib", "uuid", "dataclasses", "inspect", "asyncio", "difflib"}
    assert not ({"heap_web.browser"} | heavy) & set(loaded)


NEEDED_BY_CALLS = ("calls", "commands", "javascript", "limits", "properties", "scalars", "session", "user")


def test_loading_imports_nothing_that_only_calls_need() -> None:
    """What `load` needs in a page imports nothing of the transformation: that comes when the page has a moment."""
    modules = "heap_web, heap_web.browser.load, heap_web.browser.door, heap_web.browser.page"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys, {modules}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout.split()
    later = {f"heap_web.core.{name}" for name in NEEDED_BY_CALLS} | {"heap_web.runtime", "heap_web.browser.encode"}
    assert later <= set(MODULES)
    assert not (later | {"heap_web.browser.world"}) & set(loaded)


def test_every_public_name_is_there() -> None:
    """The names that are imported when they are asked for are those that the package says it has, and no others."""
    assert [name for name in heap_web.__all__ if not hasattr(heap_web, name)] == []
    assert set(heap_web.__all__) <= set(dir(heap_web))
    with pytest.raises(AttributeError, match="module 'heap_web' has no attribute 'trak'"):
        _ = heap_web.trak
