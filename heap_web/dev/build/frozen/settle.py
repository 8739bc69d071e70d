"""In the second interpreter, before it is frozen: imports the worker's entry, has it answer, drops what is done."""

import importlib
import json
import sys
from collections.abc import Callable
from gc import collect, freeze, get_objects
from sys import _is_immortal as is_immortal  # type: ignore[attr-defined]
from sys import intern

# What the standard library needs while classes and functions are made, and nothing needs once they are there.
# A worker never imports: whatever is not loaded by now is not there later.
DONE_WITH = [
    "_colorize",
    "_opcode_metadata",
    "_pyodide.docstring",
    "_pyodide.jsbind",
    "_sitebuiltins",
    "annotationlib",
    "ast",
    "codeop",
    "copy",
    "dis",
    "fnmatch",
    "glob",
    "importlib._abc",
    "importlib.abc",
    "inspect",
    "linecache",
    "opcode",
    "pathlib",
    "pathlib._os",
    "site",
    "textwrap",
    "token",
    "tokenize",
    "zipimport",
]
ROUNDS = 100


def settle(entry: str, sample: str) -> str:
    """Imports module `entry`, runs its `run` on `sample` until Python is at speed, and returns Python's version."""
    run = importlib.import_module(entry).run
    answer = run(sample)
    _clear([*DONE_WITH, __name__])
    _repeat(run, sample, answer)
    freeze()
    return sys.version.split()[0]


def settle_small(sample: str, ran: str) -> str:
    """The same of what is left when all functions have gone that are not among `ran`, a JSON list.

    Returns Python's version, and where in memory the functions are that a worker calls, as JSON.
    """
    from entry import answer, prime  # type: ignore[import-not-found]
    from prune import prune  # type: ignore[import-not-found]

    version = sys.version.split()[0]
    wanted = answer(sample)
    _clear([*DONE_WITH, __name__])
    keys = {(file, name, line) for file, name, line in json.loads(ran)}
    del ran
    prune(keys, {__name__, prune.__module__})
    del keys, prune
    sys.entry = answer, prime  # type: ignore[attr-defined]  # for as long as Python is there
    _repeat(answer, sample, wanted)
    return f'{{"python":"{version}","answer":{id(answer)},"prime":{id(prime)}}}'


def interned() -> str:
    """The addresses of the interned strings that would stay until Python ends, whether or not anybody refers to them.

    As JSON.
    """
    return f"[{','.join([str(id(text)) for text in _interned() if is_immortal(text)])}]"


def forget(unused: str) -> None:
    """Takes the strings at these addresses, a JSON list, out of the table of interned strings, and shortens that."""
    table = _interned()
    addresses = {int(address) for address in unused[1:-1].split(",")}
    for text in [text for text in table if id(text) in addresses]:
        del table[text]
    # It is written anew, as long as it has to be, once there is no more room in it.
    for number in range(2 * len(addresses)):
        intern(f"no name {number}")
    collect()
    freeze()


def _interned() -> dict[str, str]:
    """Python's own table of interned strings: no other is as long."""
    table: dict[str, str] = max((found for found in get_objects() if type(found) is dict), key=len)
    if not all(name is text for name, text in table.items()):
        raise RuntimeError("The table of interned strings is not where this version of Python should have it.")
    return table


def _clear(names: list[str]) -> None:
    """Forgets modules and what is in them."""
    for name in names:
        module = sys.modules.pop(name, None)
        if module is not None and name != __name__:
            module.__dict__.clear()
    sys.path.clear()
    sys.meta_path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()


def _repeat(run: Callable[[str], str], sample: str, wanted: str) -> None:
    collect()
    for _ in range(ROUNDS):
        if run(sample) != wanted:
            raise RuntimeError("What was put out is needed: the sample's answer has changed.")
    collect()
