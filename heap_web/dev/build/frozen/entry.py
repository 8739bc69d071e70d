"""What a worker calls: a batch in, its answer out, and nothing raised."""

from traceback import format_exception

from heap_web.runtime import run


def answer(text: str) -> str:
    """The answer to a batch: a JSON object. Or what was raised, as text that does not begin as an object does."""
    try:
        return run(text)
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker tells it
        return "".join(format_exception(error))
