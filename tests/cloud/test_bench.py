"""The bench of sending from a server runs, and what it sends arrives."""

from heap_web.dev.bench import cloud as bench_cloud


def test_bench() -> None:
    """Every figure is there for both databases; a call that did not arrive would have raised."""
    figures = bench_cloud.measure(2_000)
    assert {name.split(":")[0] for name in figures} == {"sqlite", "postgresql"}
    assert len(figures) == 18
    assert all(value >= 0 for value in figures.values())
