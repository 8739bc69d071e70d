"""The demo's page "From the server": its forms send through heap_web.cloud to the Heap that the demo plays."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from heap_web.dev.serve import from_server, received
from heap_web.dev.serve.loopback import serving
from heap_web.dev.serve.server import create_app
from heap_web.dev.serve.site import Site


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[httpx.Client]:
    """The demo server, without a built bundle."""
    app = create_app(Site.of(dist=tmp_path), tmp_path, received.Inbox())
    with serving(app) as url, httpx.Client(base_url=url, follow_redirects=True, timeout=60) as client:
        yield client


def arrived(demo: httpx.Client) -> list[tuple[str, list[object]]]:
    """What the demo says that Heap received."""
    return [(call["method"], call["arguments"]) for call in demo.get("/received.json").json()["received"]]


def test_event(demo: httpx.Client) -> None:
    """An event that the form sends is with Heap, and the page shows the request."""
    assert "From the server" in demo.get(from_server.PATH).text
    form = {name: from_server.EXAMPLE[name] for name in ("event", "user_id", "properties")}
    page = demo.post(from_server.PATH, data=form)
    assert "1 delivered, 0 waiting" in page.text
    assert "POST /api/track" in page.text
    lines = '[{"sku":"jello-1","quantity":2}]'
    assert arrived(demo)[-1] == ("track", ["Order Completed", {"total": 19.5, "order.lines": lines}])


def test_audience(demo: httpx.Client) -> None:
    """Who came is told true, who went false."""
    for members, told in (("ann\nbob", "2 entered, 0 left"), ("bob\ncyd", "1 entered, 1 left, 1 unchanged")):
        page = demo.post(from_server.PATH, data={"audience": "VIP buyers", "members": members})
        assert f"User property vip_buyers: {told}" in page.text
    told_last = [arguments for _, arguments in arrived(demo)][-2:]
    assert sorted(map(str, told_last)) == ["[{'vip_buyers': False}]", "[{'vip_buyers': True}]"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"event": "E", "user_id": "", "properties": ""}, "without a user id"),
        ({"event": "", "user_id": "ann", "properties": ""}, "an event needs a name"),
        ({"event": "E", "user_id": "ann", "properties": "{"}, "Expecting property name"),
        ({"event": "E", "user_id": "ann", "properties": "[]"}, "must be a JSON object"),
        ({"audience": "!", "members": "ann"}, "no letter or digit"),
    ],
)
def test_wrong_input(demo: httpx.Client, form: dict[str, str], said: str) -> None:
    """Wrong input is said to be wrong, as an error, and nothing is sent; what was typed is still there."""
    page = demo.post(from_server.PATH, data=form).text
    (error,) = re.findall(r'role="alert">([^<]*)<', page)
    assert said in error
    assert arrived(demo) == []
    assert all(value in html.unescape(page) for value in form.values())


def test_other_sites(demo: httpx.Client) -> None:
    """Another site's page cannot send."""
    answer = demo.post(
        from_server.PATH, data={"event": "E", "user_id": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert arrived(demo) == []
