"""What a worker calls: `prime` once, then `answer` for each batch."""

from functools import partial
from traceback import format_exception

from heap_web.runtime import run

# More types than V8 guesses by, which are four, for each thing that `prime` does. Annotations would be loaded too.
ITERATED = ({}, {}.items(), "", frozenset(), map(int, ()), enumerate(()))  # type: ignore[var-annotated]
TESTED = (0, 0.0, "", (), [], {}, frozenset(), None)  # type: ignore[var-annotated]
HASHED = (1, 1.5, "a", (1,), frozenset(), int)  # type: ignore[var-annotated]
ITERABLE = ([], (), {}, "", {}.items(), frozenset(), range(0), map(int, ()))  # type: ignore[var-annotated]
CALLED = (int, dict, [].copy, "".upper, partial(int), lambda: None)  # type: ignore[var-annotated]


def prime(_text: str) -> str:
    """Has the C functions that Python's evaluation loop calls for every type meet values of many types.

    V8 optimizes that loop after some 150 of Python's instructions. Where the loop calls by a type's table, V8 puts the
    functions that were called there so far. When another type comes later, V8 throws the code away and compiles the
    loop anew. That takes a third of a second of a core, while a page loads. So the types come first, in few
    instructions. The iterators come before all others, as the loop itself calls them.
    """
    for some in ITERATED:
        for _ in some:
            pass
    any(TESTED)
    set(HASHED)
    list(map(iter, ITERABLE))
    for call in CALLED:
        call()
    return ""


def answer(text: str) -> str:
    """The answer to a batch: a JSON object. Or what was raised, as text that does not begin as an object does."""
    try:
        return run(text)
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker tells it
        return "".join(format_exception(error))
