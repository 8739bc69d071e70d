"""The wheel for pages: the core alone, without docstrings, comments and types: each visitor loads and compiles it."""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)
DESCRIPTION = "heap_web for pages that run Python: the core alone. For servers: pip install 'heap-web[cloud]'.\n"
# What is for servers says so instead.
ELSEWHERE = """\
import sys
if sys.platform == "emscripten":
    raise ImportError("heap_web.cloud is for servers: Heap's server-side API does not accept calls from browsers. \
In a page use heap_web.load(app_id).")
raise ImportError("this is the wheel of heap_web for pages; for servers: pip install 'heap-web[cloud]'")
"""
FOR_SERVERS = ("heap_web/cloud/", "heap_web/audiences/", "heap_web/command.py")
REPLACED = {
    "heap_web/cloud/__init__.py": ELSEWHERE,
    "heap_web/audiences/__init__.py": "import heap_web.cloud\n",
}


def for_pages(wheel: Path) -> bytes:
    """The full wheel's core as a wheel of its own, under the same name; the same bytes for the same wheel."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(wheel) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        record: list[str] = []
        name = ""
        for path, content in _contents(source):
            if path.endswith(".dist-info/RECORD"):
                name = path
                continue
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record.append(f"{path},sha256={digest},{len(content)}")
            target.writestr(_entry(path), content)
        target.writestr(_entry(name), "\n".join([*record, f"{name},,", ""]))
    return packed.getvalue()


def _contents(wheel: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for path in wheel.namelist():
        if path in REPLACED:
            yield path, REPLACED[path].encode()
        elif path.startswith(FOR_SERVERS) or path.endswith(("/entry_points.txt", "/py.typed")):
            continue
        elif path.endswith(".py"):
            yield path, stripped(wheel.read(path).decode()).encode()
        elif path.endswith(".dist-info/METADATA"):
            head, _, _ = wheel.read(path).decode().partition("\n\n")
            yield path, f"{head}\n\n{DESCRIPTION}".encode()
        else:
            yield path, wheel.read(path)


def stripped(source: str) -> str:
    """The same program without docstrings, comments, and what is for type checkers alone.

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
    return ast.unparse(tree) + "\n"


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)


def _is_for_checkers(line: ast.stmt) -> bool:
    return isinstance(line, ast.If) and ast.unparse(line.test) == "TYPE_CHECKING" and not line.orelse


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
