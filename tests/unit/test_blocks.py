"""heap_web.browser.blocks: a block of code as one event."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heap_web.browser.blocks import Tracked
from heap_web.core.errors import CallError


class Journal:
    """What was tracked, and a clock that a test sets."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.time = 100.0

    def track(self, event: str, properties: Any) -> None:
        self.events.append((event, dict(properties)))

    def tracked(self, event: Any = "Ran model", properties: object = None) -> Tracked:
        return Tracked(self.track, lambda: self.time, event, properties)


@pytest.fixture
def journal() -> Journal:
    return Journal()


def test_success(journal: Journal) -> None:
    """A block that ends tells its event once, with its time in milliseconds and that it succeeded."""
    with journal.tracked():
        assert journal.events == []
        journal.time += 1.23456
    assert journal.events == [("Ran model", {"duration_ms": 1234.6, "succeeded": True})]


def test_failure(journal: Journal) -> None:
    """A block that raises tells the exception's type, not its message, and lets it go on."""
    with pytest.raises(ValueError, match="secret"), journal.tracked():
        raise ValueError("secret")
    assert journal.events == [("Ran model", {"duration_ms": 0.0, "succeeded": False, "error": "ValueError"})]


def test_properties(journal: Journal) -> None:
    """Properties given before and set inside the block win over those measured; the caller's own are left alone."""
    given = {"model": "trees", "duration_ms": 7}
    with journal.tracked("E", given) as properties:
        properties["rows"] = 3
        properties["succeeded"] = False
    assert journal.events == [("E", {"model": "trees", "duration_ms": 7, "succeeded": False, "rows": 3})]
    assert given == {"model": "trees", "duration_ms": 7}


def test_function(journal: Journal) -> None:
    """A decorated function keeps its name, arguments and result, and each call of it is one event."""

    @journal.tracked("Added")
    def add(one: int, other: int = 1) -> int:
        """Adds."""
        journal.time += 0.5
        return one + other

    assert (add(1), add(1, other=5), add.__name__, add.__doc__) == (2, 6, "add", "Adds.")
    assert [properties["duration_ms"] for _, properties in journal.events] == [500.0, 500.0]


def test_coroutine(journal: Journal) -> None:
    """A decorated coroutine is timed to its end, also when calls of it run at the same time."""

    @journal.tracked("Waited")
    async def wait(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
            journal.time += 1
        return turns

    async def both() -> list[int]:
        return await asyncio.gather(wait(1), wait(2))

    assert asyncio.run(both()) == [1, 2]
    assert [properties["duration_ms"] for _, properties in journal.events] == [1000.0, 3000.0]


def test_cancelled(journal: Journal) -> None:
    """A coroutine that is cancelled has not succeeded."""

    @journal.tracked()
    async def wait() -> None:
        await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancel())
    assert journal.events[0][1]["error"] == "CancelledError"


def test_generator(journal: Journal) -> None:
    """A decorated generator is timed until it is exhausted."""

    @journal.tracked()
    def count() -> Iterator[int]:
        yield 1
        journal.time += 2
        yield 2

    assert list(count()) == [1, 2]
    assert [properties["duration_ms"] for _, properties in journal.events] == [2000.0]


def test_recursion(journal: Journal) -> None:
    """A function that calls itself tells one event for each call, the inner ones first."""

    @journal.tracked()
    def down(steps: int) -> None:
        journal.time += 1
        if steps:
            down(steps - 1)

    down(2)
    assert [properties["duration_ms"] for _, properties in journal.events] == [1000.0, 2000.0, 3000.0]


def test_entered_again(journal: Journal) -> None:
    """One block object may be entered again inside itself; each entry is an event of its own."""
    block = journal.tracked()
    with block:
        journal.time += 1
        with block:
            journal.time += 1
    assert [properties["duration_ms"] for _, properties in journal.events] == [1000.0, 2000.0]


@pytest.mark.parametrize("event", ["", None, 7])
def test_no_name(journal: Journal, event: object) -> None:
    """A name that is none is refused where it is written, not where the block ends."""
    with pytest.raises(CallError, match="name comes first"):
        journal.tracked(event)


def test_brackets_forgotten(journal: Journal) -> None:
    """`@analytics.tracked` without brackets says how to write it."""
    with pytest.raises(CallError, match=r"@analytics\.tracked\('Ran model'\)"):
        journal.tracked(lambda: None)


def test_async_generator(journal: Journal) -> None:
    """An async generator cannot be decorated faithfully, and the message says what to do instead."""

    async def items() -> Any:
        yield 1

    decorate: Callable[[Any], Any] = journal.tracked()
    with pytest.raises(CallError, match="inside it"):
        decorate(items)
