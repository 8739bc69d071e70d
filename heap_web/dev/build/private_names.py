"""Names of properties that only the page's half itself reads: the build may shorten them.

A name belongs here if it is long or often used and nobody else reads it: no page, no listener, no worker, no Python,
no browser. tests/build/test_private_names.py looks for such readers. esbuild gives each name one short name in the
whole bundle.
"""

from __future__ import annotations

from typing import Final

PRIVATE: Final = (
    "callsOf",
    "claim",
    "claims",
    "contested",
    "deliverNow",
    "early",
    "entryOf",
    "failure",
    "fields",
    "fits",
    "forget",
    "hostChanged",
    "inPage",
    "isCall",
    "isHost",
    "lasting",
    "left",
    "lives",
    "lockOf",
    "mine",
    "optional",
    "outcomes",
    "owner",
    "plan",
    "post",
    "prepare",
    "putFirst",
    "receive",
    "release",
    "report",
    "runNow",
    "scan",
    "settle",
    "settleAll",
    "store",
    "strike",
    "takeNow",
    "takes",
    "throws",
    "timer",
    "tries",
    "unclaim",
    "whenSettled",
    "wire",
)

#: esbuild's flag for them.
MANGLE: Final = f"--mangle-props=^({'|'.join(PRIVATE)})$"
