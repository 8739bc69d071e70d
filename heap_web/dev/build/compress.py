"""The compressed copies beside each built file: a server only has to pick one. Slow to make, so kept by content."""

from __future__ import annotations

import gzip
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

from heap_web.dev.build.steps import cached, is_cached

ENCODINGS = {".br": "br", ".gz": "gzip"}


def compressed(content: bytes) -> dict[str, bytes]:
    """Suffix -> compressed content."""

    def make(out: Path) -> None:
        (out / "file.br").write_bytes(brotli.compress(content, quality=11, lgwin=24))
        (out / "file.gz").write_bytes(gzip.compress(content, 9, mtime=0))

    folder = cached("compress", _key(content), make, keep=200)
    return {suffix: (folder / f"file{suffix}").read_bytes() for suffix in ENCODINGS}


def _key(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def with_compressed(files: dict[str, bytes], *, make: bool = True) -> dict[str, bytes]:
    """The files and, beside each, its compressed copies; with `make=False` those alone that have been made before."""
    wanted = {name: content for name, content in files.items() if make or is_cached("compress", _key(content))}
    with ThreadPoolExecutor(2) as pool:
        copies = dict(zip(wanted, pool.map(compressed, wanted.values()), strict=True))
    return files | {name + suffix: copy for name, pair in copies.items() for suffix, copy in pair.items()}
