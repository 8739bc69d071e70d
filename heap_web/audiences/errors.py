"""Why a run did not begin: nothing was told and nothing was changed."""

from __future__ import annotations


class SyncRefused(Exception):
    """A run that was refused before anything was told or changed."""


class AudienceBusy(SyncRefused):
    """Another run is at work on this audience, or has the file of members open. Try again when it has ended."""


class AudienceShrinks(SyncRefused):
    """More of the members would leave than `allow_shrink` lets go."""

    def __init__(self, name: str, left: int, told: int, allowed: float) -> None:
        super().__init__(
            f"{name}: {left:,} of the {told:,} members that Heap was told of would leave ({left / told:.0%}); "
            f"{allowed:.0%} are allowed. Nothing was told. If this is right, say allow_shrink=True; "
            "sync(…, dry_run=True) shows what a run would do."
        )
        self.left = left
        """Members who would leave."""
        self.told = told
        """Members that Heap was told of."""
