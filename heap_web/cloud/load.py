"""Bulk loading: Segment-shaped messages, one JSON object a line, into the outbox, so that an interrupted load
goes on where it was.

After each chunk of lines the position is written in the same transaction as the calls, so a line is taken exactly
once. A message without a `messageId` gets one made from its source, place and text: taken again, it is the same
call.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import BinaryIO

from heap_web.cloud.client import HeapCloud
from heap_web.cloud.entries import Entry
from heap_web.cloud.messages import from_segment
from heap_web.core.errors import CallError, ConfigurationError

CHUNK_LINES = 1_000
CHUNK_BYTES = 1_000_000
LONGEST_LINE = 10_000_000
"""Bytes; a longer line is refused, so that memory stays bounded."""
PROBLEMS_KEPT = 100


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
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line number and reason of the first refused lines."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a source has been loaded: bytes and lines, and where the last of these lines began, and its hash."""

    position: int = 0
    line: int = 0
    last: int = 0
    hash: str = ""


class Load:
    """One source on its way into the outbox. `name` tells sources apart; without one the load cannot go on later."""

    def __init__(self, source: BinaryIO, heap: HeapCloud, name: str | None, *, again: bool = False) -> None:
        self._source = source
        self._heap = heap
        self._name = name
        self._checkpoint = None if name is None else f"load {sha256(name.encode()).hexdigest()}"
        self._unique = name if name is not None else os.urandom(16).hex()
        self.loaded = Loaded()
        self._place = Place()
        written = heap.outbox.checkpoint(self._checkpoint) if self._checkpoint is not None and not again else None
        if written is not None:
            self._resume(Place(**json.loads(written)))

    @property
    def position(self) -> int:
        """Bytes of the source that have been taken, earlier runs' included."""
        return self._place.position

    def run(self, progress: Callable[[int], None] | None = None, *, dry: bool = False) -> Loaded:
        """Takes all lines. `progress(position)` is called after each chunk. `dry`: only checks them."""
        for chunk in self._chunks():
            entries = [entry for start, number, line in chunk for entry in self._entries(start, number, line)]
            start, number, line = chunk[-1]
            self._place = Place(start + len(line), number, start, _hash(line))
            if not dry:
                mark = None
                if self._checkpoint is not None:
                    mark = (
                        self._checkpoint,
                        json.dumps({name: getattr(self._place, name) for name in Place.__slots__}),
                    )
                self._heap.outbox.put(entries, checkpoint=mark)
            if progress is not None:
                progress(self._place.position)
        return self.loaded

    def _resume(self, place: Place) -> None:
        """Goes to where an earlier run ended, if the source still is what that run read."""
        if self._source.seekable():
            self._source.seek(place.last)
            if _hash(self._source.readline(LONGEST_LINE)) != place.hash:
                self._source.seek(0)  # another file by now, under the same name
                return
            self._source.seek(place.position)
        else:
            line = b""
            for _ in range(place.line):
                line = self._source.readline(LONGEST_LINE)
            if _hash(line) != place.hash:
                raise ConfigurationError(
                    "the input is not the one that was loaded under this name before; pass another --name, or --again"
                )
        self._place = place
        self.loaded = replace(self.loaded, skipped=place.line)

    def _chunks(self) -> Iterator[list[tuple[int, int, bytes]]]:
        """Lines with their positions and numbers (from 1), some at a time."""
        chunk: list[tuple[int, int, bytes]] = []
        position, number, size = self._place.position, self._place.line, 0
        while line := self._source.readline(LONGEST_LINE):
            number += 1
            chunk.append((position, number, line))
            position += len(line)
            size += len(line)
            if len(chunk) >= CHUNK_LINES or size >= CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _entries(self, start: int, number: int, line: bytes) -> tuple[Entry, ...]:
        text = line.strip()
        if not text:
            return ()
        self.loaded.lines += 1
        try:
            message = from_segment(_parsed(text, len(line)))
            if message is not None and message.message_id is None:
                message = replace(message, message_id=_hash(f"{self._unique}\n{start}\n".encode() + text)[:32])
            entries = () if message is None else self._heap.entries(message)
        except CallError as error:
            self.loaded.refused += 1
            if len(self.loaded.problems) < PROBLEMS_KEPT:
                self.loaded.problems.append((number, str(error)))
            return ()
        if entries:
            self.loaded.taken += 1
        else:
            self.loaded.silent += 1
        return entries


def _parsed(text: bytes, length: int) -> dict[str, object]:
    if length >= LONGEST_LINE:
        raise CallError(f"the line is longer than {LONGEST_LINE} bytes")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CallError(f"the line is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise CallError("the line is no JSON object")
    return message


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()
