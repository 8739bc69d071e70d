"""What the documentation's code runs in: the browser tests' site and pages."""

from tests.browser.conftest import browser_type_launch_args, dist, page, recorded, running_site, site, watch

__all__ = ["browser_type_launch_args", "dist", "page", "recorded", "running_site", "site", "watch"]
