"""Audiences: receiving those of Segment's Engage, and keeping one of your own in step. Extra: `heap-web[audiences]`."""

import heap_web.cloud  # noqa: F401 - says what it needs, and where it cannot be

try:
    import ibis as _ibis  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"heap_web.audiences needs {error.name}: pip install 'heap-web[audiences]'", name=error.name
    ) from error

from heap_web.audiences.membership import membership
from heap_web.audiences.names import property_name
from heap_web.audiences.sync import AudienceSync, Summary

__all__ = ["AudienceSync", "Summary", "membership", "property_name"]
