"""The documentation's table of hosts says what the tests run."""

from __future__ import annotations

from .named import FILE, table


def test_the_table_is_what_the_tests_say() -> None:
    """The documentation's table is the one that the tests' marks draw: `python -m tests.hosts.named` writes it anew."""
    assert FILE.read_text("utf-8") == table()
