"""A .wasm that lacks what most batches need, so that a test sees Python go on with the whole one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from heap_web.dev.build import runtime
from heap_web.dev.build.toolchain import node, node_tool

# All that it was seen to answer.
SEEN = json.dumps({"config": {}, "user": {}, "calls": []})
NOTHING_WARM = f"""
const {{ stubCold }} = await import({json.dumps((runtime.TOOLS / "trim" / "stub-cold.mjs").as_uri())});
const {{ readFileSync, writeFileSync }} = await import("node:fs");
writeFileSync(process.argv[2], stubCold(new Uint8Array(readFileSync(process.argv[1])), new Set()));
"""


def barely_warm(built: Path, folder: Path) -> bytes:
    """The .wasm that boots on a built runtime's files, and comes to a stub in any batch with a call in it."""
    whole = folder / "whole"
    whole.mkdir()
    shutil.copy(built / "pyodide.asm.mjs", whole)
    shutil.copy(built / runtime.WHOLE, whole / "pyodide.asm.wasm")
    options = {
        "folder": str(whole),
        "snapshot": str(built / "python.bin"),
        "sample": SEEN,
        "batches": [],
        "rounds": 0,
        "out": str(folder),
    }
    node_tool("making a .wasm that lacks a lot", "warm.mjs", json.dumps(options))
    return (folder / "pyodide.asm.wasm").read_bytes()


def all_cold(built: Path, folder: Path) -> bytes:
    """The .wasm on which not even the boot succeeds."""
    made = folder / "cold.wasm"
    command = [node(), "--input-type=module", "--eval", NOTHING_WARM, str(built / runtime.WHOLE), str(made)]
    subprocess.run(command, check=True, timeout=60)
    return made.read_bytes()
