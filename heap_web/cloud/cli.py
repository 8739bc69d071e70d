"""`heap-web`: sends files of Segment-shaped messages, and looks after the outbox."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from rich.console import Console

from heap_web.cloud import outbox_admin, progress
from heap_web.cloud.calls import checked_app_id
from heap_web.cloud.client import HeapCloud
from heap_web.cloud.database import resolved
from heap_web.cloud.errors import DeliveryError, OutboxError
from heap_web.cloud.load import Load, Loaded, unpacked
from heap_web.cloud.outbox import Outbox
from heap_web.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_SENT, SOME_REFUSED, USAGE, KEPT, OUTBOX, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes, as `EXIT_CODES` tells them."""
EXIT_CODES = """\
exit codes:
  0    all is well: every call was delivered, nothing was refused
  1    some lines are no calls, or Heap refused some calls
  2    wrong use, or a file that cannot be read: nothing was done, or the message says what was
  3    Heap could not be reached: the calls are in the outbox, and the same command goes on
  4    the outbox's database could not do what was asked
  130  interrupted: nothing is lost, and the same command goes on
"""
SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives its exit code."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        code: int = options.run(options, console)
        sys.stdout.flush()
    except BrokenPipeError:  # who read the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ALL_SENT
    except (ConfigurationError, OSError) as error:
        return _said(options, console, str(error), USAGE)
    except OutboxError as error:
        return _said(options, console, str(error), OUTBOX)
    except DeliveryError as error:
        return _said(options, console, f"{error} Run the same command again.", KEPT)
    except KeyboardInterrupt:
        return _said(
            options, console, "interrupted. Nothing is lost: run the same command again to go on.", INTERRUPTED
        )
    return code


def _said(options: argparse.Namespace, console: Console, text: str, code: int) -> int:
    """Says why the command ended, for people and, if that was asked, as JSON; gives the exit code."""
    console.print(f"heap-web: {text}", style="red", markup=False, soft_wrap=True, highlight=False)
    if options.json:
        print(json.dumps({"error": text, "exit": code}))
    return code


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="heap-web",
        description="Sends calls to Heap from a server; none is lost.",
        epilog=EXIT_CODES,
        formatter_class=layout,
    )
    parser.add_argument("--version", action="version", version=f"heap-web {version('heap-web')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    kept = argparse.ArgumentParser(add_help=False)
    kept.add_argument("--app-id", default=os.environ.get("HEAP_APP_ID"), help="Heap's App ID (or HEAP_APP_ID)")
    kept.add_argument("--outbox", help="file or SQLAlchemy URL where calls wait (or HEAP_WEB_OUTBOX)")
    kept.add_argument("--json", action="store_true", help="tell the result, or the error, as JSON on standard output")
    sent = argparse.ArgumentParser(add_help=False)
    sent.add_argument("--region", default="us", help="where the data is kept: us or eu")
    sent.add_argument("--api", default="public", help="public, or integrations for the endpoints for partners")
    sent.add_argument("--base-url", help="another address for Heap")

    send = commands.add_parser(
        "send",
        parents=[kept, sent],
        help="send Segment-shaped messages, one JSON object a line (plain or gzip); resumable",
        epilog=EXIT_CODES,
        formatter_class=layout,
    )
    send.add_argument("file", help="the file, or - for standard input")
    send.add_argument("--name", help="name of the input, so that an interrupted load of - or a pipe can go on")
    send.add_argument("--again", action="store_true", help="begin at the start even if it was loaded before")
    send.add_argument("--dry-run", action="store_true", help="check the lines, take and send nothing")
    send.add_argument("--rejects", metavar="FILE", help="add the lines that are no calls to this file, with the reason")
    send.set_defaults(run=_send)

    outbox = commands.add_parser("outbox", help="look after the calls that wait or that Heap refused")
    actions = outbox.add_subparsers(required=True, metavar="ACTION")
    which = argparse.ArgumentParser(add_help=False)
    which.add_argument("--waiting", action="store_true", help="the calls that wait, not those that Heap refused")
    meant = argparse.ArgumentParser(add_help=False)
    meant.add_argument("--user", help="only the calls of this user")
    meant.add_argument("--message-id", action="append", metavar="ID", help="only this call; may be repeated")
    meant.add_argument("--status", type=int, help="only those that Heap refused with this HTTP status")
    status = actions.add_parser("status", parents=[kept], help="how many calls wait, since when, how many are refused")
    status.set_defaults(run=_status)
    listed = actions.add_parser("list", parents=[kept, which, meant], help="show calls, oldest first")
    listed.add_argument("--limit", type=int, default=SHOWN, help=f"how many at most ({SHOWN}; 0: all)")
    listed.set_defaults(run=_list)
    retry = actions.add_parser("retry", parents=[kept, sent, meant], help="send refused calls again")
    retry.set_defaults(run=_retry)
    drop = actions.add_parser("drop", parents=[kept, which, meant], help="remove calls for good; export them first")
    drop.add_argument("--yes", action="store_true", help="do it; without it, only tell how many there are")
    drop.set_defaults(run=_drop)
    export = actions.add_parser("export", parents=[kept, which, meant], help="write calls to a file as lines of JSON")
    export.add_argument("file", help="the file, which must not exist yet, or - for standard output")
    export.set_defaults(run=_export)
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


@contextmanager
def _outbox(options: argparse.Namespace) -> Iterator[Outbox]:
    app_id = checked_app_id(options.app_id)
    _check_there(options)
    outbox = Outbox(options.outbox, app_id=app_id)
    try:
        yield outbox
    finally:
        outbox.close()


def _check_there(options: argparse.Namespace) -> None:
    """Who looks after an outbox has one: a mistyped name must not make another, in which nothing waits."""
    url = resolved(options.outbox)
    file = str(url.database)
    if url.get_backend_name() == "sqlite" and not (file.startswith("file:") or os.path.exists(file)):
        raise ConfigurationError(f"there is no outbox at {file}: no client has kept calls there; pass --outbox")


def _send(options: argparse.Namespace, console: Console) -> int:
    heap = _client(options)
    try:
        with _source(options.file) as source, _rejects(options.rejects) as rejects:
            if rejects is not None and options.file != "-" and os.path.samefile(options.file, options.rejects):
                raise ConfigurationError("--rejects is the file that is sent; pass another one")
            # What is no file, such as a pipe or `<(zcat file.gz)`, has other content each time.
            name = options.name or (os.path.abspath(options.file) if os.path.isfile(options.file) else None)
            lines = unpacked(source)
            load = Load(lines, heap, name, again=options.again, rejects=rejects)
            size = os.path.getsize(options.file) if os.path.isfile(options.file) and lines is source else None
            damage: ConfigurationError | None = None
            with progress.shown(console, "read, bytes", size, load.position) as step:
                try:
                    load.run(step, dry=options.dry_run)
                except ConfigurationError as error:  # what came before is taken, so it is sent
                    damage = error
        loaded = load.loaded
        _show(loaded, console, dry=options.dry_run)
        told: dict[str, Any] = {**asdict(loaded), "problems": [list(problem) for problem in loaded.problems]}
        refused = 0
        if not options.dry_run:
            sent = _flush(heap, console)
            told["delivery"], refused = sent, sent["refused"]
        if damage is not None:
            raise damage
        _tell(options, told)
    finally:
        heap.close(0)
    return SOME_REFUSED if loaded.refused or refused else ALL_SENT


def _status(options: argparse.Namespace, _console: Console) -> int:
    with _outbox(options) as outbox:
        status = outbox_admin.status(outbox)
    since = "" if status.oldest is None else f", the oldest since {_time(status.oldest)}"
    refused = ", ".join(f"{count} with HTTP {code}" for code, count in sorted(status.statuses.items()))
    _tell(
        options,
        asdict(status),
        f"{status.waiting} calls wait in {status.url}{since}",
        f"{status.refused} calls were refused by Heap" + (f": {refused}" if refused else ""),
    )
    return SOME_REFUSED if status.refused else ALL_SENT


def _list(options: argparse.Namespace, _console: Console) -> int:
    with _outbox(options) as outbox:
        for n, kept in enumerate(outbox_admin.calls(outbox, _which(options), **_meant(options))):
            if options.limit and n == options.limit:
                if not options.json:
                    print("and more; --limit 0 shows all, status tells how many there are")
                break
            if options.json:
                print(json.dumps({**asdict(kept), "body": json.loads(kept.body)}))
            else:
                said = "" if kept.status is None else f"  HTTP {kept.status}: {kept.reason}"
                print(f"{_time(kept.at)}  {kept.message_id}  of {kept.user}  {kept.path}{said}")
    return ALL_SENT


def _retry(options: argparse.Namespace, console: Console) -> int:
    _check_there(options)
    heap = _client(options)
    try:
        back = outbox_admin.retry(heap.outbox, **_meant(options))
        console.print(f"{back} refused calls are put back", markup=False, highlight=False)
        sent = _flush(heap, console)
        _tell(options, {"put_back": back, "delivery": sent})
    finally:
        heap.close(0)
    return SOME_REFUSED if sent["refused"] else ALL_SENT


def _drop(options: argparse.Namespace, console: Console) -> int:
    which, meant = _which(options), _meant(options)
    with _outbox(options) as outbox:
        if not options.yes:
            count = sum(1 for _ in outbox_admin.calls(outbox, which, **meant))
            return _said(
                options, console, f"this would remove {count} {which} calls for good; say --yes to do it", USAGE
            )
        dropped = outbox_admin.drop(outbox, which, **meant)
    _tell(options, {"dropped": dropped}, f"{dropped} {which} calls are dropped")
    return ALL_SENT


def _export(options: argparse.Namespace, console: Console) -> int:
    with _outbox(options) as outbox, _target(options.file) as file:
        written = outbox_admin.export(outbox, file, _which(options), **_meant(options))
    if options.json and options.file != "-":
        _tell(options, {"exported": written})
    else:
        console.print(f"{written} {_which(options)} calls are exported", markup=False, highlight=False)
    return ALL_SENT


def _flush(heap: HeapCloud, console: Console) -> dict[str, int]:
    """Sends what waits; gives what came of it."""
    with progress.shown(console, "sent, calls", heap.outbox.waiting()) as step:
        done = heap.flush(progress=lambda sent, refused: step(sent + refused))
    console.print(f"{done.delivered} calls delivered, {done.refused} refused by Heap", markup=False, highlight=False)
    if done.refused:
        for said in _refusals(heap):
            console.print(said, style="red", markup=False, soft_wrap=True, highlight=False)
    return {"delivered": done.delivered, "refused": done.refused, "waiting": done.waiting}


def _refusals(heap: HeapCloud) -> list[str]:
    shown: list[str] = []
    for refusal in heap.refusals():
        if len(shown) == SHOWN:
            return [*shown, "and more: see heap-web outbox list"]
        shown.append(f"refused: {refusal.message_id} of {refusal.user}: HTTP {refusal.status}: {refusal.reason}")
    return shown


def _show(loaded: Loaded, console: Console, *, dry: bool) -> None:
    told = [f"{loaded.lines} messages read", f"{loaded.taken} {'could be ' if dry else ''}taken"]
    if loaded.skipped:
        told.insert(0, f"went on after line {loaded.skipped}")
    if loaded.restarted:
        told.insert(0, "another content than the one loaded before under this name: read from its start")
    if loaded.silent:
        told.append(f"{loaded.silent} tell Heap nothing")
    if loaded.refused:
        told.append(f"{loaded.refused} are no calls that Heap takes")
    console.print(", ".join(told), markup=False, highlight=False, soft_wrap=True)
    for number, reason in loaded.problems[:SHOWN]:
        console.print(f"line {number}: {reason}", style="red", markup=False, soft_wrap=True, highlight=False)
    if loaded.refused > SHOWN:
        console.print("and more: --rejects FILE keeps all of them", style="red", markup=False, highlight=False)


def _tell(options: argparse.Namespace, result: dict[str, Any], *lines: str) -> None:
    """The result on standard output: as JSON if that was asked, else as lines for people."""
    if options.json:
        print(json.dumps(result))
    for line in () if options.json else lines:
        print(line)


def _which(options: argparse.Namespace) -> outbox_admin.Which:
    return "waiting" if options.waiting else "refused"


def _meant(options: argparse.Namespace) -> outbox_admin.Meant:
    return {"user": options.user, "message_ids": options.message_id, "status": options.status}


def _time(at: float | None) -> str:
    return "-" if at is None else datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="seconds")


def _source(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(cast("BinaryIO", sys.stdin.buffer))
    return open(file, "rb")


def _rejects(file: str | None) -> AbstractContextManager[TextIO | None]:
    return nullcontext(None) if file is None else open(file, "a", encoding="utf-8")


def _target(file: str) -> AbstractContextManager[TextIO]:
    return nullcontext(sys.stdout) if file == "-" else open(file, "x", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
