"""heap_web.browser.callbacks: once each, in the order of the calls."""

from collections.abc import Callable

import pytest

from heap_web.browser.callbacks import PATIENCE, Callbacks


class Timers:
    """Timers that run when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        self.waiting.append((seconds, function))

    def run(self, until: float) -> None:
        """Runs those that are due by then."""
        due = [timer for timer in self.waiting if timer[0] <= until]
        self.waiting = [timer for timer in self.waiting if timer[0] > until]
        for _, function in due:
            function()


@pytest.fixture
def timers() -> Timers:
    return Timers()


def test_a_callback_is_never_called_within_its_call(timers: Timers) -> None:
    """A callback is called when its call has settled, but not within the call itself, and once."""
    called: list[str] = []
    callbacks = Callbacks(timers.later, called.append)
    settled = callbacks.add("first")  # type: ignore[arg-type]
    settled()
    assert called == []
    timers.run(0)
    assert called == ["first"]
    timers.run(PATIENCE)
    assert called == ["first"]


def test_a_call_that_settles_first_waits_for_those_before_it(timers: Timers) -> None:
    """Callbacks come in the order of the calls, each by its call or a little later."""
    called: list[str] = []
    callbacks = Callbacks(timers.later, called.append)
    callbacks.add("first")  # type: ignore[arg-type]
    callbacks.add("second")()  # type: ignore[arg-type]
    timers.run(0)
    assert called == []
    timers.run(PATIENCE)
    assert called == ["first", "second"]
