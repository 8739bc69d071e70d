"""The runtime: Pyodide trimmed to what is used, the interpreter frozen with heap_web inside, the worker's code."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from heap_web.dev.build.steps import ROOT, STATIC, StepFailed, cached, files_under, fingerprint, run
from heap_web.dev.build.toolchain import PYODIDE, esbuild, node_tool

FROZEN = ROOT / "heap_web" / "dev" / "build" / "frozen"
TOOLS = STATIC / "tools"
WORKER = STATIC / "src" / "worker"
ENTRY = "heap_web.runtime"
# What a worker starts on, where Pyodide has been trimmed.
SMALL = ("pyodide.asm.wasm", "python.bin")
# What a worker goes on with when that lacks something; where Pyodide is as npm has it, all there is.
GLUE = "pyodide.asm.js"
WHOLE = ("pyodide.whole.wasm", "python.whole.bin")
# Pyodide's own files, by their names here.
PYODIDE_FILES = {GLUE: "pyodide.asm.mjs", WHOLE[0]: "pyodide.asm.wasm"}
# What the interpreter answers before it is frozen: one call of each kind, a nested cart, values of every type.
SAMPLE = STATIC / "tools" / "sample.json"
# The recorded cases, each a batch, which a built runtime has to answer as this Python does.
BATCHES = STATIC / "tools" / "batches.json"
# How often each batch is altered at random and answered again, when what Python needs is looked for.
ROUNDS = 8
# Of the tools for trimming those that are used only once it is known what runs.
LATER = ("constants.mjs", "odd-batches.mjs", "unreachable.mjs")
# What of the worker's code runs in the build as well.
SHARED = [WORKER / name for name in ("interpreter.js", "snapshot.js", "whole.js")]


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
    """The folder of Pyodide's files without what a frozen interpreter never uses, and of its core alone."""
    tools = [TOOLS / "trim.mjs", TOOLS / "interpreter.mjs", *files_under(TOOLS / "trim", "*.mjs")]
    key = fingerprint([tool for tool in tools if tool.name not in LATER] + [STATIC / "package-lock.json"])

    def make(out: Path) -> None:
        node_tool("trimming Pyodide", "trim.mjs", json.dumps({"pyodide": str(PYODIDE), "out": str(out)}))

    return cached("trim", key, make)


def _ran(code: Path) -> Path:
    """The list of the Python functions that run while an interpreter answers the recorded batches, and altered ones."""
    tools = [TOOLS / name for name in ("tracing.mjs", "interpreter.mjs", "trim/odd-batches.mjs")]
    key = fingerprint([code, SAMPLE, BATCHES, *tools, PYODIDE / "package.json"], rounds=ROUNDS)

    def make(out: Path) -> None:
        options = {
            "pyodide": str(PYODIDE),
            "code": str(code),
            "sample": SAMPLE.read_text("utf-8"),
            "batches": json.loads(BATCHES.read_text("utf-8")),
            "rounds": ROUNDS,
            "out": str(out / "ran.json"),
        }
        node_tool("looking for the Python that runs", "tracing.mjs", json.dumps(options))

    return cached("tracing", key, make) / "ran.json"


def _frozen(code: Path, ran: Path | None = None) -> Path:
    """The frozen interpreter; `ran`: with these functions alone."""
    tools = [TOOLS / name for name in ("freeze.mjs", "interpreter.mjs", "memory.mjs")]
    key = fingerprint([code, SAMPLE, *([ran] if ran else []), *tools, *SHARED, PYODIDE / "package.json"])

    def make(out: Path) -> None:
        options = {
            "pyodide": str(PYODIDE),
            "code": str(code),
            "entry": ENTRY,
            "sample": SAMPLE.read_text("utf-8"),
            "out": str(out / "python.bin"),
            **({"ran": ran.read_text("utf-8")} if ran else {}),
        }
        node_tool(f"freezing the interpreter{', small' if ran else ''}", "freeze.mjs", json.dumps(options))

    return cached("freeze", key, make) / "python.bin"


def _small(core: Path, snapshot: Path) -> Path:
    """The folder of what a worker starts on: of Pyodide's core, and of a snapshot, what was seen to be needed."""
    tools = [TOOLS / "shrink.mjs", TOOLS / "interpreter.mjs", *files_under(TOOLS / "trim", "*.mjs")]
    key = fingerprint([*tools, *SHARED, core, snapshot, SAMPLE, BATCHES, STATIC / "package-lock.json"], rounds=ROUNDS)

    def make(out: Path) -> None:
        options = {
            "core": str(core),
            "pyodide": str(PYODIDE),
            "snapshot": str(snapshot),
            "sample": SAMPLE.read_text("utf-8"),
            "batches": json.loads(BATCHES.read_text("utf-8")),
            "rounds": ROUNDS,
            "out": str(out),
        }
        node_tool("looking for what Python needs", "shrink.mjs", json.dumps(options))

    return cached("small", key, make)


def _scripts(parts: dict[str, dict[str, int | str]]) -> Path:
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
    code = _byte_code(wheel)
    try:
        return _named(_trimmed_files(code))
    except StepFailed as failure:
        print(f"· Pyodide stays as npm has it, for it cannot be trimmed: {failure}", flush=True)
        return _named(_files_of_npm(code))


def _files_of_npm(code: Path) -> dict[str, bytes]:
    """Pyodide as npm has it, and the whole interpreter."""
    files = {name: (PYODIDE / original).read_bytes() for name, original in PYODIDE_FILES.items()}
    return files | {WHOLE[1]: _frozen(code).read_bytes()}


def _trimmed_files(code: Path) -> dict[str, bytes]:
    """A small interpreter, and a whole one."""
    # Neither needs the other, and both take a while.
    with ThreadPoolExecutor(1) as beside:
        trimming = beside.submit(_trimmed)
        frozen = _frozen(code, _ran(code))
        trimmed = trimming.result()
    small = _small(trimmed / "pyodide.core.wasm", frozen)
    files = {name: (small / name).read_bytes() for name in SMALL}
    files |= {name: (trimmed / name).read_bytes() for name in PYODIDE_FILES}
    return files | {WHOLE[1]: _frozen(code).read_bytes()}


def _part(name: str, content: bytes) -> dict[str, int | str]:
    """What the worker knows of a file beforehand; the hash of those that nothing else checks."""
    checked = {"sha256": hashlib.sha256(content).hexdigest()} if name.endswith(".bin") else {}
    return {"size": len(content), **checked}


def _named(files: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """A runtime's name and its files, those with the worker's code among them, once they have been seen to work."""
    scripts = _scripts({name: _part(name, content) for name, content in files.items()})
    files = files | {name: (scripts / name).read_bytes() for name in ("worker.js", "python.js")}
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


def trimmed(files: Mapping[str, bytes]) -> bool:
    """Whether a runtime's Pyodide is other than npm has it."""
    return SMALL[0] in files


def python_version(files: Mapping[str, bytes]) -> str:
    """The version of the Python frozen in a runtime, from the header of its snapshot."""
    file = files[WHOLE[1]]
    length = int.from_bytes(file[:4], "little")
    return str(json.loads(file[8 : 8 + length])["python"])
