"""The Python reference, drawn from the sources."""

from __future__ import annotations

import subprocess
import sys

from heap_web.dev.build.steps import ROOT
from heap_web.dev.docs import reference

WITHOUT = """
import sys
sys.modules |= dict.fromkeys(("ibis", "pyarrow", "sqlglot", "duckdb", "pandas"))
from heap_web.dev.docs import reference
sys.stdout.write(reference.audiences())
"""


def test_audiences_are_described_without_the_engines() -> None:
    """Where the engines are not installed, as for `serve`, the reference says the same."""
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "### AudienceSync" in done.stdout
    assert done.stdout == reference.audiences()
