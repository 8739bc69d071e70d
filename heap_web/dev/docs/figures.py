"""What the documentation says in numbers: tables that a run of the tests or the bench left, and counts of cases."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from typing import Any

from heap_web.dev.build.steps import ROOT

FIGURES = ROOT / "templates" / "docs" / "figures"
CASES = ROOT / "tests" / "conformance" / "cases"
NO_RUN = "The table is printed by `python3 build.py test`."


def table(name: str) -> str:
    """The table of that name in templates/docs/figures/."""
    file = FIGURES / name
    return file.read_text("utf-8") if file.is_file() else NO_RUN


def costs() -> str:
    """What a visitor pays: the README's table, which is the one place for these figures."""
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"<!-- costs.*?-->\n(.*?)<!-- /costs -->", readme, re.DOTALL)
    if not found:
        raise ValueError("README.md has no table between <!-- costs --> and <!-- /costs -->")
    return found[1]


@cache
def counts() -> dict[str, int]:
    """How many recorded cases there are, by what they were recorded from."""
    classes = Counter(case["class"] for case in _cases("classic"))
    return {
        **classes,
        **{name: len(_cases(name)) for name in ("snippet", "cloud")},
        "actions": len(_cases("actions-web")),
    }


def _cases(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return cases
