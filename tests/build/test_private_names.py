"""The names that the build shortens: nobody but the page's half reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from heap_web.dev.build.private_names import PRIVATE
from heap_web.dev.build.steps import ROOT, STATIC, files_under

SOURCE = STATIC / "src"
PAGE = tuple(path.read_text("utf-8") for folder in ("page", "plugin") for path in files_under(SOURCE / folder, "*.js"))
COMMENT = re.compile(r"/\*.*?\*/|(?<=\s)//[^\n]*", re.S)


def readers() -> Iterator[tuple[Path, str]]:
    """What else reads objects that the page's half makes, and how a property of such an object looks there."""
    yield SOURCE / "heap-web.d.ts", r"^\s*(?:readonly )?{name}\??[:(<]"
    for folder in ("worker", "inspector", "demo"):
        for path in files_under(SOURCE / folder, "*.js"):
            yield path, r"(?:\.|[{{,]\s*){name}\b(?!\s*=>)"
    for path in files_under(ROOT / "heap_web" / "browser", "*.py"):
        yield path, r'"{name}"'
    yield ROOT / "heap_web" / "runtime.py", r'"{name}"'
    yield ROOT / "heap_web" / "core" / "snippet.py", r'"{name}"|heap\.{name}\b'


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_name_is_read_by_the_pages_half_alone(name: str) -> None:
    """A private name is a property in the page's half, never text there, and no property that anybody else reads."""
    code = [COMMENT.sub("", source) for source in PAGE]
    assert any(re.search(rf"\.{name}\b|\b{name}[:(]|[{{,] {name}[ ,}}]", source) for source in code)
    quoted = re.compile(rf"""["'`]{name}["'`]|"{name}\\?":""")
    assert not [source for source in code if quoted.search(source)]
    found = [path.name for path, look in readers() if re.search(look.format(name=name), path.read_text("utf-8"), re.M)]
    assert not found


def test_private_names_are_sorted_and_each_stands_once() -> None:
    """The list is sorted, so that a name stands in it once."""
    assert sorted(set(PRIVATE)) == list(PRIVATE)
