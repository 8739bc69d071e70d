"""heap_web.browser.results: what becomes of a call."""

import asyncio

from heap_web.browser.results import PendingResult, Result
from heap_web.core.commands import Command

TOLD = [["track", "E", {}]]
COMMANDS = (Command("track", ("E", {})),)


async def settled(result: PendingResult) -> Result:
    """Awaits a result."""
    return await result


def test_awaited_again_and_by_several() -> None:
    """Several may await a result, before and after it is known, and each gets what became of it."""

    async def visit() -> list[Result]:
        result = PendingResult("track 'E'")
        waiting = asyncio.gather(settled(result), settled(result))
        await asyncio.sleep(0)
        result.settle("delivered", None, TOLD)
        return [*await waiting, await result]

    assert asyncio.run(visit()) == [("delivered", COMMANDS, None, "track 'E'")] * 3


def test_what_awaiting_gives_cannot_be_awaited() -> None:
    """What awaiting gives is no awaitable: JavaScript would await it again and again."""
    value = asyncio.run(settled(PendingResult().settle("dropped", "no")))
    assert not hasattr(value, "__await__")


def test_cancelled_waiter() -> None:
    """One who gives up waiting does not keep the others from their answer."""

    async def visit() -> Result:
        result = PendingResult()
        impatient = asyncio.ensure_future(settled(result))
        patient = asyncio.ensure_future(settled(result))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        result.settle("kept", "later")
        return await patient

    assert asyncio.run(visit()).reason == "later"


def test_shown() -> None:
    """A result shows its call, how it went and why."""
    result = PendingResult("track 'E'")
    assert repr(result) == "<track 'E': on its way>"
    assert repr(result.settle("kept", "Heap is blocked", TOLD)) == "<track 'E': kept (track), Heap is blocked>"
    assert repr(PendingResult().settle("dropped")) == "<dropped>"


def test_who_hears_of_it() -> None:
    """Who wants to hear of a result hears once, when it is first known, though what is kept may be delivered later."""
    heard: list[str] = []
    result = PendingResult("track 'E'", lambda result: heard.append(result.status))
    result.settle("kept", "Heap is blocked").settle("delivered")
    assert (heard, result.status, result.reason) == (["kept"], "delivered", None)
