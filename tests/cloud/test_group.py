"""Callers that come together share a commit; each returns when its own item is written, and learns its own error."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from heap_web.cloud.errors import OutboxError
from heap_web.cloud.group import Group


class Book:
    """What was written, batch by batch; the first write waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self.bad: dict[str, Exception] = {}

    def write(self, items: list[str]) -> None:
        """Takes all or none."""
        self.begun.set()
        assert self.go.wait(20)
        for item in items:
            if item in self.bad:
                raise self.bad[item]
        self.batches.append(list(items))


@pytest.fixture
def book() -> Book:
    """An empty one."""
    return Book()


def put_all(book: Book, group: Group[str], items: str) -> dict[str, BaseException | None]:
    """Puts the first item, and the others while it is being written; gives what each caller got."""
    got: dict[str, BaseException | None] = {}

    def put(item: str) -> None:
        try:
            group.put(item)
            got[item] = None
        except Exception as error:  # noqa: BLE001
            got[item] = error

    threads = [threading.Thread(target=put, args=(item,)) for item in items]
    threads[0].start()
    assert book.begun.wait(20)
    for n, thread in enumerate(threads[1:], 1):
        thread.start()
        while len(group._waiting) < n:
            pass
    book.go.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return got


def test_share_a_write(book: Book) -> None:
    """Who comes while another writes is written with all who came meanwhile, in the order of coming."""
    group = Group(book.write, len, 100)
    assert put_all(book, group, "abcdef") == dict.fromkeys("abcdef")
    assert book.batches == [["a"], ["b", "c", "d", "e", "f"]]


def test_bounded(book: Book) -> None:
    """No write is larger than its bound."""
    group = Group(book.write, len, 2)
    put_all(book, group, "abcdef")
    assert book.batches == [["a"], ["b", "c"], ["d", "e"], ["f"]]


def test_one_bad_item(book: Book) -> None:
    """An item that cannot be written takes no other with it."""
    group = Group(book.write, len, 100)
    book.bad["c"] = OutboxError("no", "data")
    got = put_all(book, group, "abcd")
    assert [str(got[item]) for item in "abcd"] == ["None", "None", "no", "None"]
    assert sorted(item for batch in book.batches for item in batch) == ["a", "b", "d"]


def test_all_bad(book: Book) -> None:
    """A database that fails is told to all who waited, each by an error of its own; the next caller tries anew."""
    group = Group(book.write, len, 100)
    book.bad = {item: OutboxError("full", "full") for item in "bcd"}
    got = put_all(book, group, "abcd")
    errors = [got[item] for item in "bcd"]
    assert [str(error) for error in errors] == ["full"] * 3
    assert len({id(error) for error in errors}) == 3
    group.put("e")
    assert book.batches == [["a"], ["e"]]


@pytest.mark.parametrize("who", ["threads first", "tasks first"])
def test_threads_and_tasks(book: Book, who: str) -> None:
    """Threads and tasks wait in one queue."""
    group = Group(book.write, len, 1)
    book.go.set()
    done: list[str] = []

    def put(item: str) -> None:
        group.put(item)
        done.append(item)

    async def aput(item: str) -> None:
        await group.aput(item)
        done.append(item)

    async def tasks() -> None:
        await asyncio.gather(*(aput(f"task {n}") for n in range(50)))

    def threads() -> list[threading.Thread]:
        made = [threading.Thread(target=put, args=(f"thread {n}",)) for n in range(50)]
        for thread in made:
            thread.start()
        return made

    parts: list[Callable[[], list[threading.Thread]]] = [
        threads,
        lambda: [threading.Thread(target=asyncio.run, args=(tasks(),))],
    ]
    running = parts[who == "tasks first"]()
    other = parts[who == "threads first"]()
    for thread in running + other:
        if not thread.ident:
            thread.start()
    for thread in running + other:
        thread.join(30)
        assert not thread.is_alive()
    assert sorted(done) == sorted(item for batch in book.batches for item in batch)
    assert len(done) == 100


def test_a_cancelled_task(book: Book) -> None:
    """A task that is cancelled while it waits stops nobody else."""
    group = Group(book.write, len, 1)

    async def work() -> None:
        first = asyncio.create_task(group.aput("a"))
        second = asyncio.create_task(group.aput("b"))
        third = asyncio.create_task(group.aput("c"))
        await asyncio.to_thread(book.begun.wait, 20)
        second.cancel()
        book.go.set()
        await asyncio.gather(first, third)

    asyncio.run(work())
    assert {"a", "c"} <= {item for batch in book.batches for item in batch}


def test_interrupted_while_waiting(book: Book) -> None:
    """Ctrl+C while a caller waits for its turn leaves the others theirs."""
    group = Group(book.write, len, 1)
    first = threading.Thread(target=group.put, args=("a",))
    first.start()
    assert book.begun.wait(20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("heap_web.cloud.group.threading.Lock", _Interrupting)
        with pytest.raises(KeyboardInterrupt):
            group.put("b")
    book.go.set()
    first.join(20)
    group.put("c")
    assert book.batches == [["a"], ["c"]]


class _Interrupting:
    """A lock whose second acquisition is interrupted, as by Ctrl+C."""

    def __init__(self) -> None:
        self._count = 0

    def acquire(self) -> bool:
        """Taken at once, then interrupted."""
        self._count += 1
        if self._count > 1:
            raise KeyboardInterrupt
        return True

    def release(self) -> None:
        """Nothing to do."""

    def locked(self) -> bool:
        """As a lock that is held."""
        return True
