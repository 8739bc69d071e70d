"""The way from the outbox to Heap: retries, refusals and limits, with time and chance given, so that nothing sleeps."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from heap_web.cloud.delivery import Answer, Delivery, Fault, Post, Sender, Wait
from heap_web.cloud.entries import Entry, Request
from heap_web.cloud.errors import DeliveryError
from heap_web.cloud.outbox import Outbox
from heap_web.cloud.pacing import Limits, Pacer
from heap_web.cloud.retry import Retry
from heap_web.dev.serve.heap_api import Heap, Refused

OK = Answer(200, "{}")


@dataclass
class World:
    """A clock that waits move, and what was asked for."""

    outbox: Outbox
    now: float = 1_000_000.0
    waits: list[float] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def clock(self) -> float:
        """Seconds since 1970."""
        return self.now

    def deliver(
        self,
        answer: Callable[[Request], Answer | Fault],
        limits: Limits | None = None,
        retry: Retry | None = None,
        most: int = 1_000,
    ) -> Delivery:
        """Delivers what waits; `answer` is Heap."""
        sender = Sender(
            self.outbox,
            "https://heap.example",
            pacer=Pacer(limits),
            retry=retry or Retry(),
            clock=self.clock,
            monotonic=self.clock,
            chance=lambda: 1.0,
            most=most,
        )
        way = sender.deliver()
        reply: Answer | Fault | None = None
        while True:
            try:
                step = way.send(reply)
            except StopIteration as stop:
                done: Delivery = stop.value
                return done
            if isinstance(step, Post):
                self.requests.append(step.request)
                reply = answer(step.request)
            else:
                assert isinstance(step, Wait)
                assert step.seconds > 0
                self.waits.append(step.seconds)
                self.now += step.seconds
                reply = None


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """A world with an empty outbox in SQLite."""
    with opened(sqlite_url) as world:
        yield world


@pytest.fixture
def any_world(outbox_url: str) -> Iterator[World]:
    """A world with an empty outbox, in SQLite and in PostgreSQL."""
    with opened(outbox_url) as world:
        yield world


@contextmanager
def opened(url: str) -> Iterator[World]:
    """A world with an outbox of its own clock."""
    world = World(Outbox(url, app_id="11"))
    world.outbox._clock = world.outbox._monotonic = world.clock
    yield world
    world.outbox.close()


def put(world: World, *keys: str, user: str | None = None, path: str = "/api/track") -> None:
    """Puts events in; each has a user of its own if none is given."""
    whose = [user or f"user {key}" for key in keys]
    bodies = [json.dumps({"identity": u, "event": "E", "idempotency_key": k}) for u, k in zip(whose, keys, strict=True)]
    world.outbox.put([Entry(path, u, k, b) for u, k, b in zip(whose, keys, bodies, strict=True)])


def keys_of(request: Request) -> list[str]:
    """The idempotency keys in a request."""
    return [event["idempotency_key"] for event in json.loads(request.content)["events"]]


def script(*answers: Answer | Fault) -> Callable[[Request], Answer | Fault]:
    """Gives these answers, then 200."""
    left = list(answers)
    return lambda _request: left.pop(0) if left else OK


def test_delivers(any_world: World) -> None:
    """Calls that wait share a request, and are gone when Heap has taken them."""
    put(any_world, "a", "b", user="ann")
    assert any_world.deliver(script()) == Delivery(delivered=2)
    assert [(request.url, keys_of(request)) for request in any_world.requests] == [
        ("https://heap.example/api/track", ["a", "b"])
    ]


@pytest.mark.parametrize("trouble", [Fault("connection refused"), Answer(503, "busy"), Answer(500, "")])
def test_retries(world: World, trouble: Answer | Fault) -> None:
    """Faults are waited out, longer each time, and the same calls are sent with the same idempotency keys."""
    put(world, "a")
    assert world.deliver(script(trouble, trouble, trouble)) == Delivery(delivered=1)
    assert world.waits == [0.5, 1.0, 2.0]
    assert [keys_of(request) for request in world.requests] == [["a"]] * 4


def test_retry_after(world: World) -> None:
    """A pause that Heap asks for is kept."""
    put(world, "a")
    world.deliver(script(Answer(429, "slow down", "17")))
    assert world.waits == [pytest.approx(17.05)]


def test_gives_up(world: World) -> None:
    """After the last try the error tells what Heap said, and the calls wait for the next flush."""
    put(world, "a", "b", user="ann")
    with pytest.raises(DeliveryError, match=r"HTTP 503: busy. 2 are safe in the outbox") as raised:
        world.deliver(lambda _: Answer(503, "busy"), retry=Retry(attempts=3))
    assert (raised.value.waiting, len(world.requests)) == (2, 3)
    assert world.deliver(script()).delivered == 2


def test_faults_in_a_row(world: World) -> None:
    """Only faults in a row count for giving up; an answer in between begins anew."""
    for n in range(6):
        put(world, f"{n}", user=f"user {n}")
    answers: list[Answer | Fault] = [Fault("x"), OK, Fault("x"), OK, Fault("x"), OK, Fault("x"), OK] * 3
    left = iter(answers)
    assert world.deliver(lambda _: next(left), retry=Retry(attempts=2), most=1).delivered == 6


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_refused(world: World, status: int) -> None:
    """Another 4xx is not retried: the calls are kept aside with what Heap said."""
    put(world, "a", "b", user="ann")
    assert world.deliver(lambda _: Answer(status, "unknown app")) == Delivery(refused=2)
    assert len(world.requests) == 1
    assert [(r.message_id, r.status, r.reason) for r in world.outbox.refusals()] == [
        ("a", status, "unknown app"),
        ("b", status, "unknown app"),
    ]


def test_one_bad_call(world: World) -> None:
    """A 400 for a bulk request is narrowed down to the calls that caused it; every other call arrives."""
    keys = [f"{n:03}" for n in range(100)]
    put(world, *keys, user="ann")
    bad = {"017", "018", "099"}
    arrived: list[str] = []

    def answer(request: Request) -> Answer:
        if bad & set(keys_of(request)):
            return Answer(400, "bad event")
        arrived.extend(keys_of(request))
        return OK

    assert world.deliver(answer, Limits(requests_per_identity=1_000)) == Delivery(delivered=97, refused=3)
    assert arrived == [key for key in keys if key not in bad]
    assert {refusal.message_id for refusal in world.outbox.refusals()} == bad
    assert world.waits == []


def test_a_fault_while_narrowing(any_world: World) -> None:
    """A fault in the midst of narrowing down loses nothing and sends nothing twice to a Heap that took it."""
    put(any_world, "a", "b", "c", "bad", user="ann")
    arrived: list[str] = []
    faults = iter([True, False, True])

    def answer(request: Request) -> Answer | Fault:
        if "bad" in keys_of(request):
            return Answer(400, "bad event")
        if next(faults, False):
            return Fault("reset")
        arrived.extend(keys_of(request))
        return OK

    assert any_world.deliver(answer) == Delivery(delivered=3, refused=1)
    assert sorted(arrived) == ["a", "b", "c"]


def test_keeps_heaps_limits(any_world: World) -> None:
    """A Heap that enforces its limits never has to say so, and all arrives, in the time that the limits allow."""
    heap = Heap(Limits(requests_per_identity=3, events_per_identity=20, events_per_app=50), clock=any_world.clock)
    for n in range(120):
        put(any_world, f"hot {n}", user="ann")
    for n in range(120):
        put(any_world, f"cold {n}", user=f"user {n}")

    def answer(request: Request) -> Answer:
        try:
            heap.take("/api/track", json.loads(request.content))
        except Refused as refusal:
            return Answer(refusal.status, str(refusal))
        return OK

    started = any_world.now
    assert any_world.deliver(answer, heap.limits) == Delivery(delivered=240)
    assert set(heap.arrivals.values()) == {1}
    assert len(heap.arrivals) == 240
    # 120 events of one user, 20 a minute: five full minutes; everything else fits in beside them.
    assert 300 <= any_world.now - started <= 302


def test_users_do_not_wait_for_events(any_world: World) -> None:
    """When the events of the minute are used up, user properties still go."""
    put(any_world, "a", "b", user="ann")
    any_world.outbox.put([Entry("/api/add_user_properties", "bob", "c", '{"identity": "bob", "properties": {"x": 1}}')])
    order: list[str] = []

    def answer(request: Request) -> Answer:
        order.append(request.url.rsplit("/", 1)[1])
        return OK

    any_world.deliver(answer, Limits(events_per_app=1))
    assert order == ["track", "add_user_properties", "track"]


def test_order_of_updates(any_world: World) -> None:
    """A user's updates reach Heap in order, also through faults: the last value wins."""
    heap = Heap()
    for n in range(50):
        body = json.dumps({"identity": "ann", "properties": {"n": n, f"p{n}": True}})
        any_world.outbox.put([Entry("/api/add_user_properties", "ann", str(n), body)])
    faults = iter([True, False] * 50)

    def answer(request: Request) -> Answer | Fault:
        heap.take("/api/add_user_properties", json.loads(request.content))
        return Fault("lost the answer") if next(faults) else OK

    any_world.deliver(answer)
    assert heap.users["ann"] == {"n": 49, **{f"p{n}": True for n in range(50)}}


def test_waits_for_another_sender(any_world: World, outbox_url: str) -> None:
    """What another sender holds is waited for, and sent when that sender dies."""
    put(any_world, "a")
    other = Outbox(outbox_url, app_id="11")
    claimed = other.claim()
    assert claimed.__enter__().rows
    sender = Sender(any_world.outbox, "", pacer=Pacer(), retry=Retry(), monotonic=any_world.clock)
    way = sender.deliver()
    assert isinstance(next(way), Wait)
    assert isinstance(way.send(None), Wait)
    claimed.__exit__(None, None, None)
    assert isinstance(way.send(None), Post)
    way.close()
    other.close()


def test_abandoned(any_world: World) -> None:
    """A sender that is closed in the midst of a request leaves its calls to the next."""
    put(any_world, "a")
    sender = Sender(any_world.outbox, "", pacer=Pacer(), retry=Retry(), monotonic=any_world.clock)
    way = sender.deliver()
    assert isinstance(next(way), Post)
    way.close()
    assert any_world.deliver(script()).delivered == 1


@pytest.mark.parametrize("stop_after", [1, 2, 3, 4, 5])
def test_confirmed_is_committed(any_world: World, stop_after: int) -> None:
    """Whatever Heap has confirmed is struck before the next request goes out; stopped anywhere, it is not sent
    again.
    """
    put(any_world, "a", "b", "c", "bad", user="ann")
    sender = Sender(any_world.outbox, "", pacer=Pacer(), retry=Retry(), monotonic=any_world.clock)
    way = sender.deliver()
    arrived: list[str] = []
    step = next(way)
    for _ in range(stop_after):
        assert isinstance(step, Post)
        bad = "bad" in keys_of(step.request)
        arrived += [] if bad else keys_of(step.request)
        try:
            step = way.send(Answer(400, "bad \0 event") if bad else OK)
        except StopIteration:
            break
        assert any_world.outbox.waiting() + len(arrived) + len(list(any_world.outbox.refusals())) == 4
    way.close()
    assert any_world.deliver(script(), most=1).delivered == 4 - len(arrived) - len(list(any_world.outbox.refusals()))
    later = [key for request in any_world.requests for key in keys_of(request)]
    assert sorted(arrived + later + [r.message_id for r in any_world.outbox.refusals()]) == ["a", "b", "bad", "c"]


def test_a_refusal_that_databases_refuse(any_world: World) -> None:
    """What Heap says may hold what no database takes."""
    put(any_world, "a")
    assert any_world.deliver(lambda _: Answer(403, "no \0 \ud83d way")) == Delivery(refused=1)
    assert [refusal.reason for refusal in any_world.outbox.refusals()] == ["no \ufffd ? way"]


def update(world: World, key: str, user: str = "ann", **properties: object) -> None:
    """Puts an update of a user in."""
    body = json.dumps({"identity": user, "properties": properties})
    world.outbox.put([Entry("/api/add_user_properties", user, key, body)])


def users_after(world: World, bad: set[object], heap: Heap) -> None:
    """Delivers to a Heap that says no to requests with a value in `bad`."""

    def answer(request: Request) -> Answer:
        values = {value for item in json.loads(request.content)["users"] for value in item["properties"].values()}
        if values & bad:
            return Answer(400, "no")
        heap.take("/api/add_user_properties", json.loads(request.content))
        return OK

    world.deliver(answer)


def test_older_properties_do_not_overtake(any_world: World) -> None:
    """User properties that were refused and are sent again change nothing that later calls have set."""
    heap = Heap()
    update(any_world, "1", plan="free", seats=1)
    update(any_world, "1b", user="bob", plan="free")
    users_after(any_world, {"free"}, heap)
    update(any_world, "2", plan="pro")
    users_after(any_world, set(), heap)
    assert any_world.outbox.retry_refused() == 2
    users_after(any_world, set(), heap)
    assert heap.users == {"ann": {"plan": "pro", "seats": 1}, "bob": {"plan": "free"}}


def test_a_call_with_nothing_left_is_not_sent_again(any_world: World) -> None:
    """An update of which later calls have set everything is over."""
    heap = Heap()
    update(any_world, "1", vip=True)
    users_after(any_world, {True}, heap)
    update(any_world, "2", vip=False)
    users_after(any_world, set(), heap)
    assert any_world.outbox.retry_refused() == 0
    assert (list(any_world.outbox.refusals()), any_world.outbox.waiting()) == ([], 0)
    assert heap.users == {"ann": {"vip": False}}


def test_put_back_before_what_waits(any_world: World) -> None:
    """A refused update that is put back while a newer one waits is sent before it."""
    heap = Heap()
    update(any_world, "1", plan="free")
    users_after(any_world, {"free"}, heap)
    update(any_world, "2", plan="pro")
    assert any_world.outbox.retry_refused() == 1
    users_after(any_world, set(), heap)
    assert heap.users == {"ann": {"plan": "pro"}}


def test_put_back_while_newer_is_sent(any_world: World) -> None:
    """A refused update that is put back while a newer one is on its way to Heap does not come after it."""
    heap = Heap()
    update(any_world, "1", plan="free", seats=1)
    users_after(any_world, {"free"}, heap)
    update(any_world, "2", plan="pro")
    with any_world.outbox.claim() as claim:
        assert any_world.outbox.retry_refused() == 1
        claim.delivered(claim.rows)
    users_after(any_world, set(), heap)
    assert heap.users == {"ann": {"seats": 1}}


def test_newer_refused_keeps_its_values(any_world: World) -> None:
    """An older update that is sent again takes nothing from a newer one that is still refused."""
    heap = Heap()
    update(any_world, "1", plan="free")
    update(any_world, "2", user="ann2", plan="x")
    users_after(any_world, {"free", "x"}, heap)
    update(any_world, "3", plan="pro")
    users_after(any_world, {"pro"}, heap)
    assert any_world.outbox.retry_refused(message_ids=["1"]) == 1
    users_after(any_world, set(), heap)
    assert any_world.outbox.retry_refused(message_ids=["3"]) == 1
    users_after(any_world, set(), heap)
    assert heap.users == {"ann": {"plan": "pro"}}


def test_clocks_that_are_set(any_world: World) -> None:
    """Whoever sets the clock, back or forth, a user at a limit waits for the limit's window and not longer."""
    put(any_world, "a", "b", user="ann")
    limits = Limits(requests_per_identity=1, events_per_identity=1)
    wall = [any_world.now]
    any_world.outbox._clock = lambda: wall[0]
    started = any_world.now

    def answer(_: Request) -> Answer:
        wall[0] -= 3_600.0
        return OK

    assert any_world.deliver(answer, limits) == Delivery(delivered=2)
    assert any_world.now - started <= 61


@pytest.mark.parametrize("hours", [-1, 1])
def test_another_clock(outbox_url: str, hours: int) -> None:
    """A restart after the clock was set does not wait longer than a window either."""
    with opened(outbox_url) as world:
        put(world, "a", "b", user="ann")
        limits = Limits(events_per_identity=1)
        world.deliver(lambda _: OK, limits, most=1)
        put(world, "c", user="ann")
        world.outbox._seen = 0
        wall = world.now + hours * 3_600.0
        world.outbox._clock = lambda: wall
        started = world.now
        assert world.deliver(script(), limits).delivered == 1
        assert world.now - started <= 61
