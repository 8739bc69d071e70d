"""Consent that is asked for, granted, refused, withdrawn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from .visitor import Visitor

pytestmark = pytest.mark.one_engine


def nothing_of_ours(visitor: Visitor, page: Page) -> bool:
    """Nothing has been loaded but our script, and nothing is stored."""
    runtime = [path for _, path, _ in visitor.site.asked if "/runtime/" in path]
    return not runtime and page.evaluate("() => lab.stored()") == [] and page.context.cookies() == []


@pytest.mark.fault(24, "consent granted later")
def test_before_consent_nothing_is_loaded_or_stored_and_calls_wait(visitor: Visitor) -> None:
    """Until consent is given nothing is loaded or stored; then the calls made meanwhile arrive."""
    page = visitor.open("/", data_consent="required")
    visitor.burst(page, "asked", 20)
    page.evaluate("() => { analytics.identify('u1', { plan: 'a' }); }")
    assert nothing_of_ours(visitor, page)
    page.evaluate("() => { analytics.consent(true); }")
    visitor.burst(page, "granted", 20)
    visitor.arrived(visitor.made)


@pytest.mark.fault(24, "consent refused")
def test_refused_consent_drops_what_waited(visitor: Visitor) -> None:
    """Consent refused drops the calls made before and after, and nothing is ever loaded or stored."""
    page = visitor.open("/", data_consent="required")
    before = visitor.burst(page, "asked", 20)
    page.evaluate("() => { analytics.consent(false); }")
    after = visitor.burst(page, "refused", 20)
    visitor.refused |= {*before, *after}
    assert visitor.settle(page) == {"dropped": 40}
    assert nothing_of_ours(visitor, page)


@pytest.mark.fault(24, "consent withdrawn")
def test_withdrawn_consent_clears_our_storage(visitor: Visitor) -> None:
    """Consent withdrawn drops what has not been delivered, and clears all that we stored."""
    page = visitor.open("/", data_consent="required")
    page.evaluate("() => { analytics.consent(true).identify('u1', { plan: 'a' }); }")
    visitor.burst(page, "granted", 20)
    visitor.arrived(visitor.made)
    assert page.evaluate("() => analytics.user().id()") == "u1"
    visitor.refused |= set(visitor.burst(page, "unlucky", 5))
    page.evaluate("() => { analytics.consent(false); }")
    visitor.refused |= set(visitor.burst(page, "withdrawn", 20))
    visitor.settle(page)
    assert page.evaluate("() => lab.stored()") == []
    assert page.evaluate("() => analytics.user().id()") is None


@pytest.mark.fault(24, "consent withdrawn amid a batch")
def test_consent_withdrawn_by_a_listener_stops_the_batch_under_way(visitor: Visitor) -> None:
    """Consent withdrawn by a listener amid a batch ends that batch; granted again, later calls arrive."""
    page = visitor.open()
    visitor.ready(page)
    page.evaluate(
        "() => { let told = 0; analytics.on('transformed', () => { if (++told === 3) analytics.consent(false); }); }"
    )
    calls = visitor.burst(page, "amid", 10)
    visitor.refused |= set(calls[2:])
    assert visitor.settle(page) == {"delivered": 2, "dropped": 8}
    assert page.evaluate("() => lab.stored()") == []
    page.evaluate("() => { analytics.off('transformed').consent(true); }")
    visitor.burst(page, "again", 10)
    visitor.arrived(set(visitor.made) - visitor.refused)
