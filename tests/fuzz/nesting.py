"""Values inside lists and mappings, level by level."""

from __future__ import annotations

from random import Random
from typing import Any


def nest(source: Random, value: Any, levels: int) -> Any:
    """A value so many levels deep: in lists, in mappings, or in both by turns."""
    kind = source.randrange(3)
    for level in range(levels):
        value = [value] if kind == 0 or (kind == 2 and level % 2) else {"a": value}
    return value
