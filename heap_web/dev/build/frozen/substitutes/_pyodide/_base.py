"""In the place of `_pyodide._base`: what Pyodide's own start runs, snippets such as `import importlib; importlib`."""

import importlib
from typing import Any


def eval_code(source: str, globals: dict[str, Any] | None = None) -> Any:  # noqa: A002
    """Runs statements separated by semicolons; the value is that of the last, which is an expression."""
    namespace = {} if globals is None else globals
    *statements, last = source.split(";")
    for statement in statements:
        exec(statement.strip(), namespace)
    return eval(last.strip(), namespace)


def pyimport_impl(path: str) -> Any:
    """A module, or a module's attribute, by its dotted name."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)
