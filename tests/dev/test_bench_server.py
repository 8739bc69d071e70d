"""Tests of heap_web.dev.bench.server."""

from __future__ import annotations

from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import brotli
import pytest

from heap_web.dev.bench.server import Site, file, folder, page
from heap_web.dev.serve.loopback import serving

TEXT = "window.answer = 42;\n" * 100


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A page and a folder with one script."""
    root = tmp_path / "files"
    root.mkdir()
    (root / "a.js").write_text(TEXT, "utf-8")
    (root / "a.js.map").write_text("{}", "utf-8")
    return Site({"/page.html": page("<!doctype html>"), **folder("own", root, tmp_path / "cache")})


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("/own/a.js", "gzip, br", (200, "br", "public, max-age=31536000, immutable")),
        ("/own/a.js", "gzip", (200, None, "public, max-age=31536000, immutable")),
        ("/page.html", "gzip", (200, None, "no-cache")),
        ("/own/a.js.map", "br", (404, None, None)),
    ],
)
def test_answers(site: Site, path: str, accept: str, expected: tuple[int, str | None, str | None]) -> None:
    """Files go out compressed to those that take it and forever cacheable, pages fresh, and nothing else at all."""
    with serving(site) as base:
        connection = HTTPConnection(urlsplit(base).netloc)
        connection.request("GET", path, headers={"accept-encoding": accept})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
    encoding = answer.getheader("content-encoding")
    assert (answer.status, encoding, answer.getheader("cache-control")) == expected
    if path == "/own/a.js":
        assert (brotli.decompress(body) if encoding else body) == TEXT.encode()
    size = len(b"HTTP/1.1 200 OK\r\n") + sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 2
    assert [(sent.path, sent.body, sent.size) for sent in site.log] == [(path, len(body), size + len(body))]


def test_ready_made_brotli(tmp_path: Path) -> None:
    """A `.br` that lies beside a file is what goes out."""
    (tmp_path / "a.js").write_text(TEXT, "utf-8")
    ready = brotli.compress(TEXT.encode(), quality=1)
    (tmp_path / "a.js.br").write_bytes(ready)
    assert file(tmp_path / "a.js", tmp_path / "cache").compressed == ready
    assert not (tmp_path / "cache").exists()


def test_not_worth_compressing(tmp_path: Path) -> None:
    """What compression makes no smaller goes out as it is."""
    (tmp_path / "a.bin").write_bytes(Random(1).randbytes(1000))
    assert file(tmp_path / "a.bin", tmp_path / "cache").compressed is None


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that was not built yet is an error that says how to build it."""
    with pytest.raises(FileNotFoundError, match=r"build\.py bundle"):
        folder("heap_web", tmp_path / "dist", tmp_path)
