"""The compressed copies beside each built file: a server only has to pick one. Slow to make, so kept by content."""

from __future__ import annotations

import gzip
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

from heap_web.dev.build.steps import cached

ENCODINGS = {".br": "br", ".gz": "gzip"}


def compressed(content: bytes) -> dict[str, bytes]:
    """Suffix -> compressed content."""

    def make(out: Path) -> None:
        (out / "file.br").write_bytes(brotli.compress(content, quality=11, lgwin=24))
        (out / "file.gz").write_bytes(gzip.compress(content, 9, mtime=0))

    folder = cached("compress", hashlib.sha256(content).hexdigest(), make, keep=200)
    return {suffix: (folder / f"file{suffix}").read_bytes() for suffix in ENCODINGS}


def with_compressed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files and, beside each, its compressed copies."""
    with ThreadPoolExecutor(2) as pool:
        copies = dict(zip(files, pool.map(compressed, files.values()), strict=True))
    return files | {name + suffix: copy for name, pair in copies.items() for suffix, copy in pair.items()}
