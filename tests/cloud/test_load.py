"""Bulk loading: every line is taken, silent or refused with its number and reason, and none keeps the others out."""

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heap_web.cloud import HeapCloud
from heap_web.cloud import load as loading
from heap_web.cloud.load import LONGEST_LINE, Load, Loaded, unpacked
from heap_web.core.errors import ConfigurationError
from heap_web.dev.serve.heap_api import Heap

GOOD = {"type": "track", "event": "E", "userId": "u", "properties": {"n": 1}}
GOOD_LINE = json.dumps(GOOD).encode()


@pytest.fixture
def client(outbox_url: str, heap_url: str) -> Iterator[HeapCloud]:
    """A client on an empty outbox, of each kind."""
    with HeapCloud("11", outbox=outbox_url, base_url=heap_url, background=False) as client:
        yield client


@pytest.fixture
def on_sqlite(sqlite_url: str, heap_url: str) -> Iterator[HeapCloud]:
    """A client on an empty outbox in SQLite."""
    with HeapCloud("11", outbox=sqlite_url, base_url=heap_url, background=False) as client:
        yield client


def load(client: HeapCloud, content: bytes, name: str | None = None, **more: Any) -> Loaded:
    """Loads some bytes."""
    return Load(unpacked(io.BufferedReader(io.BytesIO(content))), client, name, **more).run()


def line_with(**fields: Any) -> bytes:
    """A good line with other fields."""
    return json.dumps({**GOOD, **fields}).encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "no JSON"),
    "no UTF-8": (b'{"type": "\xff"}', "no JSON"),
    "a number": (b"7", "no JSON object"),
    "an array": (b"[]", "no JSON object"),
    "two objects": (GOOD_LINE * 2, "no JSON"),
    "deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    "deep arrays": (b"[" * 100_000, "nested too deeply"),
    "a number of 5,000 digits": (b'{"type": "track", "timestamp": ' + b"9" * 5_000 + b"}", "no JSON"),
    "no type": (b"{}", '"type" is None'),
    "an odd type": (b'{"type": {"a": 1}}', "it must be one of"),
    "no user": (b'{"type": "track", "event": "E"}', "user id"),
    "a bool as user": (line_with(userId=True), "user id"),
    "a blank user": (line_with(userId="  "), "user id"),
    "a list as user": (line_with(userId=["u"]), "user id"),
    "0 as user": (line_with(userId=0), "user id"),
    "a long user": (line_with(userId="u" * 256), "longer than the 255"),
    "no event": (line_with(event=None), "needs a name"),
    "an infinite event": (GOOD_LINE.replace(b'"E"', b"1e999"), "needs a name"),
    "a long message id": (line_with(messageId="m" * 300), "message id"),
    "an infinite time": (GOOD_LINE[:-1] + b', "timestamp": 1e999}', "is no time"),
    "a negative infinite time": (GOOD_LINE[:-1] + b', "timestamp": -Infinity}', "is no time"),
    "a time that is NaN": (GOOD_LINE[:-1] + b', "timestamp": NaN}', "is no time"),
    "a huge time": (GOOD_LINE[:-1] + b', "timestamp": ' + b"9" * 400 + b"}", "is no time"),
    "the year 10000": (line_with(timestamp="+010000-01-01T00:00:00Z"), "is no time"),
    "a bool as time": (line_with(timestamp=False), "is no time"),
    "a list as time": (line_with(timestamp=[]), "is no time"),
    "30 February": (line_with(timestamp="2026-02-30T00:00:00Z"), "is no time"),
}
"""Lines that are no calls, and what is said of them."""

TAKEN: dict[str, bytes] = {
    "lone surrogates": b'{"type":"track","event":"\\ud800","userId":"\\udfff","properties":{"\\ud800":"\\udc00"}}',
    "U+0000": line_with(event="\0", userId="a\0b", messageId="\0", properties={"\0": "\0"}),
    "2 MB of properties": line_with(properties={f"name {n}": "x" * 1_000 for n in range(2_000)}),
    "a text of 2 MB": line_with(properties={"text": "x" * 2_000_000}),
    "properties that are infinite or no number": GOOD_LINE.replace(b'{"n": 1}', b'{"n": 1e999, "m": NaN, "o": -1e999}'),
    "a property with many digits": GOOD_LINE.replace(b'{"n": 1}', b'{"n": ' + b"9" * 4_000 + b"}"),
    "properties that are none": line_with(properties="text"),
    "traits that are none": line_with(context={"traits": "text"}),
    "a context that is none": line_with(context=7),
    "deep, but readable": line_with(properties={"a": json.loads("[" * 400 + "]" * 400)}),
    "__proto__": line_with(properties={"__proto__": {"a": 1}, "constructor": 1}),
    "CRLF": GOOD_LINE + b"\r",
    "time 0": line_with(timestamp=0),
    "a number as message id": line_with(messageId=7),
    "an odd message id": line_with(messageId=[True]),
}


def test_hostile_lines(client: HeapCloud, heap: Heap) -> None:
    """Each line that is no call is told with its number and reason and written to the rejects; the calls between them
    all arrive, and a second run finds nothing more to do.
    """
    lines: list[bytes] = []
    for n, (content, _) in enumerate(REFUSED.values()):
        lines += [content, line_with(messageId=f"good {n}")]
    lines += TAKEN.values()
    content, rejects = b"\n".join(lines) + b"\n", io.StringIO()
    loaded = load(client, content, "f", rejects=rejects)
    assert (loaded.lines, loaded.refused, loaded.taken, loaded.silent) == (
        len(lines),
        len(REFUSED),
        len(REFUSED) + len(TAKEN),
        0,
    )
    written = [json.loads(reject) for reject in rejects.getvalue().splitlines()]
    assert [(reject["line"], reject["reason"]) for reject in written] == loaded.problems
    for n, (name, (content_of, said)) in enumerate(REFUSED.items()):
        assert (written[n]["line"], said in written[n]["reason"]) == (2 * n + 1, True), (name, written[n]["reason"])
        assert len(written[n]["reason"]) < 300
        assert written[n]["text"] == content_of.decode("utf-8", "backslashreplace")
    assert load(client, content, "f") == Loaded(skipped=len(lines))
    delivery = client.flush()
    assert (delivery.delivered, delivery.refused, delivery.waiting) == (len(REFUSED) + len(TAKEN), 0, 0)
    assert {f"good {n}" for n in range(len(REFUSED))} <= set(heap.events)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(["track", "identify", "u", "2026-01-01", 10**400, float("inf"), "\0", "\ud800", "x" * 300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    *GOOD,
    "messageId",
    "timestamp",
    "originalTimestamp",
    "traits",
    "context",
    "integrations",
    "anonymousId",
    "name",
]
objects = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "screen", "group"]) | values},
    optional={name: values for name in NAMES if name != "type"},
)
lines = st.one_of(
    objects.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=40),
    values.map(json.dumps).map(str.encode),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile=st.lists(lines, min_size=5, max_size=40))
def test_any_lines(hostile: list[bytes], client: HeapCloud) -> None:
    """Whatever the lines: each is taken, silent or refused, and a call behind them is taken."""
    content = b"\n".join([GOOD_LINE, *hostile, GOOD_LINE]) + b"\n"
    loaded = load(client, content)
    assert loaded.lines == loaded.taken + loaded.silent + loaded.refused
    assert loaded.lines == sum(bool(line.strip().removeprefix(b"\xef\xbb\xbf")) for line in content.split(b"\n"))
    assert loaded.taken >= 2


def test_long_line(on_sqlite: HeapCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than the bound is one refused line, of which memory holds no more than the bound; the numbers of
    those after it are right.
    """
    monkeypatch.setattr(loading, "READ_AT_ONCE", 1_000)

    class Long(io.RawIOBase):
        def __init__(self) -> None:
            self.left = 30_000_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            count = min(len(buffer), self.left)
            buffer[:count] = b"x" * count
            self.left -= count
            return count

    class Then(io.BufferedReader):
        def __init__(self) -> None:
            super().__init__(Long())
            self.rest = io.BytesIO(b"\n{\n" + GOOD_LINE + b"\n")
            self.most = 0

        def readline(self, size: int | None = -1) -> bytes:
            self.most = max(self.most, size or 0)
            return super().readline(size) or self.rest.readline(size)

    source, rejects = Then(), io.StringIO()
    loaded = Load(source, on_sqlite, None, rejects=rejects).run()
    assert [number for number, _ in loaded.problems] == [1, 2]
    assert loaded.problems[0][1] == f"the line is longer than {LONGEST_LINE} bytes"
    assert (loaded.lines, loaded.taken, loaded.refused) == (3, 1, 2)
    assert source.most <= LONGEST_LINE
    assert len(json.loads(rejects.getvalue().splitlines()[0])["text"]) == 1_000


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        (b"", 0),
        (b"\n\r\n  \n", 0),
        (b"\xef\xbb\xbf" + GOOD_LINE + b"\r\n" + GOOD_LINE, 2),
        (b"\xef\xbb\xbf", 0),
        (gzip.compress(GOOD_LINE + b"\n" + GOOD_LINE), 2),
    ],
    ids=["empty", "blank", "BOM and CRLF", "BOM alone", "gzip"],
)
def test_files(content: bytes, taken: int, on_sqlite: HeapCloud) -> None:
    """Empty files, a byte order mark, line breaks of Windows and gzip are all read as they are meant."""
    loaded = load(on_sqlite, content)
    assert (loaded.taken, loaded.refused, loaded.lines) == (taken, 0, taken)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}".encode("utf-16"), "UTF-16 text"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"\x28\xb5\x2f\xfdrest", "compressed by zstd"),
        (b"BZh9rest", "compressed by bzip2"),
        (b"PAR1rest", "Parquet"),
    ],
)
def test_no_lines(content: bytes, said: str) -> None:
    """What has no lines of JSON is said to be what it is."""
    with pytest.raises(ConfigurationError, match=f"the input is {said}; pass lines of JSON"):
        unpacked(io.BufferedReader(io.BytesIO(content)))


def test_damaged_gzip(on_sqlite: HeapCloud) -> None:
    """Of a gzip file that is cut off the whole lines are taken, and the error tells how far that is."""
    whole = gzip.compress(b"\n".join(line_with(properties={"n": str(n) * 50}) for n in range(500)))
    with pytest.raises(ConfigurationError, match=r"damaged after line \d+ .*what came before is taken"):
        load(on_sqlite, whole[: len(whole) // 2], "f")
    before = on_sqlite.outbox.waiting()
    assert 100 < before < 500
    assert load(on_sqlite, whole, "f").taken == 500 - before
    assert on_sqlite.outbox.waiting() == 500


def test_replaced_file(on_sqlite: HeapCloud) -> None:
    """A file that was replaced by one with the same last line at the same place is read from its start."""
    first = [line_with(userId="a"), line_with(userId="b"), line_with(userId="z")]
    second = [line_with(userId="c"), line_with(userId="d"), line_with(userId="z")]
    assert load(on_sqlite, b"\n".join(first) + b"\n", "f").taken == 3
    loaded = load(on_sqlite, b"\n".join(second) + b"\n", "f")
    assert (loaded.taken, loaded.skipped, loaded.restarted) == (3, 0, True)
    assert on_sqlite.outbox.waiting() == 5  # the last line is the same call


@pytest.mark.parametrize("shorter", [0, 1, 2])
def test_shorter_file(shorter: int, on_sqlite: HeapCloud) -> None:
    """A file that has become shorter is another one too."""
    lines = [line_with(userId=str(n)) + b"\n" for n in range(1, 4)]
    load(on_sqlite, b"".join(lines), "f")
    loaded = load(on_sqlite, b"".join(lines[:shorter]), "f")
    assert (loaded.restarted, loaded.taken) == (True, shorter)


def test_still_written(on_sqlite: HeapCloud) -> None:
    """A last line without a line break that is no JSON yet is told, and taken once it is whole."""
    content = GOOD_LINE + b"\n" + line_with(userId="v") + b"\n"
    cut = content[: len(GOOD_LINE) + 20]
    for _ in range(2):
        loaded = load(on_sqlite, cut, "f")
        assert loaded.problems == [(2, "the line is no JSON, and has no line break yet")]
    loaded = load(on_sqlite, content, "f")
    assert (loaded.skipped, loaded.taken, loaded.refused) == (1, 1, 0)
    assert load(on_sqlite, content + GOOD_LINE, "f").taken == 1


def test_order_of_problems(on_sqlite: HeapCloud) -> None:
    """Problems are told in the order of the lines, the unfinished last one too."""
    rejects = io.StringIO()
    source = io.BytesIO(b"x\n" + GOOD_LINE + b'\ny\n{"type"')
    loaded = Load(source, on_sqlite, "f", rejects=rejects).run()
    assert [number for number, _ in loaded.problems] == [1, 3, 4]
    assert [json.loads(line)["line"] for line in rejects.getvalue().splitlines()] == [1, 3, 4]


def test_checkpoint_of_an_older_version(on_sqlite: HeapCloud) -> None:
    """A position as an older version wrote it does not stop the load."""
    first = Load(io.BytesIO(GOOD_LINE), on_sqlite, "f")
    assert first._checkpoint is not None
    on_sqlite.outbox.put(
        (), checkpoint=(first._checkpoint, json.dumps({"position": 9, "line": 1, "last": 0, "hash": "a"}))
    )
    assert load(on_sqlite, GOOD_LINE + b"\n", "f").taken == 1


def test_rejects_come_before_the_position(
    on_sqlite: HeapCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ends before the position is written has written the rejects by then."""
    monkeypatch.setattr(on_sqlite.outbox, "put", lambda *_, **__: 1 / 0)
    with (tmp_path / "rejects").open("a") as rejects, pytest.raises(ZeroDivisionError):
        load(on_sqlite, b"{\n", "f", rejects=rejects)
    assert json.loads((tmp_path / "rejects").read_text())["line"] == 1
