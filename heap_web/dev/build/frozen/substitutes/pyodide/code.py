"""In the place of `pyodide.code`: runs the few lines with which the interpreter is settled before it is frozen."""

from _pyodide._base import eval_code  # type: ignore[import-not-found]

__all__ = ["eval_code"]
