"""In an interpreter under Node: the byte code of a wheel's own modules, for the import system of the same Python."""

import importlib.util
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]


def write_zip(wheel: str, package: str, path: str) -> None:
    """Writes to the zip `path`, for each module right in `package`, the file that Python looks for in `__pycache__`."""
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(path, "w") as archive:
        for name in sorted(source.namelist()):
            folder, _, module = name.rpartition("/")
            if folder != package or not module.endswith(".py"):
                continue
            content = source.read(name)
            code = compile(content, name, "exec", dont_inherit=True)
            # Unchecked: the sources beside it are those of the same wheel, and unzipping gives them other times.
            pyc = _code_to_hash_pyc(code, importlib.util.source_hash(content), False)
            archive.writestr(importlib.util.cache_from_source(name), bytes(pyc))
