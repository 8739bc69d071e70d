"""The built bundle, for tests of its files."""

from pathlib import Path

import pytest

from heap_web.dev.bundle import bundle
from heap_web.dev.steps import DIST


@pytest.fixture(scope="session")
def dist() -> Path:
    """dist/, built from the sources as they are now."""
    bundle()
    return DIST
