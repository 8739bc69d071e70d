"""Calls on their way from a worker to the page that has heap-web.js: in order, once each, kept until the page has them.

The messages, JSON text on the BroadcastChannel `CHANNEL`:

- to the pages: `hello` asks who is there; `calls` is a run of calls, numbered from 1, and how many are safe; `goodbye`:
  there will be no more;
- from a page: `page`: one has opened; `here`: it serves this worker; `taken`: so many of the worker's calls are safe,
  with it or with pages before it; `settled`: what became of a call; `gone`: it ends; `refused`: it will not serve;
  `denied`: Heap must not be told, and calls are dropped until a page serves again.

Which page serves is not decided here: only the page that holds the lock for this worker does, so there is one at most.
A page that newly holds it says `here` under a new name and gets all that is not safe; it skips what has been taken. It
knows that from a mark in its storage or, as the site may have cleared that, from the worker. A worker that ends without
a goodbye is noticed by the Web Lock that it holds, once its `hello` has named it.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from .results import PendingResult

CHANNEL: Final = "heap-web"
#: How many calls one message carries.
MESSAGE_CALLS: Final = 100
#: How many calls are kept for a page that does not come.
MAX_KEPT: Final = 100_000

_GONE = "the page that took it has gone; it is in that page's journal, which the next page delivers"


class Handover:
    """One worker's side of it. Data in, data out: messages are given to and taken from whoever has the channel."""

    def __init__(self, worker: str, app_id: str) -> None:
        """`worker`: an id that no other worker has."""
        self.worker = worker
        self.connected = False  # whether a page serves us, as far as we know
        self.heard = 0  # how many messages came from the page that serves us
        self.refusal: str | None = None  # why a page would not
        self.denied: str | None = None  # why calls are dropped
        self.lock = f"heap-web:worker:{worker}"  # the Web Lock that says that this worker lives
        self.holds_lock = False
        self.user: Mapping[str, Any] = {}  # {"id", "traits", "anonymousId"} as the page last told it
        self._app_id = app_id
        self._made = 0  # the number of the last call
        self._page: object = None  # the name of the page that serves us, or did
        self._taken = 0  # all calls up to this number are safe
        self._kept: OrderedDict[int, str] = OrderedDict()  # calls that no page has taken
        self._results: dict[int, PendingResult] = {}  # what is not known yet, by the calls' numbers in order
        self._told = 0  # whoever waits for a call up to this number has been told that it is kept

    @property
    def waiting(self) -> int:
        """How many calls no page has taken."""
        return len(self._kept)

    @property
    def unsettled(self) -> int:
        """For how many calls nobody has been told what became of them."""
        return sum(number > self._told for number in self._results)

    def hello(self) -> str:
        """The message that asks for a page."""
        held = {"lock": self.lock} if self.holds_lock else {}
        return self._message("hello", appId=self._app_id, **held)

    def goodbye(self) -> str:
        """The message that says that no more will come."""
        return self._message("goodbye")

    def add(self, text: str, result: PendingResult) -> list[str]:
        """Takes a call, as wire text; the messages to send for it now."""
        if self.denied is not None:
            result.settle("dropped", self.denied)
            return []
        if len(self._kept) >= MAX_KEPT:
            result.settle("dropped", f"{MAX_KEPT} calls wait for a page already")
            return []
        self._made += 1
        self._kept[self._made] = text
        self._results[self._made] = result
        return [self._calls([self._made])] if self.connected else []

    def receive(self, text: str) -> list[str]:
        """Reads a message from the channel; the messages to send in return."""
        try:
            message = json.loads(text)
            if message["to"] not in (self.worker, "workers"):
                return []
            return self._read(message)
        except (ValueError, TypeError, KeyError, AttributeError):
            return []  # not one of ours

    def _read(self, message: dict[str, Any]) -> list[str]:
        kind = message["type"]
        if kind == "page":
            return [self.hello()]
        if kind == "here":
            return self._begin(message)
        if kind == "refused" and not self.connected:
            self.refusal = str(message["reason"])
        if kind == "denied" and not self.connected and message["appId"] == self._app_id:
            self._deny(str(message["reason"]))
            return []
        if message.get("page") != self._page:
            return []  # not, or no longer, the page that serves us
        self.heard += 1
        if kind == "taken":
            self._strike(message["taken"])
        elif kind == "settled":
            self._note_user(message)
            self._settle(message["call"], message["result"])
        elif kind == "gone":
            self.connected = False
            self._leave_to_next_page()
        return []

    def _begin(self, message: dict[str, Any]) -> list[str]:
        """A page serves us, newly or still. Newly: it gets all that is not safe yet."""
        is_new = message["page"] != self._page
        sends_all = is_new or not self.connected
        self.connected, self.refusal, self.denied, self._page = True, None, None, message["page"]
        self.heard += 1
        self._note_user(message)
        self._strike(message["taken"])
        if is_new:
            self._leave_to_next_page()
        return self._all_calls() if sends_all else []

    def _deny(self, reason: str) -> None:
        """Drops what no page has taken; the numbers of these calls count as taken, as nobody will send them."""
        self.denied = reason
        dropped = [self._results.pop(number) for number in self._kept if number in self._results]
        self._kept.clear()
        self._taken = self._told = self._made
        for result in dropped:  # whoever hears of it may make calls
            result.settle("dropped", reason)

    def lose(self) -> None:
        """The page has not been heard of for too long: it is looked for anew."""
        self.connected = False

    def give_up(self, reason: str) -> None:
        """No page comes: whoever waits is told so. The calls are kept, for a page that comes later."""
        untold = [result for number, result in self._results.items() if number > self._told]
        self._told = self._made
        for result in untold:  # whoever hears of it may make calls
            result.settle("kept", reason)

    def close(self, reason: str) -> None:
        """No page will be asked any more. What none has is dropped; what one was sent, it may deliver."""
        safe = self._made if self.connected else self._taken
        self.connected = False
        self._told = self._made
        self._kept.clear()
        for number, result in tuple(self._results.items()):
            result.settle("kept" if number <= safe else "dropped", reason)

    def _settle(self, number: int, outcome: dict[str, Any]) -> None:
        result = self._results.pop(number, None)
        if result is not None:
            result.settle(**outcome)

    def _leave_to_next_page(self) -> None:
        for number in [number for number in self._results if number <= self._taken]:
            self._results.pop(number).settle("kept", _GONE)

    def _strike(self, taken: int) -> None:
        self._taken = max(self._taken, taken)
        while self._kept and next(iter(self._kept)) <= self._taken:
            self._kept.popitem(last=False)

    def _note_user(self, message: dict[str, Any]) -> None:
        user = message.get("user")
        if isinstance(user, dict):
            self.user = user

    def _all_calls(self) -> list[str]:
        numbers = list(self._kept)
        return [self._calls(numbers[i : i + MESSAGE_CALLS]) for i in range(0, len(numbers), MESSAGE_CALLS)]

    def _calls(self, numbers: list[int]) -> str:
        texts = ",".join(self._kept[number] for number in numbers)
        head = self._message("calls", first=numbers[0], taken=self._taken)
        return f'{head[:-1]},"calls":[{texts}]}}'

    def _message(self, kind: str, **fields: Any) -> str:
        return json.dumps({"to": "pages", "worker": self.worker, "type": kind, **fields}, separators=(",", ":"))
