"""The documentation's blocks of code, for the tests that run them: each says which blocks it takes."""

from __future__ import annotations

from typing import Any

import pytest

from heap_web.dev.docs import pages as docs
from heap_web.dev.docs.render import DRAWING, NOT_RUN

BLOCKS = [block for doc in docs.DOCS for block in docs.blocks(doc)]
# What says of itself that nothing runs it, and what is no code.
SHOWN = (NOT_RUN, DRAWING)
taken: set[tuple[str, str]] = set()
"""(language, runs) of the blocks that some test runs."""


def some(language: str, runs: str) -> list[Any]:
    """The blocks of a kind as parameters, each named by its page and place."""
    taken.add((language, runs))
    chosen = [block for block in BLOCKS if (block.language, block.runs) == (language, runs)]
    assert chosen, f"no page has a block of {language} that says {runs!r}"
    return [pytest.param(block.code, id=f"{block.page}-{number}") for number, block in enumerate(chosen)]


def one(language: str, runs: str) -> str:
    """The code of the only block of a kind."""
    [param] = some(language, runs)
    return str(param.values[0])


def files(runs: str) -> dict[str, str]:
    """The files that the guide of a kind gives: their code by their name."""
    chosen = [block for block in BLOCKS if block.runs == runs]
    taken.update((block.language, runs) for block in chosen)
    assert chosen, f"no page has a block that says {runs!r}"
    assert all(block.file for block in chosen)
    return {block.file: block.code for block in chosen}
