"""The browsers of tests/browser, and the site that serves them."""

from __future__ import annotations

from tests.browser.conftest import browser_type_launch_args, dist, page, running_site, site, watch

__all__ = ["browser_type_launch_args", "dist", "page", "running_site", "site", "watch"]  # fixtures
