"""In the second interpreter, before it is frozen: imports the worker's entry, warms it, drops what is done with."""

import gc
import importlib
import sys

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
WARM = 100


def settle(entry: str, sample: str) -> str:
    """Imports module `entry`, runs its `run` on `sample` until it is warm, and returns Python's version."""
    run = importlib.import_module(entry).run
    answer = run(sample)
    for name in [*DONE_WITH, __name__]:
        module = sys.modules.pop(name, None)
        if module is not None and name != __name__:
            module.__dict__.clear()
    sys.path.clear()
    sys.meta_path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    gc.collect()
    for _ in range(WARM):
        if run(sample) != answer:
            raise RuntimeError("What was put out is needed: the sample's answer has changed.")
    gc.collect()
    gc.freeze()
    return sys.version.split()[0]
