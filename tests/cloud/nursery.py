"""Child processes to be killed: a process that has imported everything forks one in milliseconds.

Run as `python -m tests.cloud.nursery`; commands come as JSON lines on standard input, answers go as JSON lines to
the output.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from sqlalchemy import Engine, event

from heap_web.cloud import HeapCloud, Limits
from heap_web.cloud.delivery import Answer, Fault, Post
from heap_web.cloud.driver import Driver

UNLIMITED = Limits(10**9, 10**9, 10**9)


@dataclass(frozen=True)
class Work:
    """What a child does: makes the calls that are not yet acknowledged, and sends."""

    heap: str
    outbox: str
    acknowledged: str
    """The file to which the number of each call is added once it is taken."""
    calls: tuple[int, int] = (0, 0)
    """The numbers of the calls to make, from and up to."""
    flush_every: int = 0
    """Flush after so many calls; 0: only at the end."""
    die_at: int = 0
    """Kill itself with SIGKILL at this step, counting database statements, commits and requests; 0: never."""
    background: bool = False


def key_of(number: int) -> str:
    """A call's message id."""
    return f"message-{number:06}"


def acknowledged(path: str) -> set[int]:
    """The numbers of the calls that were taken."""
    return {int(line) for line in Path(path).read_text().split()} if Path(path).exists() else set()


class Nursery:
    """Starts children and tells how they ended."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cloud.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def prepare(self, target: str, **arguments: Any) -> None:
        """Calls a function, `module:name`, where children are forked, so that they find everything loaded."""
        self._ask({"prepare": target, "arguments": arguments})

    def start(self, target: str, **arguments: Any) -> int:
        """Calls a function in a new child; gives its process id."""
        return int(self._ask({"start": target, "arguments": arguments}))

    def kill(self, pid: int) -> None:
        """Kills a child at once, as by `kill -9`."""
        os.kill(pid, signal.SIGKILL)

    def wait(self, pid: int) -> int:
        """How a child ended: its exit code, or minus the signal's number."""
        return int(self._ask({"wait": pid}))

    def run(self, target: str, **arguments: Any) -> int:
        """Runs a child to its end; gives how it ended."""
        return self.wait(self.start(target, **arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, command: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


CHILD = "tests.cloud.nursery:child"


def child(**arguments: Any) -> None:
    """The whole life of a child that makes calls: `Work`."""
    work = Work(**arguments)
    if work.die_at:
        die_at(work.die_at)
    ack = os.open(work.acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    done = acknowledged(work.acknowledged)
    with HeapCloud(
        "11", outbox=work.outbox, base_url=work.heap, limits=UNLIMITED, background=work.background, linger=0.001
    ) as heap:
        for number in range(*work.calls):
            if number in done:
                continue
            user, key = f"user {number % 7}", key_of(number)
            if number % 5 == 4:
                heap.identify(user, {f"seen {number}": True, "last": number}, message_id=key)
            else:
                heap.track("Order Completed", user_id=user, properties={"number": number}, message_id=key)
            os.write(ack, f"{number}\n".encode())
            if work.flush_every and number % work.flush_every == work.flush_every - 1:
                heap.flush()
        heap.flush()


def die_at(step: int) -> Callable[[], None]:
    """Kills this process with SIGKILL at a step; gives the function that counts further kinds of steps."""
    left = step

    def count(*_: object, **__: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, count)
    post = Driver._post

    async def counted(self: Driver, client: httpx.AsyncClient, asked: Post) -> Answer | Fault:
        count()
        answer = await post(self, client, asked)
        count()
        return answer

    setattr(Driver, "_post", counted)  # noqa: B010
    return count


def main() -> None:
    """Serves commands until the input ends; then what still runs is ended: whoever started it is gone."""
    running: set[int] = set()
    for line in sys.stdin:
        command = json.loads(line)
        if "wait" in command:
            _, status = os.waitpid(command["wait"], 0)
            running.discard(command["wait"])
            print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)
            continue
        if "prepare" in command:
            _called(command["prepare"], command["arguments"])
            print(json.dumps(None), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                _called(command["start"], command["arguments"])
                code = 0
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                os._exit(code)
        running.add(pid)
        print(json.dumps(pid), flush=True)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _called(target: str, arguments: dict[str, Any]) -> None:
    module, _, name = target.partition(":")
    getattr(import_module(module), name)(**arguments)


if __name__ == "__main__":
    main()
