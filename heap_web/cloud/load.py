"""Bulk loading: Segment-shaped messages, one JSON object a line, into the outbox, so that an interrupted load
goes on where it was.

After each chunk of lines the position is written in the same transaction as the calls, so a line is taken exactly
once. A message without a `messageId` gets one made from its source, place and text: taken again, it is the same
call. A line that cannot be a call never stops the others: it is counted, told with its number and the reason, and
written to the rejects, before the position is.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import BinaryIO, TextIO, cast

from heap_web.cloud.client import HeapCloud
from heap_web.cloud.entries import Entry
from heap_web.cloud.messages import from_segment
from heap_web.core.errors import CallError, ConfigurationError

CHUNK_LINES = 1_000
CHUNK_BYTES = 1_000_000
LONGEST_LINE = 10_000_000
"""Bytes; a longer line is refused, so that memory stays bounded."""
PROBLEMS_KEPT = 100
READ_AT_ONCE = 1_000_000

GZIP = b"\x1f\x8b"
NO_LINES = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"PAR1": "Parquet",
}
"""How a source begins that has no lines of JSON."""


@dataclass
class Loaded:
    """What came of a load."""

    lines: int = 0
    """Lines read in this run."""
    skipped: int = 0
    """Lines that an earlier run had taken."""
    taken: int = 0
    """Messages that are in the outbox now."""
    silent: int = 0
    """Messages that tell Heap nothing: `group`, `alias`, those not meant for Heap, `identify` without traits."""
    refused: int = 0
    """Lines that are no message Heap would take."""
    restarted: bool = False
    """An earlier run under this name read another content, so this one began at the start."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line number and reason of the first refused lines."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a source has been loaded: bytes and lines, and the hash of all these bytes."""

    position: int = 0
    line: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a source, with its line break; of one that is too long, its beginning."""

    start: int
    number: int
    content: bytes
    length: int


class Load:
    """One source on its way into the outbox. `name` tells sources apart; without one the load cannot go on later.

    `again`: begin at the start whatever was loaded. `rejects`: a text file that the refused lines are written to, one
    JSON object each: `line` (its number), `reason` and `text`. A source that is compressed by gzip is unpacked.
    """

    def __init__(
        self,
        source: BinaryIO,
        heap: HeapCloud,
        name: str | None,
        *,
        again: bool = False,
        rejects: TextIO | None = None,
    ) -> None:
        self._source = source
        self._heap = heap
        self._name = name
        self._rejects = rejects
        self._checkpoint = None if name is None else f"load {sha256(name.encode('utf-8', 'replace')).hexdigest()}"
        self._unique = name if name is not None else os.urandom(16).hex()
        self.loaded = Loaded()
        self._place = Place()
        self._hash = sha256()
        self._damage = ""
        self._unfinished: Line | None = None
        written = heap.outbox.checkpoint(self._checkpoint) if self._checkpoint is not None and not again else None
        if written is not None:
            fields = json.loads(written)
            self._resume(Place(*(fields.get(name, "") for name in ("position", "line", "hash"))))

    @property
    def position(self) -> int:
        """Bytes of the source that have been taken, earlier runs' included."""
        return self._place.position

    def run(self, progress: Callable[[int], None] | None = None, *, dry: bool = False) -> Loaded:
        """Takes all lines. `progress(position)` is called after each chunk. `dry`: only checks them."""
        for chunk in self._chunks():
            entries = [entry for line in chunk for entry in self._entries(line)]
            last = chunk[-1]
            self._place = Place(last.start + last.length, last.number, self._hash.hexdigest())
            if self._rejects is not None:
                self._rejects.flush()
            if not dry:
                mark = None if self._checkpoint is None else (self._checkpoint, json.dumps(asdict(self._place)))
                self._heap.outbox.put(entries, checkpoint=mark)
            if progress is not None:
                progress(self._place.position)
        if self._unfinished is not None:
            self._refuse(self._unfinished, "the line is no JSON, and has no line break yet")
            self.loaded.lines += 1
        if self._damage:
            raise ConfigurationError(
                f"the gzip data end or are damaged after line {self._place.line} ({self._damage}); "
                "what came before is taken"
            )
        return self.loaded

    def _resume(self, place: Place) -> None:
        """Goes to where an earlier run ended, if all that run read is still there."""
        left = place.position
        while left and (content := self._source.read(min(left, READ_AT_ONCE))):
            self._hash.update(content)
            left -= len(content)
        if not left and self._hash.hexdigest() == place.hash:
            self._place = place
            self.loaded = replace(self.loaded, skipped=place.line)
            return
        if not self._source.seekable():
            raise ConfigurationError(
                "the input is not the one that was loaded under this name before; pass another --name, or --again"
            )
        self._source.seek(0)
        self._hash = sha256()
        self.loaded = replace(self.loaded, restarted=True)

    def _chunks(self) -> Iterator[list[Line]]:
        """The lines, some at a time."""
        chunk: list[Line] = []
        size = 0
        for line in self._lines():
            chunk.append(line)
            size += len(line.content)
            if len(chunk) >= CHUNK_LINES or size >= CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _lines(self) -> Iterator[Line]:
        position, number = self._place.position, self._place.line
        while content := self._read(LONGEST_LINE):
            number += 1
            length = len(content)
            before = self._hash.copy()
            self._hash.update(content)
            piece = content
            while not piece.endswith(b"\n") and (piece := self._read(READ_AT_ONCE)):
                self._hash.update(piece)
                length += len(piece)
            if self._damage:
                self._hash = before
                return
            if not content.endswith(b"\n") and length < LONGEST_LINE and not _is_whole(content):
                # Another program may still be writing it: it is told of, and looked at again the next time.
                self._hash = before
                self._unfinished = Line(position, number, content, length)
                return
            yield Line(position, number, content, length)
            position += length

    def _read(self, most: int) -> bytes:
        try:
            return self._source.readline(most)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self._damage = str(error)
            return b""

    def _entries(self, line: Line) -> tuple[Entry, ...]:
        text = _text(line.content)
        if not text:
            return ()
        self.loaded.lines += 1
        try:
            message = from_segment(_parsed(text, line.length))
            if message is not None and message.message_id is None:
                key = _hash(f"{self._unique}\n{line.start}\n".encode("utf-8", "replace") + text)[:32]
                message = replace(message, message_id=key)
            entries = () if message is None else self._heap.entries(message)
        except CallError as error:
            self._refuse(line, str(error))
            return ()
        except Exception as error:  # noqa: BLE001 - whatever a line does, it must not keep the others out
            self._refuse(line, f"the line cannot be read: {type(error).__name__}")
            return ()
        if entries:
            self.loaded.taken += 1
        else:
            self.loaded.silent += 1
        return entries

    def _refuse(self, line: Line, reason: str) -> None:
        self.loaded.refused += 1
        if len(self.loaded.problems) < PROBLEMS_KEPT:
            self.loaded.problems.append((line.number, reason))
        if self._rejects is not None:
            shown = line.content if line.length <= LONGEST_LINE else line.content[:1_000]
            text = shown.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
            self._rejects.write(json.dumps({"line": line.number, "reason": reason, "text": text}) + "\n")


def unpacked(source: BinaryIO) -> BinaryIO:
    """A source as lines: unpacked if gzip compressed it. Raises `ConfigurationError` for what has no lines of JSON."""
    peek = getattr(source, "peek", None)
    head = peek(8)[:8] if peek is not None else b""
    if head.startswith(GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=source))
    for sign, what in NO_LINES.items():
        if head.startswith(sign):
            raise ConfigurationError(f"the input is {what}; pass lines of JSON as UTF-8 text, plain or gzip")
    return source


def _parsed(text: bytes, length: int) -> dict[str, object]:
    if length > LONGEST_LINE:
        raise CallError(f"the line is longer than {LONGEST_LINE} bytes")
    try:
        message = json.loads(text)
    except RecursionError as error:
        raise CallError("the line is no JSON that can be read: it is nested too deeply") from error
    except ValueError as error:
        raise CallError(f"the line is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise CallError("the line is no JSON object")
    return message


def _text(content: bytes) -> bytes:
    return content.strip().removeprefix(b"\xef\xbb\xbf")


def _is_whole(content: bytes) -> bool:
    """Whether a line without a line break is one all the same: nothing, or JSON."""
    text = _text(content)
    try:
        return not text or json.loads(text) is not None
    except (ValueError, RecursionError):
        return False


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()
