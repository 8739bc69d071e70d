"""The import arrows: who may import whom, and that the core stays free of the world."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "heap_web"

# worker, page -> session -> calls, user, commands -> properties -> scalars -> javascript; snippet -> settings
VALUES = {"properties", "scalars", "javascript"}
ARROWS = {
    "errors": set(),
    "javascript": set(),
    "scalars": {"javascript"},
    "properties": {"scalars", "javascript"},
    "settings": set(),
    "calls": VALUES,
    "user": VALUES,
    "commands": VALUES,
    "session": {"calls", "user", "commands", "settings"},
    "snippet": {"settings"},
    "limits": {"commands"},
    "worker": {"session", "calls", "user", "commands", "settings", "limits"} | VALUES,
}
EDGES = {"page", "bridge"}  # Python in the page, and Python in a worker beside it
WORLD = {"js", "pyodide", "pyodide_js", "_pyodide", "datetime", "time", "random", "logging", "os", "pathlib", "socket"}


def imports(module: str, *, top_level_only: bool = False) -> Iterator[tuple[str, bool]]:
    """(module, whether it is one of this package) for every import in a module."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text())
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield from ((name, True) for name in ([node.module] if node.module else [a.name for a in node.names]))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0], False


@pytest.mark.parametrize("module", ARROWS)
def test_a_module_of_the_core_imports_only_what_lies_below_it(module: str) -> None:
    """A module of the core imports only what lies below it, and errors."""
    own = {name for name, is_own in imports(module) if is_own}
    assert own <= ARROWS[module] | {"errors"}


@pytest.mark.parametrize("module", ARROWS)
def test_the_core_has_no_clock_no_input_and_no_output(module: str) -> None:
    """The core imports neither JavaScript nor clocks, files, logs or networks."""
    assert not {name for name, is_own in imports(module) if not is_own} & WORLD


@pytest.mark.parametrize("module", sorted(path.stem for path in PACKAGE.glob("*.py")))
def test_javascript_is_imported_inside_functions_of_the_edges_alone(module: str) -> None:
    """Only the edges import js or pyodide, and only inside functions."""
    everywhere = {name for name, is_own in imports(module) if not is_own}
    at_once = {name for name, is_own in imports(module, top_level_only=True) if not is_own}
    browser = {"js", "pyodide", "pyodide_js", "_pyodide"}
    assert not at_once & browser
    assert module in EDGES or not everywhere & browser


def test_importing_the_package_imports_nothing_of_the_page() -> None:
    """Importing the package and the worker loads nothing of the page, nor anything heavy."""
    code = "import sys; import heap_web.worker; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True, cwd=PACKAGE.parent
    ).stdout.split()
    heavy = {"heap_web.page", "datetime", "decimal", "pathlib", "uuid", "dataclasses", "inspect", "asyncio", "difflib"}
    assert not heavy & set(loaded)
