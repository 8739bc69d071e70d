"""What all tests share: --long, which also runs the tests that take minutes."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --long."""
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")


def pytest_configure(config: pytest.Config) -> None:
    """Knows the marker of long tests, and both browsers as the default for tests that name a browser."""
    config.addinivalue_line("markers", "long: takes minutes; runs with --long only")
    if not config.option.browser:
        config.option.browser = ["chromium", "firefox"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts tests with a browser last, for its driver leaves an event loop running; deselects long tests."""
    items.sort(key=lambda item: "playwright" in getattr(item, "fixturenames", ()))
    if config.option.long:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
