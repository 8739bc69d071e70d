"""The demo server: what it answers, with which headers, and what it says when it cannot start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from heap_web.core.errors import ConfigurationError
from heap_web.dev.serve import server
from heap_web.dev.serve.received import Inbox
from heap_web.dev.serve.server import accepted, create_app, listen, media_type, running
from heap_web.dev.serve.site import PAGES, ROOT, Site

from .asgi import Client

HASHED = "runtime/0123456789abcdef/"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / HASHED).mkdir(parents=True)
    (folder / "heap-web.js").write_bytes(b"plain")
    (folder / "heap-web.js.br").write_bytes(b"br")
    (folder / "heap-web.js.gz").write_bytes(b"gz")
    (folder / HASHED / "pyodide.asm.wasm").write_bytes(b"\0asm")
    (folder / HASHED / "worker.js").write_bytes(b"worker")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return folder


@pytest.fixture
def client(dist: Path) -> Client:
    return Client(create_app(Site.of(dist=dist), dist, Inbox()))


@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_every_page_is_there_with_its_own_nonce(client: Client, path: str) -> None:
    """Each response's policy names the nonce that its scripts carry, and no two responses share one."""
    answers = [client.get(path), client.get(path)]
    nonces = []
    for answer in answers:
        found = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
        assert found
        nonces.append(found[1])
        assert answer.status_code == 200
        assert set(re.findall(r'nonce="([^"]*)"', answer.text)) == {found[1]}
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize("path", ["/", "/received.json", "/dist/heap-web.js", f"/dist/{HASHED}worker.js", "/nowhere"])
def test_every_response_has_the_locks(client: Client, path: str) -> None:
    """Pages, files and errors alike come with a policy and are neither sniffed nor framed."""
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "'wasm-unsafe-eval'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("encodings", "coding", "content"),
    [
        ("gzip, deflate, br, zstd", "br", b"br"),
        ("gzip", "gzip", b"gz"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gz"),
        ("identity", None, b"plain"),
        ("", None, b"plain"),
    ],
)
def test_files_come_in_a_coding_that_the_client_takes(
    dist: Path, encodings: str, coding: str | None, content: bytes
) -> None:
    """The copy beside a file is sent where its coding is accepted, under the file's own media type."""
    answer = server.precompressed(dist, "heap-web.js", encodings)
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.media_type == "text/javascript"
    assert Path(answer.path).read_bytes() == content  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "caching"),
    [("heap-web.js", "no-cache"), (f"{HASHED}worker.js", "public, max-age=31536000, immutable")],
)
def test_only_hashed_names_are_kept_for_ever(client: Client, path: str, caching: str) -> None:
    """A name with a hash in it is immutable, any other is asked for each time."""
    assert client.get(f"/dist/{path}").headers["cache-control"] == caching


def test_a_file_that_has_not_changed_is_not_sent_again(client: Client, dist: Path) -> None:
    """A client that shows a file's tag again gets 304 and no content; a file that has changed has another tag."""
    ask = {"accept-encoding": "identity"}
    tag = client.get("/dist/heap-web.js", headers=ask).headers["etag"]
    again = client.get("/dist/heap-web.js", headers={**ask, "if-none-match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    (dist / "heap-web.js").write_bytes(b"changed")
    assert client.get("/dist/heap-web.js", headers={**ask, "if-none-match": tag}).content == b"changed"


@pytest.mark.parametrize(
    "path", ["/dist/../secret.txt", "/dist/%2e%2e/secret.txt", "/dist//etc/passwd", "/dist/", "/static/x/demo.js"]
)
def test_nothing_outside_is_served(client: Client, path: str) -> None:
    """No path leads out of dist/ or to files that the demo does not load."""
    assert client.get(path).status_code == 404


def test_another_name_for_this_host_gets_nothing(client: Client) -> None:
    """A request that came under a foreign host name is refused."""
    assert client.get("/received.json", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/js/heap-12345.js", "/config/12345/heap_config.js"])
def test_heaps_script_is_played_under_both_addresses(client: Client, path: str) -> None:
    """The script that plays Heap is served where either generation of Heap's snippet looks for its script."""
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "Plays Heap" in answer.text


def test_with_a_real_app_id_nothing_is_played(dist: Path) -> None:
    """With an App ID nothing plays Heap and there is nothing to post to, and the policy lets Heap's hosts in."""
    client = Client(create_app(Site.of("77", dist=dist), dist))
    assert [client.get(path).status_code for path in ("/js/heap-77.js", "/received.json")] == [404, 404]
    assert client.post("/heap/calls", json={}).status_code == 404
    assert "https://cdn.heapanalytics.com" in client.get("/").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.wasm", "application/wasm"),
        ("a.mjs", "text/javascript"),
        ("a.js", "text/javascript"),
        ("a.css", "text/css"),
        ("python.bin", "application/octet-stream"),
    ],
)
def test_media_types_are_those_that_browsers_ask_for(name: str, kind: str) -> None:
    """WebAssembly and modules have the one type that browsers take them under."""
    assert media_type(name) == kind


def test_accept_encoding_is_read_with_its_weights() -> None:
    """A coding with the weight 0 is not accepted, any other is."""
    assert accepted("br;q=0, gzip;q=0.1, identity; q=0.000, zstd") == {"gzip", "zstd"}


def test_a_taken_port_is_named_with_another_to_try() -> None:
    """Where the port is taken, the message names it and the option that takes another."""
    with listen(0) as bound:
        port = bound.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"port {port} on 127\.0\.0\.1 is taken .* --port {port + 1}"):
            listen(port)


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_cannot_be_is_named(port: int) -> None:
    """A number that is no port is named too."""
    with pytest.raises(ConfigurationError, match=f"port {port} on"):
        listen(port)


def test_serve_says_what_is_wrong_and_returns_1(capsys: pytest.CaptureFixture[str], dist: Path) -> None:
    """A taken port and a wrong App ID end `serve` with one line on standard error."""
    with listen(0) as bound:
        assert server.serve(bound.getsockname()[1], dist=dist) == 1
    assert server.serve(0, app_id="my app", dist=dist) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.startswith("heap_web: ") for line in lines] == [True, True]
    assert "is taken" in lines[0]
    assert "App ID" in lines[1]


def test_running_serves_while_the_block_lasts(dist: Path) -> None:
    """The server is there inside the block, gone after it, and a stream that is open does not hold it up."""
    with running(dist=dist) as address, httpx.Client() as client:
        assert client.get(f"{address}/received.json").json() == {"received": []}
        with client.stream("GET", f"{address}/received/changes") as stream:
            assert next(stream.iter_lines()) == "data: 0"
            start = time.monotonic()
    assert time.monotonic() - start < 3
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


def test_ctrl_c_closes_it_without_a_trace(dist: Path) -> None:
    """Ctrl-C ends `serve` with status 0 and nothing on standard error, even while a page listens for changes."""
    code = "import sys, pathlib, heap_web.dev.serve.server as s; sys.exit(s.serve(0, dist=pathlib.Path(sys.argv[1])))"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(dist)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found
        with httpx.Client() as client, client.stream("GET", f"{found[0]}received/changes") as stream:
            assert next(stream.iter_lines()) == "data: 0"
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, errors, output) == (0, "", "\nClosed.\n")
