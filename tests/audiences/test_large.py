"""A large audience: bounded memory, and time that is spent on the changes. The benches are what is run, in small and
in full.
"""

import pytest

from heap_web.dev.bench import audiences as bench_audiences
from heap_web.dev.bench import spark as bench_spark

GIBIBYTE = 1024


@pytest.mark.parametrize(
    ("members", "changes"),
    [(10_000, 500), pytest.param(10_000_000, 100_000, marks=pytest.mark.long)],
)
def test_large(members: int, changes: int) -> None:
    """Only the changes are told, and the run keeps within a gibibyte."""
    figures = bench_audiences.measure(members, changes, iterable=members < 1_000_000)
    runs = {name.split(":")[0] for name in figures}
    assert {figures[f"{run}: changes told"] for run in runs} == {0, changes}
    assert max(figures[f"{run}: peak memory, MB"] for run in runs) < GIBIBYTE


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_large_on_spark() -> None:
    """On a Spark cluster likewise: the members are compared there, and the driver holds less than they are."""
    figures = bench_spark.measure()
    assert figures[f"{bench_spark.CHANGES:,} changed: changes told"] == bench_spark.CHANGES
    assert figures["nothing changed: changes told"] == 0
    assert figures["peak memory of the driver's Java, MB"] < GIBIBYTE
    assert figures["peak memory of the program, MB"] < GIBIBYTE / 2
