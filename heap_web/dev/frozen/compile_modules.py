"""In the first interpreter: the byte code of every module that the worker needs, without docstrings and asserts."""

import importlib
import importlib.util
import sys
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[import-not-found,attr-defined]

EPOCH = (1980, 1, 1, 0, 0, 0)


def source_of(name: str) -> tuple[str, bytes] | None:
    """The path inside a zip and the source of a module, or None where it has none (built in, frozen)."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None or not hasattr(spec.loader, "get_source"):
        return None
    try:
        text = spec.loader.get_source(name)
    except ImportError:
        return None
    if text is None:
        return None
    stem = name.replace(".", "/")
    return (f"{stem}/__init__" if spec.submodule_search_locations is not None else stem), text.encode()


def write_zip(entry: str, path: str) -> None:
    """Imports `entry` and writes every Python module that is loaded by then to the zip at `path`."""
    importlib.import_module(entry)
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(sys.modules):
            found = None if name in ("__main__", __name__) else source_of(name)
            if found is None:
                continue
            stem, source = found
            code = compile(source, f"/{stem}.py", "exec", dont_inherit=True, optimize=2)
            pyc = _code_to_hash_pyc(code, importlib.util.source_hash(source), False)
            archive.writestr(zipfile.ZipInfo(f"{stem}.pyc", EPOCH), bytes(pyc))
