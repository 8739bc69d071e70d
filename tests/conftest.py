"""What all tests share: --long, which also runs what takes minutes, and --seed, which picks other values."""

import signal

import hypothesis
import pytest

#: Seconds that a long test may take, if it does not say so itself.
LONG = 3 * 3600
#: Whether tests that name a browser run in both, since none was asked for.
BOTH = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --long and --seed."""
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")
    parser.addoption("--seed", type=int, default=20261127, help="what the fuzz tests pick their values by")


def pytest_configure(config: pytest.Config) -> None:
    """Knows the marker of long tests, and both browsers as the default for tests that name a browser."""
    # Asked to end by a program, a run ends as by Ctrl-C: browsers and servers that it started end too.
    # A shell that starts a run in the background has it ignore Ctrl-C, and so would programs that tests interrupt.
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, signal.default_int_handler)
    config.addinivalue_line("markers", "long: takes minutes; runs with --long only")
    config.addinivalue_line("markers", "one_engine: proves nothing of an engine; in Firefox it runs with --long only")
    config.addinivalue_line("markers", "host(name, what): a row of the documentation's table of hosts")
    config.stash[BOTH] = not config.option.browser
    if config.stash[BOTH]:
        config.option.browser = ["chromium", "firefox"]
    hypothesis.settings.register_profile("long", max_examples=5_000)
    if config.option.long:
        hypothesis.settings.load_profile("long")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts tests with a browser last, for its driver leaves an event loop running.

    Long tests are deselected, or have the time that they need.
    """
    items.sort(key=lambda item: "playwright" in getattr(item, "fixturenames", ()))
    long = [item for item in items if item.get_closest_marker("long") or (config.stash[BOTH] and second(item))]
    if config.option.long:
        for item in long:
            item.add_marker(pytest.mark.timeout(LONG), append=True)
    elif long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def second(item: pytest.Item) -> bool:
    """Whether this is a test's second run that would prove what the first one proved."""
    browser = getattr(item, "callspec", None) and item.callspec.params.get("browser_name")  # type: ignore[attr-defined]
    return browser == "firefox" and item.get_closest_marker("one_engine") is not None


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What a fuzz test picks its values by; a failure names it."""
    return int(request.config.option.seed)
