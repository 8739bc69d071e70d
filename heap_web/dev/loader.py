"""The loader: the page's half, bundled with what the build knows: where the runtime is, and what Heap's snippet is made of."""

from __future__ import annotations

import json
from pathlib import Path

from heap_web.dev.steps import STATIC, StepFailed, cached, files_under, fingerprint
from heap_web.dev.toolchain import esbuild

PAGE = STATIC / "src" / "page"
TYPES = STATIC / "src" / "heap-web.d.ts"


def build_loader(runtime: str, version: str) -> dict[str, bytes]:
    """heap-web.js, heap-web.mjs and heap-web.d.ts, for a runtime in the folder of that name."""
    from heap_web import snippet

    entries = {"heap-web.js": (PAGE / "loader.js", "iife"), "heap-web.mjs": (PAGE / "module.js", "esm")}
    for source in (*(source for source, _ in entries.values()), TYPES):
        if not source.exists():
            raise StepFailed(f"bundling the loader: {source.relative_to(STATIC.parent)} is missing from this work tree.")
    constants = {
        "__RUNTIME__": f"runtime/{runtime}/",
        "__HEAP__": snippet.loader_data(),
        "__VERSION__": version,
    }
    defines = [f"--define:{name}={json.dumps(value, sort_keys=True)}" for name, value in constants.items()]
    key = fingerprint([*files_under(PAGE, "*.js"), STATIC / "package-lock.json"], defines=defines)

    def make(out: Path) -> None:
        flags = ["--bundle", "--minify", "--target=es2020", "--charset=utf8", "--legal-comments=none"]
        for name, (source, style) in entries.items():
            esbuild(f"bundling {name}", [str(source), *flags, f"--format={style}", *defines, f"--outfile={out / name}"])

    built = cached("loader", key, make)
    return {**{name: (built / name).read_bytes() for name in entries}, TYPES.name: TYPES.read_bytes()}
