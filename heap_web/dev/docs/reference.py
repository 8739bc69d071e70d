"""The Python reference, drawn from signatures and docstrings: what is called first, small values as tables after it."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock, patch

# What heap_web.audiences imports of the engines that compare audiences.
ENGINES = ("ibis", "ibis.expr", "ibis.expr.types", "pyarrow", "sqlglot", "sqlglot.expressions")
WIDTH = 88
LONGEST_DEFAULT = 30


def page() -> str:
    """The public names of the package for pages."""
    import heap_web
    from heap_web.browser.analytics import Analytics

    return _reference([("load", heap_web.load), ("Analytics", Analytics), *_public(heap_web, without={"load"})])


def cloud() -> str:
    """The public names of the server half."""
    from heap_web import cloud as module

    return _reference(_public(module))


def audiences() -> str:
    """The public names for audiences.

    The engines behind them are not needed to describe them: `serve` and `bundle` do without them.
    """
    try:
        return _reference(_public(importlib.import_module("heap_web.audiences")))
    except ImportError:
        with patch.dict(sys.modules, {name: MagicMock() for name in ENGINES}):  # what is imported here goes again, too
            return _reference(_public(importlib.import_module("heap_web.audiences")))


def _public(module: ModuleType, without: Iterable[str] = ()) -> list[tuple[str, Any]]:
    return [(name, getattr(module, name)) for name in module.__all__ if name not in without]


def _reference(named: list[tuple[str, Any]]) -> str:
    """Markdown for public names: classes with methods and functions as the source has them, values, what is raised."""
    values = [pair for pair in named if _is_value(pair[1])]
    errors = [pair for pair in named if inspect.isclass(pair[1]) and issubclass(pair[1], Exception)]
    others = [pair for pair in named if pair not in values and pair not in errors]
    others.sort(key=lambda pair: (pair[0] != "load", not _methods(pair[1]), _place(pair[1])))
    told: dict[tuple[str, str], str] = {}
    parts = [_entry(name, thing, told) for name, thing in others]
    if values:
        parts += ["### Values", *(_value(name, kind) for name, kind in values)]
    if errors:
        rows = "\n".join(f"| `{name}` | {_first_paragraph(kind)} |" for name, kind in errors)
        parts += [f"### What is raised\n\n| error | when |\n|---|---|\n{rows}"]
    return "\n\n".join(parts)


def _place(thing: Any) -> tuple[str, int]:
    """Where the source has it; what is no class or function, like a union of types, comes last."""
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return "~", 0
    return thing.__module__, inspect.getsourcelines(thing)[1]


def _is_value(thing: Any) -> bool:
    return inspect.isclass(thing) and (dataclasses.is_dataclass(thing) or hasattr(thing, "_fields"))


def _entry(name: str, thing: Any, told: dict[tuple[str, str], str]) -> str:
    """A function, or a class with its own public methods in the order in which the source has them.

    `told` has the methods of the classes before, by their name and text: those that say the same are only named.
    """
    parts = [f"### {name}", _signature(name, thing), inspect.getdoc(thing) or ""]
    texts = {method: inspect.getdoc(getattr(thing, method)) or "" for method in _methods(thing)}
    same = {method: told[method, text] for method, text in texts.items() if (method, text) in told}
    for other in sorted(set(same.values())):
        names = ", ".join(f"`{method}`" for method, of in same.items() if of == other)
        parts.append(f"As in [{other}](#{other.lower()}): {names}.")
    for method, text in texts.items():
        if method in same:
            continue
        told[method, text] = name
        member = inspect.getattr_static(thing, method)
        shown = f"`{method}`" if isinstance(member, property) else _signature(method, getattr(thing, method))
        parts += [f"#### {name}.{method}", shown, text]
    return "\n\n".join(parts)


def _methods(thing: Any) -> list[str]:
    if not inspect.isclass(thing):
        return []
    ours = [base for base in reversed(thing.__mro__) if base.__module__.startswith("heap_web")]
    names = {name: None for base in ours for name in vars(base) if not name.startswith("_")}
    return [name for name in names if _is_documented_method(thing, name)]


def _is_documented_method(thing: type, name: str) -> bool:
    member = inspect.getattr_static(thing, name)
    callable_or_property = isinstance(member, property) or inspect.isroutine(getattr(thing, name))
    return callable_or_property and bool(inspect.getdoc(getattr(thing, name)))


def _value(name: str, kind: Any) -> str:
    """A value: what it is, and a table of its fields."""
    if dataclasses.is_dataclass(kind):
        rows = [(each.name, str(each.type), _default(each.default)) for each in dataclasses.fields(kind)]
    else:
        defaults = kind._field_defaults
        hints = inspect.get_annotations(kind)
        rows = [(each, str(hints.get(each, "")), _default(defaults.get(each, _NONE))) for each in kind._fields]
    table = "\n".join(
        f"| `{field}` | {f'`{_cell(hint)}`' if hint else ''} | {f'`{default}`' if default else ''} |"
        for field, hint, default in rows
    )
    text = inspect.getdoc(kind) or ""
    if text.startswith(f"{name}("):  # what dataclasses writes for want of a docstring
        text = ""
    return f"#### {name}\n\n{text}\n\n| field | type | default |\n|---|---|---|\n{table}"


_NONE = object()


def _default(value: object) -> str:
    return "" if value is _NONE or value is dataclasses.MISSING else _cell(repr(value))


def _cell(text: str) -> str:
    return _short(text).replace("|", "\\|")


def _first_paragraph(kind: Any) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split()).replace("|", "\\|")


def _signature(name: str, thing: Any) -> str:
    """The signature as a block of Python, over several lines where it is long."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return ""
    kept = [_shortened(each) for each in signature.parameters.values() if each.name not in ("self", "cls")]
    returned = signature.return_annotation
    none = inspect.isclass(thing) or returned is inspect.Signature.empty
    end = "" if none else f" -> {returned if isinstance(returned, str) else inspect.formatannotation(returned)}"
    shown = [_bare(str(parameter)) for parameter in _marked(kept)]
    line = f"{name}({', '.join(shown)}){_bare(end)}"
    if len(line) > WIDTH:
        line = f"{name}(\n" + "".join(f"    {each},\n" for each in shown) + f"){_bare(end)}"
    return f"```python\n{line}\n```"


def _shortened(parameter: inspect.Parameter) -> inspect.Parameter:
    """The parameter, with `...` for a default that would fill a line."""
    long = parameter.default is not inspect.Parameter.empty and len(repr(parameter.default)) > LONGEST_DEFAULT
    return parameter.replace(default=...) if long else parameter


def _marked(parameters: list[inspect.Parameter]) -> Iterable[inspect.Parameter | str]:
    """The parameters with `/` and `*` where the language has them."""
    kinds = inspect.Parameter
    starred = False
    for place, parameter in enumerate(parameters):
        if parameter.kind is kinds.VAR_POSITIONAL:
            starred = True
        elif parameter.kind is kinds.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        yield parameter
        last_positional = parameter.kind is kinds.POSITIONAL_ONLY and (
            place + 1 == len(parameters) or parameters[place + 1].kind is not kinds.POSITIONAL_ONLY
        )
        if last_positional:
            yield "/"


def _bare(text: str) -> str:
    """Annotations without the quotes that a postponed one is shown with, and defaults that are no text as `...`."""
    return _short(re.sub(r"(: |-> )'([^']*)'", r"\1\2", re.sub(r"= <[^>]*>", "= ...", text))).replace("Ellipsis", "...")


def _short(text: str) -> str:
    return re.sub(r"\bheap_web\.(?:\w+\.)*|\b(?:collections\.abc|typing)\.|~(?=[A-Z])", "", text)
