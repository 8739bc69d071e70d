"""`heap-web`: sends files of Segment-shaped messages, and shows what waits or was refused."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from heap_web.cloud.client import HeapCloud
from heap_web.cloud.errors import DeliveryError
from heap_web.cloud.load import Load, Loaded
from heap_web.core.errors import ConfigurationError

ALL_SENT, SOME_REFUSED, USAGE, KEPT, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes. KEPT: Heap could not be reached; the calls are in the outbox, and the same command goes on."""
SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives its exit code."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        code: int = options.run(options, console)
    except ConfigurationError as error:
        console.print(f"heap-web: {error}", style="red", markup=False, soft_wrap=True)
        return USAGE
    except OSError as error:
        console.print(f"heap-web: {error}", style="red", markup=False, soft_wrap=True)
        return USAGE
    except DeliveryError as error:
        console.print(f"heap-web: {error} Run the same command again.", style="red", markup=False, soft_wrap=True)
        return KEPT
    except KeyboardInterrupt:
        console.print(
            "heap-web: interrupted. Nothing is lost: run the same command again to go on.", markup=False, soft_wrap=True
        )
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heap-web", description="Sends calls to Heap from a server; none is lost.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--app-id", default=os.environ.get("HEAP_APP_ID"), help="Heap's App ID (or HEAP_APP_ID)")
    common.add_argument("--region", default="us", help="where the data is kept: us or eu")
    common.add_argument("--api", default="public", help="public, or integrations for the endpoints for partners")
    common.add_argument("--outbox", help="file or SQLAlchemy URL where calls wait (or HEAP_WEB_OUTBOX)")
    common.add_argument("--base-url", help="another address for Heap")
    send = commands.add_parser(
        "send", parents=[common], help="send Segment-shaped messages, one JSON object a line; resumable"
    )
    send.add_argument("file", help="the file, or - for standard input")
    send.add_argument("--name", help="name of the input, so that an interrupted load of - can go on")
    send.add_argument("--again", action="store_true", help="begin at the start even if it was loaded before")
    send.add_argument("--dry-run", action="store_true", help="check the lines, take and send nothing")
    send.set_defaults(run=_send)
    outbox = commands.add_parser("outbox", parents=[common], help="show what waits and what Heap refused")
    outbox.add_argument("--retry", action="store_true", help="send the refused calls again")
    outbox.set_defaults(run=_outbox)
    return parser


def _client(options: argparse.Namespace) -> HeapCloud:
    return HeapCloud(
        options.app_id,
        options.region,
        api=options.api,
        outbox=options.outbox,
        base_url=options.base_url,
        background=False,
    )


def _send(options: argparse.Namespace, console: Console) -> int:
    heap = _client(options)
    try:
        with _source(options.file) as source, _progress(console) as progress:
            name = options.name or (None if options.file == "-" else os.path.abspath(options.file))
            load = Load(source, heap, name, again=options.again)
            size = None if options.file == "-" else os.path.getsize(options.file)
            task = progress.add_task("read, bytes", total=size, completed=load.position)
            loaded = load.run(lambda position: progress.update(task, completed=position), dry=options.dry_run)
            _show(loaded, console)
            refused = 0 if options.dry_run else _flush(heap, progress, console)
    finally:
        heap.close(0)
    return SOME_REFUSED if loaded.refused or refused else ALL_SENT


def _outbox(options: argparse.Namespace, console: Console) -> int:
    heap = _client(options)
    try:
        if options.retry:
            heap.outbox.retry_refused()
            with _progress(console) as progress:
                _flush(heap, progress, console)
        refusals = list(_some(heap))
        console.print(f"{heap.outbox.waiting()} calls wait in {heap.outbox.url}", markup=False, soft_wrap=True)
        for said in refusals:
            console.print(said, markup=False, soft_wrap=True)
    finally:
        heap.close(0)
    return SOME_REFUSED if refusals else ALL_SENT


def _flush(heap: HeapCloud, progress: Progress, console: Console) -> int:
    """Sends what waits; gives how many calls Heap refused."""
    task = progress.add_task("sent, calls", total=heap.outbox.waiting())
    done = heap.flush(progress=lambda sent, refused: progress.update(task, completed=sent + refused))
    console.print(f"{done.delivered} calls delivered, {done.refused} refused by Heap", markup=False)
    if done.refused:
        for said in _some(heap):
            console.print(said, style="red", markup=False, soft_wrap=True)
    return done.refused


def _some(heap: HeapCloud) -> list[str]:
    shown: list[str] = []
    for refusal in heap.refusals():
        if len(shown) == SHOWN:
            return [*shown, "and more"]
        shown.append(f"refused: {refusal.message_id} of {refusal.user}: HTTP {refusal.status}: {refusal.reason}")
    return shown


def _show(loaded: Loaded, console: Console) -> None:
    told = [f"{loaded.lines} messages read", f"{loaded.taken} taken"]
    if loaded.skipped:
        told.insert(0, f"went on after line {loaded.skipped}")
    if loaded.silent:
        told.append(f"{loaded.silent} tell Heap nothing")
    if loaded.refused:
        told.append(f"{loaded.refused} are no calls that Heap takes")
    console.print(", ".join(told), markup=False)
    for number, reason in loaded.problems[:SHOWN]:
        console.print(f"line {number}: {reason}", style="red", markup=False, soft_wrap=True)


def _source(file: str) -> BinaryIO | nullcontext[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


if __name__ == "__main__":
    sys.exit(main())
