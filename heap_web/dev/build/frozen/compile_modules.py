"""In the first interpreter: the byte code of every module that the second will need, without docstrings and asserts."""

import importlib
import importlib.util
import sys
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]
from pathlib import Path

HERE = Path(__file__).parent
OURS = {"entry", "prune", "settle", "tracing"}
EPOCH = (1980, 1, 1, 0, 0, 0)


def source_of(name: str) -> tuple[str, str] | None:
    """A module's path without suffix and its source or its substitute's; None if it has neither (built in)."""
    spec = importlib.util.find_spec(name)
    get_source = getattr(spec and spec.loader, "get_source", None)
    if spec is None or get_source is None:
        return None
    try:
        source = get_source(name)
    except ImportError:  # a frozen module under a second name
        return None
    if source is None:
        return None
    stem = name.replace(".", "/") + ("" if spec.submodule_search_locations is None else "/__init__")
    substitute = HERE / "substitutes" / f"{stem}.py"
    return stem, substitute.read_text("utf-8") if substitute.exists() else source


def write_zip(entry: str, sample: str, path: str) -> None:
    """Has module `entry` run the sample; writes to the zip `path` all Python modules loaded by then, and OURS."""
    importlib.import_module(entry).run(sample)
    names = {name for name in sys.modules if name not in ("__main__", __name__)} | OURS
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(names):
            found = source_of(name)
            if found is None:
                continue
            stem, source = found
            code = compile(source, f"/{stem}.py", "exec", dont_inherit=True, optimize=2)
            pyc = _code_to_hash_pyc(code, importlib.util.source_hash(source.encode()), False)
            archive.writestr(zipfile.ZipInfo(f"{stem}.pyc", EPOCH), bytes(pyc))
