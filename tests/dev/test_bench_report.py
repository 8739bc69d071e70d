"""Tests of heap_web.dev.bench.report."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from heap_web.dev.bench.figures import FIGURES, Samples
from heap_web.dev.bench.report import Report, bars, html, markdown, record, write

CONTESTANTS = {"heap_web": "heap_web", "snippet": "Heap's <snippet>"}


@pytest.fixture
def report() -> Report:
    """A small run of two contestants."""
    samples = Samples()
    samples.extend("heap_web", "further", [80, 100, 90])
    samples.extend("snippet", "further", [40, 50, 45])
    samples.add("heap_web", "script_bytes", 6000)
    return Report.of(
        samples,
        date=datetime(2026, 11, 21, 20, 0, tzinfo=UTC),
        machine={"processor": "Some CPU", "cores": "2", "memory": "24 GiB", "Chromium": "Chromium 1", "pyodide": "314"},
        rounds=3,
        contestants=CONTESTANTS,
    )


def test_record(report: Report) -> None:
    """The record is plain JSON with each figure's summary and values by contestant, and the targets."""
    made = json.loads(json.dumps(record(report)))
    assert made["date"] == "2026-11-21T20:00:00+00:00"
    assert made["figures"]["further"]["contestants"]["heap_web"] == {
        "median": 90,
        "lower": 85,
        "upper": 95,
        "least": 80,
        "most": 100,
        "count": 3,
        "values": [80, 100, 90],
    }
    assert "snippet" not in made["figures"]["script_bytes"]["contestants"]
    assert made["targets"][0] == {
        "row": "page script, all of it on the wire",
        "target": "at most 16 KB",
        "measured": "6.00 KB",
        "met": True,
    }


def test_bars(report: Report) -> None:
    """A chart's bars are shares of its widest whisker, so that none leaves the chart."""
    ours, theirs = bars(report, FIGURES["further"])
    assert (ours.text, ours.upper, ours.ours) == ("90.0 ms", 1.0, True)
    assert theirs.length == pytest.approx(45 / 95)


def test_html_stands_alone(report: Report) -> None:
    """The report names no other file or host, and its charts are well-formed."""
    text = html(report)
    assert re.findall(r"""(?:src|href)=["'](?!data:)[^"']*""", text) == []
    assert "Heap&#39;s &lt;snippet&gt;" in text
    charts = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert [len(ElementTree.fromstring(chart).findall("rect")) for chart in charts] == [1, 2]


def test_markdown(report: Report) -> None:
    """The Markdown tables have a row for each figure and each target, and as many cells in each row of a table."""
    lines = markdown(report).splitlines()
    assert "| further pages: navigation to heap.track | 90.0 ms | 45.0 ms |" in lines
    assert "| page script, all of it on the wire | at most 16 KB | 6.00 KB | met |" in lines
    assert {line.count("|") for line in lines if line.startswith("|")} == {4, 5, 8}
    assert lines[0].startswith("Medians of 3 rounds on 2026-11-21: Some CPU, 2 cores")


def test_write(report: Report, tmp_path: Path) -> None:
    """The record and the reports are written side by side into a folder made for them."""
    data, shown, _ = write(report, tmp_path / "new")
    assert json.loads(data.read_text("utf-8"))["rounds"] == 3
    assert shown.read_text("utf-8").startswith("<!doctype html>")
