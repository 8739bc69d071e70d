"""The manifest: what was built, how big it is on the wire, and each file's hash for Subresource Integrity."""

from __future__ import annotations

import base64
import hashlib
import json

from heap_web.dev.build.compress import ENCODINGS
from heap_web.dev.build.runtime import GLUE, SMALL, WHOLE

NOTICES = """\
heap_web is under the MIT licence (see LICENSE in its sources). The files built for the browser contain:

Pyodide {pyodide}  (runtime/*/pyodide.*, parts of runtime/*/python.*bin)
  {how}
  Mozilla Public License 2.0: https://www.mozilla.org/MPL/2.0/
  Sources: https://github.com/pyodide/pyodide

CPython {python}  (inside pyodide.*.wasm and python.*bin)
  Python Software Foundation License: https://docs.python.org/3/license.html
  Sources: https://www.python.org/downloads/source/
"""
# Of the runtime: what is loaded where no worker can start, and what a worker goes on with when it lacks something.
RARE = ("python.js",)
FURTHER = (GLUE, *WHOLE)


def integrity(content: bytes) -> str:
    """A file's hash as a page's `integrity` attribute has it."""
    return f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"


def notices(pyodide: str, python: str, *, trimmed: bool) -> bytes:
    """THIRD-PARTY.txt; `trimmed`: parts of Pyodide have been left out."""
    how = "Parts that are not used here are left out, some with stubs in their place." if trimmed else "Unmodified."
    return NOTICES.format(pyodide=pyodide, python=python, how=how).encode()


def manifest(version: str, runtime: str, files: dict[str, bytes]) -> bytes:
    """manifest.json for built files with their compressed copies beside them; sizes in bytes.

    `cold` is what a first visit loads: the script and the runtime that it starts in a worker.
    """
    names = [name for name in sorted(files) if not name.endswith(tuple(ENCODINGS))]
    listed = {
        name: {
            "size": len(files[name]),
            **{encoding: len(files[name + suffix]) for suffix, encoding in ENCODINGS.items() if name + suffix in files},
            "integrity": integrity(files[name]),
        }
        for name in names
    }
    rare = RARE + FURTHER if runtime + SMALL[0] in files else RARE
    loaded = ["heap-web.js", *(name for name in names if name.startswith(runtime) and not name.endswith(rare))]
    cold = {
        kind: sum(len(files[name + suffix]) for name in loaded)
        for suffix, kind in {"": "size", **ENCODINGS}.items()
        if all(name + suffix in files for name in loaded)
    }
    content = {"version": version, "runtime": runtime, "cold": cold, "files": listed}
    return (json.dumps(content, indent=2) + "\n").encode()
