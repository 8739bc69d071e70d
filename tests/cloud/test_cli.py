"""`heap-web send` and `heap-web outbox`."""

import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from heap_web.cloud import HeapCloud, cli
from heap_web.cloud import load as loading
from heap_web.cloud.load import Load
from heap_web.cloud.outbox import Outbox
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


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["send", "/nowhere/f.jsonl", "--app-id", "11"], cli.USAGE, "No such file"),
        (["send", "/tmp", "--app-id", "11"], cli.USAGE, "Is a directory"),
        (["outbox", "status", "--app-id", "x"], cli.USAGE, "is no Heap App ID"),
        (["outbox", "drop", "--app-id", "11"], cli.USAGE, "say --yes"),
        (["outbox", "retry", "--app-id", "11", "--base-url", "heap"], cli.USAGE, "is no address"),
    ],
)
def test_errors_as_json(
    arguments: list[str], code: int, said: str, sqlite_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """--json tells an error too, with the exit code; people read it on standard error."""
    Outbox(sqlite_url, app_id="11").close()
    assert cli.main([*arguments, "--outbox", sqlite_url, "--json"]) == code
    shown = capfd.readouterr()
    told = json.loads(shown.out)
    assert (told["exit"], said in told["error"], said in shown.err) == (code, True, True)


@pytest.mark.parametrize("action", ["status", "list", "retry", "drop", "export"])
def test_a_mistyped_outbox(action: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Who looks after an outbox that is not there is told so, and none is made in its place."""
    file = tmp_path / "stat" / "outbox.db"
    arguments = [*(["-"] if action == "export" else []), "--app-id", "11", "--outbox", str(file)]
    assert cli.main(["outbox", action, *arguments]) == cli.USAGE
    assert f"there is no outbox at {file}" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_pipes(tmp_path: Path, options: list[str], heap: Heap) -> None:
    """A named pipe, or `<(zcat file.gz)`, has other content each time: each is read from its start."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for n in (1, 2):
        content = json.dumps(messages(1, n)[0]) + "\n"
        writer = threading.Thread(target=pipe.write_text, args=(content,))
        writer.start()
        assert cli.main(["send", str(pipe), *options]) == 0
        writer.join()
    assert set(heap.events) == {"m1", "m2"}


def test_rejects_are_another_file(tmp_path: Path, options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """A file is not read while its own rejects are added to it, without end."""
    file = written(tmp_path / "f.jsonl", ["{"])
    assert cli.main(["send", file, "--rejects", file, *options]) == cli.USAGE
    assert "pass another one" in capfd.readouterr().err
    assert Path(file).read_text() == "{\n"


def test_a_reader_that_has_enough(kept: list[str], tmp_path: Path) -> None:
    """Output to `head` and its like ends without an error."""
    file = written(tmp_path / "f.jsonl", messages(3_000))
    loader = HeapCloud("11", outbox=kept[-1], background=False)
    with open(file, "rb") as lines:
        Load(lines, loader, None).run()
    loader.close(0)
    command = [sys.executable, "-m", "heap_web.cloud.cli", "outbox", "list", "--waiting", "--limit", "0", "--json"]
    with subprocess.Popen([*command, *kept], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        assert json.loads(listing.stdout.readline())["path"] == "/api/track"
        listing.stdout.close()
        assert listing.stderr.read() == ""
    assert listing.returncode == 0


@pytest.fixture
def kept(options: list[str]) -> list[str]:
    """What the outbox's commands need that send nothing."""
    return [*options[:2], *options[4:]]


@pytest.fixture
def refused(options: list[str], heap: Heap, tmp_path: Path) -> None:
    """Two calls that Heap refused."""
    heap.trouble += [403, 400]
    cli.main(["send", written(tmp_path / "f.jsonl", [messages(1)[0]]), *options])
    cli.main(["send", written(tmp_path / "g.jsonl", messages(1, 1)), *options])


@pytest.mark.usefixtures("refused")
def test_outbox(options: list[str], kept: list[str], heap: Heap, capfd: pytest.CaptureFixture[str]) -> None:
    """status, list and retry: what waits, what Heap refused and why, and sending it again."""
    capfd.readouterr()
    assert cli.main(["outbox", "status", *kept]) == cli.SOME_REFUSED
    said = capfd.readouterr().out
    assert "0 calls wait in sqlite:///" in said
    assert "2 calls were refused by Heap: 1 with HTTP 400, 1 with HTTP 403" in said
    assert cli.main(["outbox", "list", *kept]) == 0
    shown = capfd.readouterr().out.splitlines()
    assert [line.split("  ")[1:4] for line in shown] == [
        ["m0", "of user 0", "/api/track"],
        ["m1", "of user 1", "/api/track"],
    ]
    assert "HTTP 403: " in shown[0]
    assert cli.main(["outbox", "list", "--limit", "1", *kept]) == 0
    assert "and more" in capfd.readouterr().out.splitlines()[1]
    heap.trouble.clear()
    assert cli.main(["outbox", "retry", "--status", "403", *options]) == 0
    assert list(heap.events) == ["m0"]
    assert cli.main(["outbox", "retry", *options]) == 0
    assert cli.main(["outbox", "status", *kept]) == cli.ALL_SENT
    assert list(heap.events) == ["m0", "m1"]


@pytest.mark.usefixtures("refused")
def test_drop_and_export(kept: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """export writes calls out, drop removes them, but only when told to."""
    file = tmp_path / "refused.jsonl"
    assert cli.main(["outbox", "export", str(file), *kept]) == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["message_id"], line["status"], line["body"]["event"]) for line in lines] == [
        ("m0", 403, "E"),
        ("m1", 400, "E"),
    ]
    assert cli.main(["outbox", "export", str(file), *kept]) == cli.USAGE  # it is there already
    capfd.readouterr()
    assert cli.main(["outbox", "export", "-", "--user", "user 1", *kept]) == 0
    assert [json.loads(line)["user"] for line in capfd.readouterr().out.splitlines()] == ["user 1"]
    assert cli.main(["outbox", "drop", "--message-id", "m0", *kept]) == cli.USAGE
    assert "would remove 1 refused calls for good; say --yes" in capfd.readouterr().err
    assert cli.main(["outbox", "drop", "--message-id", "m0", "--yes", *kept]) == 0
    assert cli.main(["outbox", "drop", "--yes", "--waiting", *kept]) == 0
    assert "0 waiting calls are dropped" in capfd.readouterr().out
    assert cli.main(["outbox", "list", *kept]) == 0
    assert capfd.readouterr().out.split("  ")[1] == "m1"


@pytest.mark.usefixtures("refused")
def test_json(options: list[str], kept: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """--json tells every result on standard output, for programs."""

    def told(*arguments: str) -> Any:
        cli.main([*arguments, "--json"])
        return [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    capfd.readouterr()
    (status,) = told("outbox", "status", *kept)
    assert (status["waiting"], status["refused"], status["statuses"]) == (0, 2, {"400": 1, "403": 1})
    assert [call["body"]["event"] for call in told("outbox", "list", *kept)] == ["E", "E"]
    assert told("outbox", "export", str(tmp_path / "e.jsonl"), *kept) == [{"exported": 2}]
    assert told("outbox", "drop", "--status", "400", "--yes", *kept) == [{"dropped": 1}]
    assert told("outbox", "retry", *options) == [
        {"put_back": 1, "delivery": {"delivered": 1, "refused": 0, "waiting": 0}}
    ]
    (loaded,) = told("send", written(tmp_path / "h.jsonl", ["{", *messages(2, 5)]), *options)
    assert (loaded["lines"], loaded["taken"], loaded["refused"], loaded["delivery"]["delivered"]) == (3, 2, 1, 2)
    assert loaded["problems"][0][0] == 1


def test_rejects(tmp_path: Path, options: list[str], heap: Heap, capfd: pytest.CaptureFixture[str]) -> None:
    """--rejects keeps every line that is no call, with its number and reason; also of a dry run."""
    file, rejects = written(tmp_path / "f.jsonl", [*["{"] * 150, *messages(3)]), tmp_path / "rejects.jsonl"
    assert cli.main(["send", file, "--dry-run", "--rejects", str(rejects), *options]) == 1
    assert "153 messages read, 3 could be taken, 150 are no calls" in capfd.readouterr().err
    rejects.unlink()
    assert cli.main(["send", file, "--rejects", str(rejects), *options]) == 1
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == list(range(1, 151))
    assert "and more: --rejects FILE keeps all" in capfd.readouterr().err
    assert len(heap.events) == 3


def test_gzip(tmp_path: Path, options: list[str], heap: Heap) -> None:
    """A compressed file is read as it is, and goes on where it was."""
    lines = [json.dumps(message).encode() + b"\n" for message in messages(30, ids=False)]
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(lines[:20])))
    assert cli.main(["send", str(path), *options]) == 0
    path.write_bytes(gzip.compress(b"".join(lines)))
    assert cli.main(["send", str(path), *options]) == 0
    assert (len(heap.events), set(heap.arrivals.values())) == (27, {1})


def test_damaged_gzip(tmp_path: Path, options: list[str], heap: Heap, capfd: pytest.CaptureFixture[str]) -> None:
    """What a file holds before it is damaged is sent, though the command fails as often as it is run."""
    path = tmp_path / "f.jsonl.gz"
    whole = gzip.compress(b"".join(json.dumps(message).encode() + b"\n" for message in messages(3)))
    path.write_bytes(whole + b"damaged")
    for _ in range(2):
        assert cli.main(["send", str(path), "--json", *options]) == cli.USAGE
        assert "what came before is taken" in json.loads(capfd.readouterr().out)["error"]
    assert set(heap.arrivals.items()) == {("m0", 1), ("m1", 1), ("m2", 1)}


def test_replaced_file(tmp_path: Path, options: list[str], heap: Heap, capfd: pytest.CaptureFixture[str]) -> None:
    """A replaced file is read from its start, also where its last line and length are the same, and this is said."""
    path = tmp_path / "f.jsonl"
    for first in (1, 2):
        assert cli.main(["send", written(path, [*messages(1, first), *messages(1, 7)]), *options]) == 0
    assert set(heap.events) == {"m1", "m2", "m7"}
    assert "another content than the one loaded before under this name" in capfd.readouterr().err


def test_piped_progress(
    tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the output is no terminal, lines tell how far it is."""
    monkeypatch.setattr("heap_web.cloud.progress.EVERY", 0.0)
    assert cli.main(["send", written(tmp_path / "f.jsonl", messages(2_500)), *options]) == 0
    said = capfd.readouterr().err
    assert re.search(r"read, bytes: [\d,]+ of [\d,]+ \(\d+%\), after \d+ s", said)
    assert re.search(r"sent, calls: 2,500 of 2,500 \(100%\)", said)


def test_locked_outbox(tmp_path: Path, options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """A database that cannot do what is asked has an exit code of its own, and no traceback."""
    (tmp_path / "bad.db").write_text("no database" * 1_000)
    assert cli.main(["outbox", "status", "--app-id", "11", "--outbox", str(tmp_path / "bad.db")]) == cli.OUTBOX
    assert "Traceback" not in capfd.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version tells it."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"heap-web {version('heap-web')}\n"


@pytest.mark.parametrize("missing", ["httpx", "rich", "sqlalchemy"])
def test_without_the_extra(missing: str) -> None:
    """Without what sending from a server needs, the command says in one line what to install."""
    code = f"import sys; sys.modules[{missing!r}] = None; from heap_web.command import main; sys.exit(main())"
    said = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert re.fullmatch(r"heap-web needs [^\n]+: pip install 'heap-web\[cloud\]'\n", said.stderr)


def test_help() -> None:
    """--help tells the commands and the exit codes."""
    code = "import sys; from heap_web.command import main; sys.exit(main())"
    said = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True).stdout
    assert "send" in said
    assert "outbox" in said
    assert "exit codes:" in said


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
