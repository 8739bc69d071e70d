"""The npm package: what a page loads of dist/, with what npm and bundlers must know of it. `npm publish dist/npm`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from heap_web.dev.build.compress import ENCODINGS
from heap_web.dev.build.steps import ROOT
from heap_web.dev.docs import pages as docs

# What a site has beside the runtime's folder: what pages load, and the licences of what they load.
BUILT = ("heap-web.js", "heap-web.mjs", "heap-web.d.ts", "inspector.js", "THIRD-PARTY.txt")
# Pages of the documentation as the package's own: one text for both.
TEXTS = {"README.md": "npm", "CHANGELOG.md": "changelog"}


def npm_package(project: Mapping[str, Any], built: Mapping[str, bytes]) -> dict[str, bytes]:
    """The package's files by their path in it. `project`: pyproject's table; `built`: dist/'s files, its manifest among
    them.
    """
    names = [name for name in built if name in BUILT or name.startswith("runtime/")]
    # Its compressed copies are a server's or a CDN's own to make: the package would be twice as big.
    files = {name: built[name] for name in names if not name.endswith(tuple(ENCODINGS))}
    files["manifest.json"] = _text(_manifest(json.loads(built["manifest.json"]), files))
    files["package.json"] = _text(_about(project))
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    pages = {doc.name: doc for doc in docs.DOCS}
    return files | {name: docs.markdown(pages[page]).encode() for name, page in TEXTS.items()}


def _manifest(whole: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """dist/'s manifest without the files, and the compressed copies of files, that the package does not have."""
    listed = {
        name: {key: value for key, value in entry.items() if key not in ENCODINGS.values()}
        for name, entry in whole["files"].items()
        if name in files
    }
    return {**whole, "files": listed}


def _about(project: Mapping[str, Any]) -> dict[str, Any]:
    """package.json."""
    return {
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "keywords": project["keywords"],
        "license": project["license"],
        "type": "module",
        # For tools that do not know "exports".
        "main": "./heap-web.mjs",
        "types": "./heap-web.d.ts",
        "exports": {
            ".": {"types": "./heap-web.d.ts", "default": "./heap-web.mjs"},
            "./heap-web.js": "./heap-web.js",
            "./inspector.js": "./inspector.js",
            "./runtime/*": "./runtime/*",
            "./manifest.json": "./manifest.json",
            "./package.json": "./package.json",
        },
        # What a CDN serves under the package's bare name.
        "unpkg": "./heap-web.js",
        "jsdelivr": "./heap-web.js",
        "sideEffects": ["./heap-web.js", "./runtime/**"],
        "files": [*BUILT, "runtime", "manifest.json", "CHANGELOG.md"],
    }


def _text(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
