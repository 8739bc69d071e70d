"""The built bundle, for tests of its files, and a site to serve it to browsers."""

from tests.browser.conftest import browser_type_launch_args, dist, page, recorded, running_site, site, watch

__all__ = ["browser_type_launch_args", "dist", "page", "recorded", "running_site", "site", "watch"]
