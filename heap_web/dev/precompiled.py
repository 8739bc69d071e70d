"""Byte code in the wheel: Pyodide compiles what it imports anew on every page, which takes longer than running it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

from heap_web.dev.runtime import FROZEN, TOOLS
from heap_web.dev.steps import cached, fingerprint
from heap_web.dev.toolchain import PYODIDE, node_tool

PACKAGE = "heap_web"
EPOCH = (1980, 1, 1, 0, 0, 0)


def with_byte_code(wheel: Path) -> bytes:
    """The wheel with the byte code of the package's own modules for Pyodide's Python; any other Python ignores it."""
    code = _byte_code(wheel)
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(wheel) as source,
        zipfile.ZipFile(code) as compiled,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        added = {name: compiled.read(name) for name in compiled.namelist()}
        for item in source.infolist():
            content = source.read(item)
            if item.filename.endswith(".dist-info/RECORD"):
                target.writestr(item, _recorded(content, added))
            else:
                target.writestr(item, content)
        for name, content in added.items():
            item = zipfile.ZipInfo(name, EPOCH)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.external_attr = 0o644 << 16
            target.writestr(item, content)
    return packed.getvalue()


def _recorded(record: bytes, added: dict[str, bytes]) -> bytes:
    """RECORD with the added files; its own line stays the last."""
    lines = record.decode().splitlines()
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(content).digest()) for name, content in added.items()}
    new = [f"{name},sha256={digest.decode().rstrip('=')},{len(added[name])}" for name, digest in digests.items()]
    return "\n".join([*lines[:-1], *new, lines[-1], ""]).encode()


def _byte_code(wheel: Path) -> Path:
    """The zip of byte code, written by Pyodide's own Python."""
    script = FROZEN / "compile_package.py"
    key = fingerprint([wheel, script, TOOLS / "precompile.mjs", TOOLS / "interpreter.mjs", PYODIDE / "package.json"])

    def make(out: Path) -> None:
        options = {
            "pyodide": str(PYODIDE),
            "wheel": str(wheel),
            "package": PACKAGE,
            "script": str(script),
            "out": str(out / "byte_code.zip"),
        }
        node_tool("compiling the wheel's modules in Pyodide", "precompile.mjs", json.dumps(options))

    return cached("precompile", key, make) / "byte_code.zip"
