"""In the second interpreter, just before it is frozen: imports the worker's entry, warms it, and puts everything else out."""

import gc
import importlib
import sys


def settle(entry: str, sample: str) -> str:
    """Imports module `entry`, runs its `run` on `sample` often enough to be warm, and returns Python's version."""
    run = importlib.import_module(entry).run
    for _ in range(100):
        run(sample)
    sys.path.remove("/tmp")
    sys.path_importer_cache.clear()
    sys.modules.pop(__name__, None)
    gc.collect()
    gc.freeze()
    return sys.version.split()[0]
