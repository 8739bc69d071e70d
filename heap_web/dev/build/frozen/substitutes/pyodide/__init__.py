"""In the place of `pyodide`: no event loop is set up.

Holds the JavaScript objects that the real one holds, in the same order: a snapshot can be taken only of an interpreter
that has just these.
"""

from pyodide_js._api import scheduleCallback  # type: ignore[import-not-found]

__version__ = "frozen"
__all__ = ["scheduleCallback"]
