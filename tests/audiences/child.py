"""A child process that keeps an audience in step, to be killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heap_web.audiences import AudienceSync, engines, sync
from heap_web.cloud import HeapCloud
from tests.cloud.nursery import UNLIMITED, die_at

AUDIENCE = "tests.audiences.child:audience"


def audience(file: str, outbox: str, heap: str, members: list[str], die: int = 0) -> None:
    """Tells Heap who is a member; dies at a step, if told, counting all that is written anywhere."""
    if die:
        _die_at(die)
    with (
        HeapCloud("11", outbox=outbox, base_url=heap, background=False, limits=UNLIMITED) as client,
        AudienceSync("VIP", client, store=file) as audience,
    ):
        audience.sync(members)


def _die_at(step: int) -> None:
    count = die_at(step)
    opened = engines.open_file

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            count()
            result = function(*arguments, **named)
            count()
            return result

        return call

    def open_file(path: Any) -> Any:
        connection = opened(path)
        for name in ("create_table", "insert", "raw_sql"):
            setattr(connection, name, counted(getattr(connection, name)))
        return connection

    setattr(sync, "open_file", open_file)  # noqa: B010
