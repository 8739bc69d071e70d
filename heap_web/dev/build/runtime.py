"""The runtime: Pyodide trimmed to what is used, the interpreter frozen with heap_web inside, the worker's code."""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from heap_web.dev.build.steps import ROOT, STATIC, StepFailed, cached, files_under, fingerprint, run
from heap_web.dev.build.toolchain import PYODIDE, esbuild, node_tool

FROZEN = ROOT / "heap_web" / "dev" / "build" / "frozen"
TOOLS = STATIC / "tools"
WORKER = STATIC / "src" / "worker"
ENTRY = "heap_web.runtime"
# Pyodide's own files, as npm has them and as they are shipped.
PYODIDE_FILES = ("pyodide.asm.mjs", "pyodide.asm.wasm")
# The whole of what "pyodide.asm.wasm" is a part of, where that is trimmed.
WHOLE = "pyodide.whole.wasm"
# Makes the interpreter warm before it is frozen: one call of each kind, a nested cart, values of every type.
SAMPLE = STATIC / "tools" / "sample.json"
# The recorded cases, each a batch, which a built runtime has to answer as this Python does.
BATCHES = STATIC / "tools" / "batches.json"
# How often each batch is altered at random and answered again, when what Python needs is looked for.
ROUNDS = 8


def _micropip() -> Path:
    """micropip's wheel, as pip finds it."""
    script = FROZEN / "requirements.txt"

    def make(out: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary"]
        run(
            "fetching micropip",
            [*command, ":all:", "--python-version", "3.14", "--dest", str(out), "--requirement", str(script)],
            advice="Is pip's package index reachable (pip config list)?",
        )

    (wheel,) = cached("micropip", fingerprint([script]), make).glob("*.whl")
    return wheel


def _byte_code(wheel: Path) -> Path:
    """The zip of byte code that a first interpreter wrote after micropip had installed the wheel there."""
    micropip = _micropip()
    scripts = files_under(FROZEN, "*.py")
    tools = [TOOLS / "install.mjs", TOOLS / "interpreter.mjs"]
    key = fingerprint([wheel, micropip, SAMPLE, *scripts, *tools, PYODIDE / "package.json"])

    def make(out: Path) -> None:
        options = {
            "pyodide": str(PYODIDE),
            "micropip": str(micropip),
            "wheel": str(wheel),
            "wheelName": wheel.name,
            "scripts": {path.relative_to(FROZEN).as_posix(): str(path) for path in scripts},
            "entry": ENTRY,
            "sample": SAMPLE.read_text("utf-8"),
            "out": str(out / "modules.zip"),
        }
        node_tool("installing the wheel in Pyodide", "install.mjs", json.dumps(options))

    return cached("install", key, make) / "modules.zip"


def _trimmed() -> Path:
    """The folder of Pyodide's files without what a frozen interpreter never uses."""
    tools = [TOOLS / "trim.mjs", TOOLS / "interpreter.mjs", *files_under(TOOLS / "trim", "*.mjs")]
    key = fingerprint([*tools, STATIC / "package-lock.json"])

    def make(out: Path) -> None:
        node_tool("trimming Pyodide", "trim.mjs", json.dumps({"pyodide": str(PYODIDE), "out": str(out)}))

    return cached("trim", key, make)


def _snapshot(wheel: Path, *, carried: bool) -> Path:
    """The frozen interpreter; `carried`: with Python's static data, for a .wasm file that comes without it."""
    code = _byte_code(wheel)
    tools = [TOOLS / name for name in ("freeze.mjs", "interpreter.mjs", "memory.mjs")]
    shared = [WORKER / name for name in ("interpreter.js", "snapshot.js")]
    key = fingerprint([code, SAMPLE, *tools, *shared, PYODIDE / "package.json"], carried=carried)

    def make(out: Path) -> None:
        options = {
            "pyodide": str(PYODIDE),
            "code": str(code),
            "entry": ENTRY,
            "sample": SAMPLE.read_text("utf-8"),
            "carried": carried,
            "out": str(out / "python.bin"),
        }
        node_tool("freezing the interpreter", "freeze.mjs", json.dumps(options))

    return cached("freeze", key, make) / "python.bin"


def _warm(pyodide: Path, snapshot: Path) -> Path:
    """The .wasm that a frozen interpreter starts on: what of Pyodide's, trimmed, it was seen to need."""
    tools = [TOOLS / "warm.mjs", TOOLS / "interpreter.mjs", *files_under(TOOLS / "trim", "*.mjs")]
    shared = [WORKER / name for name in ("interpreter.js", "snapshot.js")]
    pieces = [pyodide / name for name in PYODIDE_FILES]
    key = fingerprint(
        [*tools, *shared, *pieces, snapshot, SAMPLE, BATCHES, STATIC / "package-lock.json"], rounds=ROUNDS
    )

    def make(out: Path) -> None:
        options = {
            "folder": str(pyodide),
            "snapshot": str(snapshot),
            "sample": SAMPLE.read_text("utf-8"),
            "batches": json.loads(BATCHES.read_text("utf-8")),
            "rounds": ROUNDS,
            "out": str(out),
        }
        node_tool("looking for what Python needs", "warm.mjs", json.dumps(options))

    return cached("warm", key, make) / "pyodide.asm.wasm"


def _scripts(parts: dict[str, int | str]) -> Path:
    """worker.js and python.js, each with what it imports."""
    key = fingerprint([*files_under(WORKER, "*.js"), SAMPLE, STATIC / "package-lock.json"], parts=parts)

    def make(out: Path) -> None:
        entries = [f"src/worker/{name}.js" for name in ("worker", "python")]
        flags = ["--bundle", "--format=esm", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none"]
        sample = json.dumps(json.loads(SAMPLE.read_text("utf-8")), separators=(",", ":"))
        constants = {"__PARTS__": parts, "__SAMPLE__": sample}
        define = [f"--define:{name}={json.dumps(value, sort_keys=True)}" for name, value in constants.items()]
        esbuild("bundling the worker", [*entries, *flags, *define, f"--outdir={out}"])

    return cached("worker", key, make)


def build_runtime(wheel: Path) -> tuple[str, dict[str, bytes]]:
    """The runtime's folder name (a hash of its content) and its files.

    Should Pyodide not let itself be trimmed, or not work then, it is shipped as npm has it: bigger, and slower to boot.
    """
    try:
        # Neither needs the other, and both take a while.
        with ThreadPoolExecutor(1) as beside:
            trimming = beside.submit(_trimmed)
            _snapshot(wheel, carried=True)
        return _runtime(wheel, trimming.result())
    except StepFailed as failure:
        print(f"· Pyodide stays as npm has it, for it cannot be trimmed: {failure}", flush=True)
        return _runtime(wheel, PYODIDE)


def _runtime(wheel: Path, pyodide: Path) -> tuple[str, dict[str, bytes]]:
    """The runtime on Pyodide's files in a folder."""
    whole = pyodide != PYODIDE
    snapshot = _snapshot(wheel, carried=whole)
    files = {name: (pyodide / name).read_bytes() for name in PYODIDE_FILES}
    files["python.bin"] = snapshot.read_bytes()
    if whole:
        files[WHOLE] = files["pyodide.asm.wasm"]
        files["pyodide.asm.wasm"] = _warm(pyodide, snapshot).read_bytes()
    names = {"glue": "pyodide.asm.mjs", "wasm": "pyodide.asm.wasm", "whole": WHOLE, "snapshot": "python.bin"}
    sizes = {part: len(files.get(name, b"")) for part, name in names.items()}
    scripts = _scripts({**sizes, "sha256": hashlib.sha256(files["python.bin"]).hexdigest()})
    files |= {name: (scripts / name).read_bytes() for name in ("worker.js", "python.js")}
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    name = digest.hexdigest()[:16]
    _verify(name, files)
    return name, files


def _verify(name: str, files: dict[str, bytes]) -> None:
    """Boots exactly these files under Node, over HTTP as a browser would, and has them answer as this Python does."""
    tool = TOOLS / "verify.mjs"
    sources = files_under(ROOT / "heap_web", "*.py")

    def make(out: Path) -> None:
        from heap_web.runtime import run as answer

        for file, content in files.items():
            (out / file).write_bytes(content)
        batches = [SAMPLE.read_text("utf-8"), *json.loads(BATCHES.read_text("utf-8"))]
        options = {"folder": str(out), "batches": [[batch, answer(batch)] for batch in batches]}
        node_tool("booting the built runtime", "verify.mjs", json.dumps(options))
        for file in files:
            (out / file).unlink()
        (out / "boots").touch()

    cached("verify", fingerprint([tool, SAMPLE, BATCHES, *sources], name=name), make)


def trimmed(files: dict[str, bytes]) -> bool:
    """Whether a runtime's Pyodide is other than npm has it."""
    return any(files[name] != (PYODIDE / name).read_bytes() for name in PYODIDE_FILES)


def python_version(files: dict[str, bytes]) -> str:
    """The version of the Python frozen in a runtime, from the header of its snapshot."""
    file = files["python.bin"]
    length = int.from_bytes(file[:4], "little")
    return str(json.loads(file[12 : 12 + length])["python"])
