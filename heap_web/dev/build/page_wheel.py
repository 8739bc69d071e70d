"""What Python's package indexes get: each with the page's half in it, one with nothing that a visitor does not need.

- `heap-web`: the whole package, with types, docstrings and the server half, as a wheel and as an sdist.
- `heap-web-pages`: the same import package for pages alone, without docstrings, comments, types and the server half:
  each visitor loads and compiles it. It has a name of its own, since it is another wheel.
"""

from __future__ import annotations

import ast
import base64
import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from heap_web.dev.build.steps import EPOCH as EPOCH_SECONDS

EPOCH = (1980, 1, 1, 0, 0, 0)
PAGES = "heap-web-pages"
#: Where the page's half is in the wheels; heap_web/browser/door.py reads it.
HALF = "heap_web/browser/heap-web.js"
DESCRIPTION = """\
heap_web for pages that run Python, and nothing else: `import heap_web` as with heap-web, of which it is a part.
Install one of the two. For servers and editors: pip install 'heap-web[cloud]'.
"""
# What is for servers says so instead.
ELSEWHERE = """\
import sys
if sys.platform == "emscripten":
    raise ImportError("heap_web.cloud is for servers: Heap's server-side API does not accept calls from browsers. \
In a page use heap_web.load(app_id).")
raise ImportError("this is heap-web-pages, heap_web for pages alone; for servers: pip install 'heap-web[cloud]'")
"""
FOR_SERVERS = ("heap_web/cloud/", "heap_web/audiences/", "heap_web/command.py")
FOR_CHECKERS = ("/py.typed", "heap_web/browser/world.py")
REPLACED = {
    "heap_web/cloud/__init__.py": ELSEWHERE,
    "heap_web/audiences/__init__.py": "import heap_web.cloud\n",
}
# What only servers need of a package index's data.
HEADERS = ("Provides-Extra:", "Requires-Dist:")


def complete(wheel: Path, half: bytes) -> bytes:
    """The whole wheel with the page's half in it; the same bytes for the same input."""
    with zipfile.ZipFile(wheel) as source:
        contents = [(path, source.read(path)) for path in source.namelist()]
    return _packed([*contents, (HALF, half)])


def complete_sdist(sdist: Path, half: bytes) -> bytes:
    """The sdist with the page's half in it, likewise: a wheel built from it has it too."""
    packed = io.BytesIO()
    with (
        tarfile.open(sdist) as source,
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as target,
    ):
        for member in source:
            target.addfile(member, source.extractfile(member))
        added = tarfile.TarInfo(f"{sdist.name.removesuffix('.tar.gz')}/{HALF}")
        added.size, added.mtime, added.mode = len(half), int(EPOCH_SECONDS), 0o644
        target.addfile(added, io.BytesIO(half))
    return packed.getvalue()


def for_pages(wheel: Path, half: bytes) -> tuple[str, bytes]:
    """The file name and the content of the wheel for pages, likewise."""
    folder = wheel.name.rsplit("-", 3)[0]  # heap_web-0.1.0
    name = folder.replace("heap_web", PAGES.replace("-", "_"))
    with zipfile.ZipFile(wheel) as source:
        contents = [(path.replace(f"{folder}.dist-info/", f"{name}.dist-info/"), text) for path, text in _pages(source)]
    return wheel.name.replace(folder, name), _packed([*contents, (HALF, half)])


def _packed(contents: Iterable[tuple[str, bytes]]) -> bytes:
    """A wheel of these files, with a RECORD of them."""
    packed = io.BytesIO()
    record: list[str] = []
    name = ""
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for path, content in contents:
            if path.endswith(".dist-info/RECORD"):
                name = path
                continue
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record.append(f"{path},sha256={digest},{len(content)}")
            target.writestr(_entry(path), content)
        target.writestr(_entry(name), "\n".join([*record, f"{name},,", ""]))
    return packed.getvalue()


def _pages(wheel: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for path in wheel.namelist():
        if path in REPLACED:
            yield path, REPLACED[path].encode()
        elif path.startswith(FOR_SERVERS) or path.endswith(("/entry_points.txt", *FOR_CHECKERS)):
            continue
        elif path.endswith(".py"):
            yield path, stripped(wheel.read(path).decode()).encode()
        elif path.endswith(".dist-info/METADATA"):
            yield path, _metadata(wheel.read(path).decode()).encode()
        else:
            yield path, wheel.read(path)


def _metadata(text: str) -> str:
    """The wheel's data under the name of the wheel for pages, which depends on nothing."""
    head, _, _ = text.partition("\n\n")
    lines = [line for line in head.split("\n") if not line.startswith(HEADERS)]
    return "\n".join([f"Name: {PAGES}" if line.startswith("Name: ") else line for line in lines]) + f"\n\n{DESCRIPTION}"


def stripped(source: str) -> str:
    """The same program without docstrings, comments, and what is for type checkers alone, indented by one space.

    Annotations within classes stay: dataclasses and named tuples are made of them.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            kept = [line for line in node.body if not _is_text(line) and not _is_for_checkers(line)]
            node.body = kept or ([] if isinstance(node, ast.Module) else [ast.Pass()])
    return _INDENT.sub(lambda found: found[0][::4], ast.unparse(tree)) + "\n"


# What is unparsed has no text that goes over several lines, but for docstrings, and those are gone.
_INDENT = re.compile("^(?:    )+", re.MULTILINE)


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)


def _is_for_checkers(line: ast.stmt) -> bool:
    return isinstance(line, ast.If) and ast.unparse(line.test) == "TYPE_CHECKING" and not line.orelse


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
