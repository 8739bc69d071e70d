"""A visitor clicking about for a long time, with faults from this folder at random."""

from __future__ import annotations

import pytest

from .soaking import Soak
from .visitor import Visitor

SEED = 20261121


@pytest.mark.fault(25, "soak: 15 s of clicks and faults at random")
def test_a_quarter_of_a_minute_of_faults_loses_and_doubles_nothing(visitor: Visitor) -> None:
    """After 15 s of random faults every id is accounted for."""
    soak = Soak(visitor, SEED)
    soak.run(15)
    print(dict(soak.done))
    assert soak.done.total() > 5


@pytest.mark.long
@pytest.mark.fault(25, "soak: 30 min of clicks and faults at random")
def test_half_an_hour_of_faults_loses_and_doubles_nothing(visitor: Visitor) -> None:
    """After half an hour of random faults every id is accounted for."""
    soak = Soak(visitor, SEED + 1)
    soak.run(1800)
    print(dict(soak.done))
    assert soak.done.total() > 500
