"""Small interpreters that lack what most batches need, so that a test sees Python go on with the whole one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from heap_web.dev.build import runtime
from heap_web.dev.build.steps import alone, cached, files_under, fingerprint
from heap_web.dev.build.toolchain import PYODIDE, node, node_tool
from heap_web.dev.build.wheel import build_wheel

# All that it was seen to answer.
SEEN = json.dumps({"config": {}, "user": {}, "calls": []})
NOTHING_KEPT = f"""
const {{ stubCold }} = await import({json.dumps((runtime.TOOLS / "trim" / "stub-cold.mjs").as_uri())});
const {{ readFileSync, writeFileSync }} = await import("node:fs");
writeFileSync(process.argv[2], stubCold(new Uint8Array(readFileSync(process.argv[1])), new Set()));
"""


def core() -> Path:
    """Pyodide's core as it was before anything was left out that a batch might need; made when dist/ was."""
    return runtime._trimmed() / "pyodide.core.wasm"


def too_small() -> bytes:
    """The .wasm that boots on a built runtime's files, and comes to a stub in any batch with a call in it.

    It takes half a minute to make, so parts of the tests that run at once wait for the first of them to make it.
    """
    with alone():
        code = runtime._byte_code(build_wheel())
        snapshot = runtime._frozen(code, runtime._ran(code))
        key = fingerprint([core(), snapshot, *files_under(runtime.TOOLS, "*.mjs"), *runtime.SHARED], sample=SEEN)

        def make(out: Path) -> None:
            options = {
                "core": str(core()),
                "pyodide": str(PYODIDE),
                "snapshot": str(snapshot),
                "sample": SEEN,
                "batches": [],
                "rounds": 0,
                "out": str(out),
            }
            node_tool("making a .wasm that lacks a lot", "shrink.mjs", json.dumps(options))

        return (cached("too-small", key, make, keep=1) / "pyodide.asm.wasm").read_bytes()


def empty(folder: Path) -> bytes:
    """The .wasm on which not even an empty batch is answered."""
    made = folder / "cold.wasm"
    command = [node(), "--input-type=module", "--eval", NOTHING_KEPT, str(core()), str(made)]
    subprocess.run(command, check=True, timeout=60)
    return made.read_bytes()


def too_little_python(built: Path, folder: Path) -> dict[str, bytes]:
    """A runtime with all of Python's C code, and of Python's Python what an empty batch needs."""
    code = runtime._byte_code(build_wheel())
    options = {"pyodide": str(PYODIDE), "code": str(code), "sample": SEEN, "entry": runtime.ENTRY}
    ran, snapshot = folder / "ran.json", folder / "python.bin"
    traced = {**options, "batches": [], "rounds": 0, "out": str(ran)}
    node_tool("looking for the Python that an empty batch needs", "tracing.mjs", json.dumps(traced))
    frozen = {**options, "ran": ran.read_text("utf-8"), "out": str(snapshot)}
    node_tool("freezing Python that lacks a lot", "freeze.mjs", json.dumps(frozen))
    files = {name: (built / name).read_bytes() for name in (runtime.GLUE, *runtime.WHOLE)}
    files |= dict(zip(runtime.SMALL, (core().read_bytes(), snapshot.read_bytes()), strict=True))
    scripts = runtime._scripts({name: runtime._part(name, content) for name, content in files.items()})
    return files | {"python.js": (scripts / "python.js").read_bytes()}
