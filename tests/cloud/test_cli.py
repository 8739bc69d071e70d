"""`heap-web send` and `heap-web outbox`."""

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from heap_web.cloud import HeapCloud, cli
from heap_web.cloud import load as loading
from heap_web.cloud.load import Load
from heap_web.cloud.retry import Retry
from heap_web.dev.serve.heap_api import Heap


def messages(count: int, start: int = 0, ids: bool = True) -> list[dict[str, Any]]:
    """Segment-shaped messages."""
    made: list[dict[str, Any]] = []
    for n in range(start, start + count):
        message: dict[str, Any] = {"type": "track", "event": "E", "userId": f"user {n % 100}", "properties": {"n": n}}
        if n % 10 == 9:
            message = {"type": "identify", "userId": f"user {n % 100}", "traits": {"n": n}}
        made.append({**message, "messageId": f"m{n}"} if ids else message)
    return made


def written(path: Path, lines: list[Any]) -> str:
    """A file of lines; what is no text is written as JSON."""
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return str(path)


@pytest.fixture
def options(heap_url: str, sqlite_url: str) -> list[str]:
    """What every command needs."""
    return ["--app-id", "11", "--base-url", heap_url, "--outbox", sqlite_url]


def test_send(tmp_path: Path, options: list[str], heap: Heap, capfd: pytest.CaptureFixture[str]) -> None:
    """A file's messages arrive, and a summary is told."""
    file = written(tmp_path / "f.jsonl", messages(2_500))
    assert cli.main(["send", file, *options]) == 0
    assert set(heap.events) == {f"m{n}" for n in range(2_500) if n % 10 != 9}
    assert heap.users["user 99"] == {"n": 2_499}
    said = capfd.readouterr().err
    assert "2500 messages read, 2500 taken" in said
    assert "2500 calls delivered, 0 refused by Heap" in said


def test_stdin(monkeypatch: pytest.MonkeyPatch, options: list[str], heap: Heap) -> None:
    """- reads the standard input."""
    content = b"\n".join(json.dumps(message).encode() for message in messages(20))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert cli.main(["send", "-", *options]) == 0
    assert len(heap.events) == 18


def test_bad_lines(tmp_path: Path, options: list[str], heap: Heap, capfd: pytest.CaptureFixture[str]) -> None:
    """A line that is no call is named with its number and the reason; the others arrive; the exit code tells."""
    bad = ["{", "[]", '{"type": "nonsense"}', '{"type": "track", "event": "E"}', '{"type": "track", "userId": "u"}']
    silent = [{"type": "group", "userId": "u", "groupId": "g"}, {"type": "identify", "userId": "u"}]
    file = written(tmp_path / "f.jsonl", [*messages(3), "", *bad, *silent])
    assert cli.main(["send", file, *options]) == 1
    assert len(heap.events) == 3
    said = capfd.readouterr().err
    assert "10 messages read, 3 taken, 2 tell Heap nothing, 5 are no calls that Heap takes" in said
    for number, reason in enumerate(["no JSON", "no JSON object", "nonsense", "user id", "needs a name"], 5):
        assert any(line.startswith(f"line {number}: ") and reason in line for line in said.splitlines())


def test_grows(tmp_path: Path, options: list[str], heap: Heap) -> None:
    """The same command again takes only what was added; a new file under the same name is read from its start."""
    path = tmp_path / "f.jsonl"
    written(path, messages(30, ids=False))
    assert cli.main(["send", str(path), *options]) == 0
    with path.open("a") as file:
        file.write(json.dumps(messages(1, 30)[0]) + "\n")
    assert cli.main(["send", str(path), *options]) == 0
    assert (len(heap.events), sum(heap.arrivals.values())) == (28, 28)
    written(path, messages(40, 100))
    assert cli.main(["send", str(path), *options]) == 0
    assert len(heap.events) == 28 + 36


def test_again(tmp_path: Path, options: list[str], heap: Heap) -> None:
    """--again reads from the start; messages without an id get the same one, so Heap counts them once."""
    file = written(tmp_path / "f.jsonl", messages(20, ids=False))
    assert cli.main(["send", file, *options]) == 0
    assert cli.main(["send", file, "--again", *options]) == 0
    assert len(heap.events) == 18
    assert set(heap.arrivals.values()) == {2}


def test_equal_lines(tmp_path: Path, options: list[str], heap: Heap) -> None:
    """Two equal lines without ids are two events."""
    line = {"type": "track", "event": "E", "userId": "u"}
    assert cli.main(["send", written(tmp_path / "f.jsonl", [line, line]), *options]) == 0
    assert len(heap.events) == 2


def test_dry_run(tmp_path: Path, options: list[str], heap: Heap) -> None:
    """--dry-run checks the lines, takes nothing and sends nothing."""
    file = written(tmp_path / "f.jsonl", [*messages(5), "{"])
    assert cli.main(["send", file, "--dry-run", *options]) == 1
    assert not heap.answers
    assert cli.main(["send", file, *options]) == 1
    assert len(heap.events) == 5


def test_heap_is_away(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heap cannot be reached: the exit code says so, and that the calls are kept."""
    monkeypatch.setattr("heap_web.cloud.client.Retry", lambda: Retry(first=0.0, attempts=2))
    file = written(tmp_path / "f.jsonl", messages(5))
    options = ["--app-id", "11", "--base-url", "http://127.0.0.1:9", "--outbox", sqlite_url]
    assert cli.main(["send", file, *options]) == cli.KEPT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["send", "/nowhere/f.jsonl", "--app-id", "11"], "No such file"),
        (["send", "-", "--app-id", "x"], "is no Heap App ID"),
        (["send", "-", "--app-id", "11", "--region", "mars"], "pass 'us' or 'eu'"),
    ],
)
def test_wrong_use(arguments: list[str], said: str, sqlite_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Wrong use says what is wrong."""
    assert cli.main([*arguments, "--outbox", sqlite_url]) == cli.USAGE
    assert said in capfd.readouterr().err


def test_outbox(options: list[str], heap: Heap, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The outbox command shows refusals, and sends them again when asked."""
    heap.trouble.append(403)
    assert cli.main(["send", written(tmp_path / "f.jsonl", messages(1)), *options]) == 1
    assert cli.main(["outbox", *options]) == 1
    assert "refused: m0 of user 0: HTTP 403" in capfd.readouterr().err
    assert cli.main(["outbox", "--retry", *options]) == 0
    assert list(heap.events) == ["m0"]


def test_interrupted(
    tmp_path: Path, sqlite_url: str, heap_url: str, heap: Heap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that stops between any two chunks goes on there: every line once, also lines without ids."""
    monkeypatch.setattr(loading, "CHUNK_LINES", 7)
    file = written(tmp_path / "f.jsonl", messages(100, ids=False))
    for _ in range(40):
        with (
            HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False) as client,
            open(file, "rb") as source,
        ):
            load = Load(source, client, file)
            chunks = load._chunks()
            if (chunk := next(chunks, None)) is None:
                break
            monkeypatch.setattr(load, "_chunks", lambda chunk=chunk: iter([chunk]))
            load.run()
    assert len(heap.events) == 90
    assert set(heap.arrivals.values()) == {1}


def test_resumed_stdin(sqlite_url: str, heap_url: str, heap: Heap) -> None:
    """Standard input under a name goes on where it was; another input under that name is refused."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    lines = [json.dumps(message).encode() + b"\n" for message in messages(30, ids=False)]
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False) as client:
        Load(Pipe(b"".join(lines[:20])), client, "export").run()
        loaded = Load(Pipe(b"".join(lines)), client, "export").run()
        assert (loaded.skipped, loaded.taken) == (20, 10)
        with pytest.raises(Exception, match="pass another --name"):
            Load(Pipe(b"".join(reversed(lines))), client, "export")
    assert len(heap.events) == 27
    assert set(heap.arrivals.values()) == {1}


def test_killed(tmp_path: Path, options: list[str], heap: Heap) -> None:
    """The command killed with SIGKILL while it loads or sends, and given again, has every line arrive once."""
    file = written(tmp_path / "f.jsonl", messages(6_000, ids=False))
    killed = 0
    for wait in (0.0, 0.05, 0.4):
        command = [sys.executable, "-m", "heap_web.cloud.cli", "send", file, *options]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        database = Path(options[-1].removeprefix("sqlite:///") + "-wal")
        grown = database.stat().st_size if database.exists() else 0
        while process.poll() is None and not (database.exists() and database.stat().st_size != grown):
            time.sleep(0.005)
        time.sleep(wait)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
    assert killed
    assert cli.main(["send", file, *options]) == 0
    numbers = sorted(event["properties"]["n"] for event in heap.events.values())
    assert numbers == [n for n in range(6_000) if n % 10 != 9]
