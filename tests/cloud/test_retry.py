"""What an answer means, and how long to wait after it."""

import pytest

from heap_web.cloud.retry import Retry, Verdict, retry_after, verdict
from heap_web.core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (302, Verdict.AGAIN),
        (400, Verdict.SPLIT),
        (401, Verdict.REFUSED),
        (403, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (407, Verdict.AGAIN),
        (408, Verdict.AGAIN),
        (413, Verdict.SPLIT),
        (422, Verdict.SPLIT),
        (429, Verdict.AGAIN),
        (500, Verdict.AGAIN),
        (503, Verdict.AGAIN),
    ],
)
def test_verdict(status: int, meaning: Verdict) -> None:
    """Faults of the server and its pauses are retried; other refusals are not."""
    assert verdict(status) is meaning


def test_backoff() -> None:
    """The ceiling of the wait doubles with each fault and stops at its bound; the wait lies anywhere below it."""
    retry = Retry(first=0.5, most=10.0)
    assert [retry.wait(n, None, lambda: 1.0) for n in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert retry.wait(5, None, lambda: 0.25) == 2.0
    assert retry.wait(5_000, None, lambda: 1.0) == 10.0


def test_retry_after_is_obeyed() -> None:
    """A pause that the server asks for is never cut short, but bounded; a little chance is added."""
    retry = Retry(first=1.0, most=10.0, longest_retry_after=100.0)
    assert retry.wait(1, 20.0, lambda: 0.0) == 20.0
    assert retry.wait(1, 20.0, lambda: 1.0) == pytest.approx(20.1)
    assert retry.wait(1, 5000.0, lambda: 0.0) == 100.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("-1", None),
        ("soon", None),
        ("3600.5", None),
        ("9" * 400, float("inf")),
        ("Sat, 21 Nov 99999999999999999 12:00:30 GMT", None),
        ("Sat, 99 Nov 2026 12:00:30 GMT", None),
        ("Fri, 31 Dec 10000 12:00:30 GMT", None),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_header(header: str | None, seconds: float | None) -> None:
    """The header is seconds or an HTTP date; one that cannot be read is as none."""
    assert retry_after(header, 1795262400.0) == seconds


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first": -1.0}, {"most": float("nan")}, {"first": float("inf")}])
def test_wrong_retry(wrong: dict[str, float]) -> None:
    """A `Retry` that cannot be waited for is refused."""
    with pytest.raises(ConfigurationError, match="pass 1 or more attempts"):
        Retry(**wrong)  # type: ignore[arg-type]
