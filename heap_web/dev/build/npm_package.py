"""The npm package: what a page loads of dist/, with what npm and bundlers must know of it. `npm publish dist/npm`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from heap_web.dev.build.compress import ENCODINGS
from heap_web.dev.build.steps import ROOT, STATIC, cached, fingerprint
from heap_web.dev.build.toolchain import esbuild
from heap_web.dev.docs import pages as docs

# What a site has beside the runtime's folder: what pages load, and the licences of what they load.
BUILT = ("heap-web.js", "heap-web.mjs", "heap-web.d.ts", "inspector.js", "manifest.json", "THIRD-PARTY.txt")
# What is for Node alone: the command, the plugin for Vite.
NODE = STATIC / "src" / "npm"
# The module, for `require`. Without an address of its own it takes the page's for one.
HOME = "const __home = typeof document === 'undefined' ? '' : document.baseURI;"
REQUIRED = ("--format=cjs", "--charset=utf8", "--define:import.meta.url=__home", f"--banner:js={HOME}")
# What npm calls the stages before a release.
STAGES = {"a": "alpha", "b": "beta", "rc": "rc"}
# Pages of the documentation as the package's own: one text for both.
TEXTS = {"README.md": "npm", "CHANGELOG.md": "changelog"}


def npm_package(project: Mapping[str, Any], built: Mapping[str, bytes]) -> dict[str, bytes]:
    """The package's files by their path in it. `project`: pyproject's table; `built`: dist/'s files, its manifest among
    them.
    """
    names = [name for name in built if name in BUILT or name.startswith("runtime/")]
    module = built["heap-web.mjs"]
    # Its compressed copies are a server's or a CDN's own to make: the package would be twice as big.
    files = {name: built[name] for name in names if not name.endswith(tuple(ENCODINGS))}
    files["manifest.json"] = _text(_manifest(json.loads(built["manifest.json"]), files))
    files["heap-web.cjs"] = _for_require(module)
    files["heap-web.d.cts"] = built["heap-web.d.ts"]
    files |= {path.name: path.read_bytes() for path in sorted(NODE.iterdir())}
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    pages = {doc.name: doc for doc in docs.DOCS}
    files |= {name: docs.markdown(pages[page]).encode() for name, page in TEXTS.items()}
    tops = sorted({name.partition("/")[0] for name in files})
    return {**files, "package.json": _text(_about(project, tops))}


def _for_require(module: bytes) -> bytes:
    """The module as one that `require` takes."""

    def make(out: Path) -> None:
        (out / "heap-web.mjs").write_bytes(module)
        esbuild("bundling heap-web.cjs", [str(out / "heap-web.mjs"), *REQUIRED, f"--outfile={out / 'heap-web.cjs'}"])

    key = fingerprint([STATIC / "package-lock.json"], module=hashlib.sha256(module).hexdigest(), flags=REQUIRED)
    return (cached("npm", key, make) / "heap-web.cjs").read_bytes()


def _manifest(whole: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """dist/'s manifest without the files, and the compressed copies of files, that the package does not have."""
    listed = {
        name: {key: value for key, value in entry.items() if key not in ENCODINGS.values()}
        for name, entry in whole["files"].items()
        if name in files
    }
    return {**whole, "files": listed}


def _about(project: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """package.json, of a package with files and folders of these names."""
    urls = project["urls"]
    return {
        "name": project["name"],
        "version": npm_version(project["version"]),
        "description": project["description"],
        "keywords": project["keywords"],
        "license": project["license"],
        "author": project["authors"][0]["name"],
        "homepage": urls["Homepage"],
        "repository": {"type": "git", "url": f"git+{urls['Repository']}.git"},
        "bugs": {"url": urls["Issues"]},
        "type": "module",
        # For tools that do not know "exports".
        "main": "./heap-web.cjs",
        "module": "./heap-web.mjs",
        "types": "./heap-web.d.ts",
        "exports": {
            ".": {
                "import": {"types": "./heap-web.d.ts", "default": "./heap-web.mjs"},
                "require": {"types": "./heap-web.d.cts", "default": "./heap-web.cjs"},
            },
            "./vite": {"types": "./vite.d.ts", "default": "./vite.mjs"},
            "./heap-web.js": "./heap-web.js",
            "./inspector.js": "./inspector.js",
            "./runtime/*": "./runtime/*",
            "./manifest.json": "./manifest.json",
            "./package.json": "./package.json",
        },
        "bin": {"heap-web": "./cli.mjs"},
        "engines": {"node": ">=20"},
        # What a CDN serves under the package's bare name.
        "unpkg": "./heap-web.js",
        "jsdelivr": "./heap-web.js",
        "sideEffects": ["./heap-web.js", "./runtime/**"],
        "files": [*names],
    }


def npm_version(version: str) -> str:
    """A version of Python's, `1.0.0rc1`, as npm writes it: `1.0.0-rc.1`."""
    return re.sub(r"(?<=\d)(a|b|rc)(?=\d)", lambda stage: f"-{STAGES[stage[1]]}.", version)


def _text(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
