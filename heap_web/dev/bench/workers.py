"""A page's workers: each is asked through the page's own session, by messages within messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

from playwright.sync_api import CDPSession, Page

Ask = Callable[..., Mapping[str, Any]]
Event = Mapping[str, Any]
KINDS = ("worker", "shared_worker")
ANSWER = 120_000.0  # ms that a worker may take to answer


def workers(session: CDPSession) -> list[str]:
    """The ids of all shared and other workers of the browser."""
    return [each["targetId"] for each in session.send("Target.getTargets")["targetInfos"] if each["type"] in KINDS]


@contextmanager
def attached(
    page: Page, session: CDPSession, worker: str, heard: Callable[[Event], None] = lambda _: None
) -> Iterator[Ask]:
    """Speaks with a worker: gives what asks it one of DevTools' methods. `heard` gets the worker's events.

    Raises TimeoutError if it does not answer, RuntimeError if it answers with an error.
    """
    answers: dict[int, Mapping[str, Any]] = {}
    numbers = count(1)

    def hear(event: Event) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            answers[message["id"]] = message
        else:
            heard(message)

    session.on("Target.receivedMessageFromTarget", hear)
    attached_as = session.send("Target.attachToTarget", {"targetId": worker, "flatten": False})["sessionId"]

    def ask(method: str, parameters: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        number = next(numbers)
        text = json.dumps({"id": number, "method": method, "params": parameters or {}})
        session.send("Target.sendMessageToTarget", {"sessionId": attached_as, "message": text})
        waited = 0.0
        while number not in answers:
            if waited >= ANSWER:
                raise TimeoutError(f"the worker did not answer {method} in {ANSWER / 1000:.0f} s")
            page.wait_for_timeout(20)
            waited += 20
        message = answers.pop(number)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        result: Mapping[str, Any] = message["result"]
        return result

    try:
        yield ask
    finally:
        session.remove_listener("Target.receivedMessageFromTarget", hear)
        session.send("Target.detachFromTarget", {"sessionId": attached_as})
