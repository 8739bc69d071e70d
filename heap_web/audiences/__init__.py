"""Audiences and traits: receiving those of Segment's Engage, and keeping your own in step: `heap-web[audiences]`."""

import heap_web.cloud  # noqa: F401 - says what it needs, and where it cannot be

try:
    import ibis as _ibis  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"heap_web.audiences needs {error.name}: pip install 'heap-web[audiences]'", name=error.name
    ) from error

from heap_web.audiences.errors import AudienceBusy, AudienceShrinks, SyncRefused
from heap_web.audiences.membership import membership
from heap_web.audiences.names import property_name
from heap_web.audiences.sync import AudienceSetSync, AudienceSync, Summary, TraitSummary, TraitSync

__all__ = [
    "AudienceBusy",
    "AudienceSetSync",
    "AudienceShrinks",
    "AudienceSync",
    "Summary",
    "SyncRefused",
    "TraitSummary",
    "TraitSync",
    "membership",
    "property_name",
]
