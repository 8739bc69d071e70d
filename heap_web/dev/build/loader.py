"""The page's half, bundled with what the build knows: where the runtime is, and what Heap's snippet is made of."""

from __future__ import annotations

import json
from pathlib import Path

from heap_web.dev.build.private_names import MANGLE
from heap_web.dev.build.steps import STATIC, StepFailed, cached, files_under, fingerprint
from heap_web.dev.build.toolchain import TERSER, esbuild, terser

PAGE = STATIC / "src" / "page"
PLUGIN = STATIC / "src" / "plugin"
INSPECTOR = STATIC / "src" / "inspector"
TYPES = STATIC / "src" / "heap-web.d.ts"
# What of it each SDK generation needs in the page.
BAKED = ("methods", "host", "path")
FLAGS = ("--bundle", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none", "--loader:.css=text")
# In what pages bundle themselves, comments that tell their bundler to leave an import alone stay: esbuild drops all of
# them with the whitespace, terser need not.
COMMENTED = (FLAGS[0], "--minify-syntax", "--minify-identifiers", *FLAGS[2:])
KEPT = ("--module", "--comments", "/webpackIgnore|@vite-ignore/")
# Chromium then compiles every function beside the page, while it loads, and not each at its first call in the page.
EAGER = b"//# allFunctionsCalledOnLoad\n"


def build_loader(runtime: str, version: str) -> dict[str, bytes]:
    """heap-web.js, heap-web.mjs, heap-web.d.ts, inspector.js; `runtime` is the name of the runtime's folder.

    The page's half is one file: a second one would be a second request on the way of the first call.
    """
    from heap_web.core import snippet

    entries = {"heap-web.js": (PAGE / "loader.js", "iife"), "heap-web.mjs": (PAGE / "module.js", "esm")}
    inspector = INSPECTOR / "inspector.js"
    for source in (*(source for source, _ in entries.values()), inspector, TYPES):
        if not source.exists():
            name = source.relative_to(STATIC.parent)
            raise StepFailed(f"bundling the loader: {name} is missing from this work tree.")
    heap = snippet.loader_data()
    constants: dict[str, object] = {
        "__RUNTIME__": f"runtime/{runtime}/",
        "__HEAP__": {sdk: {key: heap[sdk][key] for key in BAKED} for sdk in ("classic", "latest")},
        "__VERSION__": version,
    }
    folders = (PAGE, PLUGIN, INSPECTOR)
    sources = [
        *(path for folder in folders for path in files_under(folder, "*.js", "*.css")),
        STATIC / "package-lock.json",
    ]
    key = fingerprint(sources, constants=constants, flags=(FLAGS, COMMENTED, KEPT, MANGLE, TERSER))

    def make(out: Path) -> None:
        def bundle(name: str, source: Path, style: str, flags: tuple[str, ...] = FLAGS) -> None:
            defines = [f"--define:{constant}={json.dumps(value)}" for constant, value in constants.items()]
            esbuild(f"bundling {name}", [str(source), *flags, f"--format={style}", *defines, f"--outfile={out / name}"])

        for name, (source, style) in entries.items():
            bundle(name, source, style, (*(COMMENTED if style == "esm" else FLAGS), MANGLE))
            terser(f"minifying {name}", out / name, *(KEPT if style == "esm" else ()))
        bundle("inspector.js", inspector, "esm")

    built = cached("loader", key, make)
    files = {name: (built / name).read_bytes() for name in (*entries, "inspector.js")}
    return {**files, "heap-web.js": EAGER + files["heap-web.js"], TYPES.name: TYPES.read_bytes()}
