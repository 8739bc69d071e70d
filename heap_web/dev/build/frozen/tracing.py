"""In an interpreter that is thrown away: which Python functions run while it answers batches."""

import json
import sys
from types import CodeType

import entry  # type: ignore[import-not-found]


def functions_run(texts: str) -> str:
    """Answers a JSON list of batches; returns a JSON list of the functions that ran meanwhile.

    A function is told by its file, its qualified name and its first line.
    """
    ran: set[tuple[str, str, int]] = set()
    monitoring = sys.monitoring  # type: ignore[attr-defined]

    def started(code: CodeType, _offset: int) -> object:
        ran.add((code.co_filename, code.co_qualname, code.co_firstlineno))
        return monitoring.DISABLE  # told once, a function need not be told again

    monitoring.use_tool_id(monitoring.PROFILER_ID, "tracing")
    monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, started)
    monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)
    entry.prime("")
    for text in json.loads(texts):
        entry.answer(text)
    monitoring.set_events(monitoring.PROFILER_ID, 0)
    return json.dumps(sorted(ran))
