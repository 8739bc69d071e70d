"""A large audience: bounded memory, and time that is spent on the changes. The bench is what is run, in small and
in full.
"""

import pytest

from heap_web.dev.bench import audiences as bench_audiences

GIBIBYTE = 1024


@pytest.mark.parametrize(
    ("members", "changes"),
    [(200_000, 2_000), pytest.param(10_000_000, 100_000, marks=pytest.mark.long)],
)
def test_large(members: int, changes: int) -> None:
    """Only the changes are told, and the run keeps within a gibibyte."""
    figures = bench_audiences.measure(members, changes, iterable=members < 1_000_000)
    runs = {name.split(":")[0] for name in figures}
    assert {figures[f"{run}: changes told"] for run in runs} == {0, changes}
    assert max(figures[f"{run}: peak memory, MB"] for run in runs) < GIBIBYTE
