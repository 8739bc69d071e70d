"""The limits that Heap documents, kept by counting."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from heap_web.cloud.pacing import EVENT_WINDOW, REQUEST_WINDOW, Limits, Pacer, Sent

SMALL = Limits(requests_per_identity=3, events_per_identity=5, events_per_app=8)


def test_requests_per_identity() -> None:
    """An identity may be named in 30 requests within 30 seconds, and again when the first is 30 seconds old."""
    pacer = Pacer()
    for n in range(30):
        assert pacer.admit(float(n), ["ann"], events=False) == [0]
        pacer.record(Sent(float(n), False, ("ann",)))
    assert pacer.admit(29.5, ["ann", "bob"], events=False) == [1]
    assert pacer.wait(29.5, ["ann"], events=False) == 0.5
    assert pacer.admit(30.0, ["ann"], events=False) == [0]


def test_events_per_identity() -> None:
    """Of one identity 1,000 events may go into a minute; the rest of a request's events may still go."""
    pacer = Pacer()
    assert pacer.admit(0.0, ["ann"] * 1_001 + ["bob"], events=True) == [*range(1_000), 1_001]
    pacer.record(Sent(0.0, True, ("ann",) * 1_000))
    assert pacer.blocked(1.0).event_users == {"ann"}
    assert pacer.wait(1.0, ["ann"], events=True) == 59.0


def test_events_per_app() -> None:
    """An app may send 15,000 events a minute; user properties are not counted as events."""
    pacer = Pacer()
    for n in range(15):
        pacer.record(Sent(float(n), True, tuple(f"{n}-{m}" for m in range(1_000))))
    assert pacer.blocked(20.0).events
    assert pacer.admit(20.0, ["zoe"], events=True) == []
    assert pacer.admit(20.0, ["zoe"], events=False) == [0]
    assert pacer.wait(20.0, ["zoe"], events=True) == 40.0
    assert pacer.admit(60.0, ["zoe"] * 1_000, events=True) == list(range(1_000))


def test_forgets() -> None:
    """What is older than the windows takes no memory."""
    pacer = Pacer()
    for n in range(100):
        pacer.record(Sent(n * 100.0, True, (f"user {n}",)))
        pacer.admit(n * 100.0, [], events=True)
    assert len(pacer._requests_of) == len(pacer._events_of) == len(pacer._events) == len(pacer._requests) == 1


steps = st.tuples(st.floats(0, 20), st.lists(st.sampled_from("abc"), min_size=1, max_size=12), st.booleans())


@settings(max_examples=60)
@given(st.lists(steps, max_size=30))
def test_no_window_holds_more(plan: list[tuple[float, list[str], bool]]) -> None:
    """Whatever is asked for and when, no window of the limits' length ever holds more than they allow."""
    pacer, now, sent = Pacer(SMALL), 0.0, list[Sent]()
    for pause, users, events in plan:
        now += pause
        admitted = tuple(users[n] for n in pacer.admit(now, users, events=events))
        if admitted:
            sent.append(Sent(now, events, admitted))
            pacer.record(sent[-1])
        else:
            assert pacer.wait(now, users, events=events) > 0
    for last in sent:
        requests = Counter(u for s in sent if last.at - REQUEST_WINDOW < s.at <= last.at for u in set(s.users))
        held = [u for s in sent if s.events and last.at - EVENT_WINDOW < s.at <= last.at for u in s.users]
        assert max(requests.values()) <= SMALL.requests_per_identity
        assert max(Counter(held).values(), default=0) <= SMALL.events_per_identity
        assert len(held) <= SMALL.events_per_app


@settings(max_examples=60)
@given(st.lists(steps, max_size=30))
def test_wait_is_enough(plan: list[tuple[float, list[str], bool]]) -> None:
    """After the wait that is told, something is admitted."""
    pacer, now = Pacer(SMALL), 0.0
    for _, users, events in plan:
        if not pacer.admit(now, users, events=events):
            now += pacer.wait(now, users, events=events) + 1e-6
        admitted = tuple(users[n] for n in pacer.admit(now, users, events=events))
        assert admitted
        pacer.record(Sent(now, events, admitted))
