"""In the interpreter that is frozen small: drops the Python that was never seen to run, and what only it needs.

Nothing is dropped that could be missed in silence. In the place of a function that goes stands one that ends in a trap
of the .wasm file's; where a name is dropped, asking for it ends there too. The worker then goes on with the whole.
"""

import builtins
import sys
from collections.abc import Iterable
from gc import collect, get_objects, get_referents
from posix import abort
from types import CodeType, FunctionType, ModuleType
from weakref import ref

Key = tuple[str, str, int]

HEAP_TYPE = 1 << 9
IMMUTABLE = 1 << 8
# What a module's functions need of its names, be they asked for or not.
ALWAYS = frozenset({"__name__", "__builtins__", "__getattr__"})
# What C code asks of sys by name.
OF_SYS = frozenset(
    (
        *("modules", "path", "meta_path", "path_hooks", "path_importer_cache", "dont_write_bytecode"),
        *("stdin", "stdout", "stderr", "excepthook", "unraisablehook", "displayhook"),
        *("flags", "implementation", "warnoptions", "_xoptions"),
    )
)
# What classes keep of how they were made.
HOW_MADE = frozenset(
    (
        *("__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__"),
        *("__static_attributes__", "__firstlineno__", "__orig_bases__", "__parameters__"),
    )
)


def _ending(*_: object, **__: object) -> None:
    """Takes whatever it is given, and ends in a trap."""
    __cold__()  # type: ignore[name-defined]  # noqa: F821 - found among the built-in names, whatever the module


def keys_of(code: CodeType) -> Key:
    """What tells a function's code."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _names(code: CodeType) -> set[str]:
    """Every name that a code asks for: of globals, of attributes, of modules."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def _empty(function: FunctionType, codes: dict[int, CodeType]) -> None:
    """Leaves nothing of a function but that it ends in a trap."""
    free = len(function.__code__.co_freevars)
    if free not in codes:
        codes[free] = codes[0].replace(co_freevars=tuple(f"v{i}" for i in range(free)))
    function.__code__ = codes[free]
    function.__defaults__ = None
    function.__kwdefaults__ = None
    function.__name__ = function.__qualname__ = "cold"
    function.__dict__.clear()
    _bare(function)


def _bare(function: FunctionType) -> None:
    function.__annotate__ = None  # type: ignore[attr-defined]
    function.__annotations__ = {}
    function.__doc__ = None
    function.__type_params__ = ()  # type: ignore[attr-defined]


def _functions() -> Iterable[FunctionType]:
    return [found for found in get_objects() if type(found) is FunctionType]


def prune(ran: set[Key], spared: set[str]) -> None:
    """Drops the functions not in `ran`, then what nothing asks for. `spared`: modules whose functions stay."""
    builtins.__cold__ = abort  # type: ignore[attr-defined]
    modules = [module for module in sys.modules.values() if isinstance(module, ModuleType)]
    sys.modules.clear()
    sys.modules.update(sys=sys, builtins=builtins)
    codes = {0: _ending.__code__}
    cold = FunctionType(_ending.__code__, {"__builtins__": builtins}, "cold")
    ours = spared
    kept: list[FunctionType] = []
    names = set(ALWAYS)
    for function in _functions():
        if function.__module__ in ours:
            continue
        if keys_of(function.__code__) in ran:
            kept.append(function)
            names |= _names(function.__code__)
            _bare(function)
    living = {id(function) for function in kept}
    dead = [f for f in _functions() if id(f) not in living and f.__module__ not in ours and f is not cold]
    _classes(living, ours, cold)
    # What is collected below is told of to these.
    told = [found.__callback__ for found in get_objects() if isinstance(found, ref)]
    for function in dead:
        if not any(function is one for one in told):
            _empty(function, codes)
    del function, dead, kept
    for module in modules:
        if module.__name__ not in ours:
            _module(module, names, cold)
    modules.clear()
    collect()
    for callback in told:
        if type(callback) is FunctionType:
            _empty(callback, codes)


def _types() -> list[type]:
    """Every class; told apart by identity, for some have their own idea of equality."""
    found = {id(object): object}
    todo = [object]
    while todo:
        for below in type.__subclasses__(todo.pop()):
            if id(below) not in found:
                found[id(below)] = below
                todo.append(below)
    return list(found.values())


def _classes(living: set[int], ours: set[str], cold: FunctionType) -> None:
    for made in _types():
        if made.__dict__.get("__module__") in ours:
            continue
        if made.__flags__ & HEAP_TYPE and not made.__flags__ & IMMUTABLE:
            _class(made, living, cold)
        else:
            _class_of_c(made)


def _class(made: type, living: set[int], cold: FunctionType) -> None:
    """What of a class written in Python is not needed."""
    for name, value in list(made.__dict__.items()):
        if type(value) is FunctionType and id(value) not in living:
            type.__setattr__(made, name, cold)
        elif name in HOW_MADE:
            try:
                type.__delattr__(made, name)
            except (AttributeError, TypeError):
                continue
    if isinstance(made.__dict__.get("__doc__"), str):
        type.__setattr__(made, "__doc__", None)


def _class_of_c(made: type) -> None:
    """Of a class written in C its text. Its methods stay: C has references to some that it does not count."""
    (content,) = [found for found in get_referents(made.__dict__) if type(found) is dict]
    if isinstance(content.get("__doc__"), str):
        content["__doc__"] = None


def _module(module: ModuleType, names: set[str], cold: FunctionType) -> None:
    keep = names | OF_SYS if module is sys else names
    inside = module.__dict__
    if module is builtins:
        return
    for name in list(inside):
        if name not in keep:
            del inside[name]
    if module is not sys:
        inside["__getattr__"] = cold
