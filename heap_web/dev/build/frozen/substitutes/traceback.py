"""In the place of `traceback`: where an exception went through and what it says; source lines are not there anyway."""

import sys
from types import TracebackType


def format_exception(
    kind: object, value: BaseException | None = None, tb: TracebackType | None = None, **_: object
) -> list[str]:
    """The lines that Pyodide puts into a JavaScript error."""
    error = value if value is not None else kind
    if tb is None and isinstance(error, BaseException):
        tb = error.__traceback__
    lines = ["Traceback (most recent call last):\n"]
    while tb is not None:
        code = tb.tb_frame.f_code
        lines.append(f"  {code.co_filename}, line {tb.tb_lineno}, in {code.co_name}\n")
        tb = tb.tb_next
    return [*lines, f"{type(error).__name__}: {error}\n"]


def print_exception(kind: object, value: BaseException | None = None, tb: TracebackType | None = None) -> None:
    """The same, to standard error."""
    sys.stderr.write("".join(format_exception(kind, value, tb)))
