"""The demo site: every page renders, names only what exists, and says the same on a static host."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from heap_web.core.errors import ConfigurationError
from heap_web.dev.docs import pages as docs
from heap_web.dev.serve import from_server
from heap_web.dev.serve.shop import CATALOGUE
from heap_web.dev.serve.site import LOOKS, PAGES, PARTS, STATIC, Assets, Page, Site, read_integrity, render, sri

VOID = {"meta", "link", "input", "br", "wbr", "path", "circle", "ellipse", "rect"}


class Reader(HTMLParser):
    """Reads a page: its tags with their attributes, its ids, and tags that are never closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dist = tmp_path_factory.mktemp("dist")
    (dist / "manifest.json").write_text(json.dumps({"files": {"heap-web.js": {"integrity": "sha384-abc"}}}))
    return dist


@pytest.fixture(scope="module")
def site(built: Path) -> Site:
    return Site.of(dist=built)


def path_of(page: Page) -> str:
    return page.path


@pytest.mark.parametrize("shown", PAGES, ids=path_of)
def test_a_page_is_well_formed(site: Site, shown: Page) -> None:
    """Every tag of the page is closed, every id is there once, and it has one first heading and a title."""
    read = Reader(site.html(shown, "N0nce"))
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert read.open == []
    assert len(ids) == len(set(ids))
    assert len(read.all("title")) == 1
    assert read.all("html")[0]["lang"] == "en"
    assert len(read.all("h1")) >= 1


@pytest.mark.parametrize("shown", PAGES, ids=path_of)
def test_a_page_names_only_what_the_server_has(site: Site, shown: Page) -> None:
    """Every link leads to a page of the site, and every file that a page loads is served by it."""
    read = Reader(site.html(shown, "N0nce"))
    known = {each.path for each in PAGES} | {"#main", "#minute", "/#minute", from_server.PATH}
    known |= {"/docs/", *(f"/docs/{doc.file}" for doc in docs.DOCS)}
    files = {site.assets.url(name) for name in site.assets.files} | {"/dist/heap-web.js"}
    assert {attributes["href"] for attributes in read.all("a") if "href" in attributes} <= known
    assert {attributes["src"] for attributes in read.all("script") if "src" in attributes} <= files
    assert {link["href"] for link in read.all("link") if not link["href"].startswith("data:")} <= files


@pytest.mark.parametrize("shown", PAGES, ids=path_of)
def test_every_script_of_a_page_has_nonce_and_integrity(site: Site, shown: Page) -> None:
    """Scripts carry the response's nonce; those with an address of ours carry their hash; no attribute holds code."""
    read = Reader(site.html(shown, "N0nce"))
    scripts = [script for script in read.all("script") if script.get("type") != "application/json"]
    assert scripts
    assert {script.get("nonce") for script in scripts} == {"N0nce"}
    assert all(script.get("integrity", "").startswith("sha384-") for script in scripts if "src" in script)
    names = {name for _, attributes in read.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("shown", PAGES, ids=path_of)
def test_every_field_and_button_of_a_page_has_a_name(site: Site, shown: Page) -> None:
    """Fields have a label, progress bars and groups of buttons a name, and pictures are hidden from screen readers."""
    read = Reader(site.html(shown))
    labelled = {label["for"] for label in read.all("label") if "for" in label}
    fields = read.all("input") + read.all("select") + read.all("textarea")
    assert [field for field in fields if field.get("type") != "radio" and field.get("id") not in labelled] == []
    assert all("aria-label" in bar for bar in read.all("progress"))
    assert all(picture.get("aria-hidden") == "true" for picture in read.all("svg"))


def test_the_drop_in_script_is_on_every_page_but_the_control(site: Site) -> None:
    """Every page carries heap-web.js with an App ID; the control carries Heap's own snippet alone."""
    with_script = {page.path for page in PAGES if "/dist/heap-web.js" in site.html(page)}
    assert {page.path for page in PAGES} - with_script == {"/plain"}
    assert "heap.load(id, config)" in site.html(next(page for page in PAGES if page.path == "/plain"))


def test_without_an_app_id_heaps_script_comes_from_this_server(site: Site) -> None:
    """Where the server plays Heap, no page names one of Heap's hosts."""
    assert not [page.path for page in PAGES if re.search(r"heapanalytics|heap-api", site.html(page))]
    assert "/js/heap-12345.js" in site.html(PAGES[0])


@pytest.mark.parametrize(
    ("sdk", "host"),
    [("classic", "https://cdn.heapanalytics.com/js/heap-77.js"), ("latest", "https://cdn.us.heap-api.com/config/77/")],
)
def test_with_an_app_id_the_script_loads_heap_itself(built: Path, sdk: str, host: str) -> None:
    """With a real App ID a page leaves it to heap-web.js to load Heap; the control does it by Heap's own snippet."""
    site = Site.of("77", sdk, built)
    pages = {page.path: site.html(page) for page in PAGES}
    assert 'data-app-id="77"' in pages["/"]
    assert ('data-sdk="latest"' in pages["/"]) == (sdk == "latest")
    assert host not in pages["/"]
    assert host in pages["/plain"]


@pytest.mark.parametrize(
    ("app_id", "sdk"), [("a1", "classic"), ("../1", "classic"), ("1", "newest"), ("1" * 21, "latest")]
)
def test_a_wrong_app_id_or_sdk_is_named(built: Path, app_id: str, sdk: str) -> None:
    """An App ID or SDK that Heap does not have is a ConfigurationError, before anything is served."""
    with pytest.raises(ConfigurationError):
        Site.of(app_id, sdk, built)


def test_the_shelf_in_the_page_is_the_catalogue(site: Site) -> None:
    """The page's scripts read the same products that the page shows, under the names of Segment's events."""
    html = site.html(PAGES[0])
    found = re.search(r'<script type="application/json" id="shelf">(.*?)</script>', html, re.DOTALL)
    assert found
    shelf = json.loads(found[1])
    assert list(shelf) == [product.slug for product in CATALOGUE]
    assert shelf["lime-jello"]["price"] == 6.0
    names = {"product_id", "sku", "name", "category", "variant", "price", "brand", "currency"}
    assert names == set(shelf["lime-jello"])


def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    """A changed byte in any file gives all of them a new address, so that each may be kept for ever."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.svg").write_text("a")
    before = Assets.read(tmp_path)
    (tmp_path / "docs/a.svg").write_text("b")
    after = Assets.read(tmp_path)
    assert before.url("docs/a.svg") != after.url("docs/a.svg")
    assert after.integrity("docs/a.svg") == sri(b"b")
    with pytest.raises(KeyError, match=r"no file 'other\.css'"):
        after.url("other.css")


def test_only_the_demos_files_are_served() -> None:
    """Of static/ nothing is served but what pages load."""
    beside_sources = {name for name in Assets.read(STATIC).files if not name.startswith("src/")}
    library = "node_modules/minisearch/dist/es/index.js"
    assert beside_sources == {"demo.css", "demo.js", "docs/favicon.svg", "docs/inspector.png", library}


def test_the_looks_are_one_file_of_all_parts() -> None:
    """demo.css is every part of the demo's looks, in the order of the cascade, and no part is forgotten."""
    parts = {path.stem: path.read_bytes() for path in (STATIC / LOOKS).glob("*.css")}
    assert set(parts) == set(PARTS)
    assert Assets.read(STATIC).files["demo.css"] == b"\n".join(parts[part] for part in PARTS)


def test_without_a_build_there_is_no_integrity(tmp_path: Path) -> None:
    """A site whose dist/ is empty renders all the same, without hashes for it."""
    assert read_integrity(tmp_path) == {}
    assert "integrity" not in Site.of(dist=tmp_path).html(PAGES[0]).split("heap-web.js")[1].split(">")[0]


def test_renders_to_files_for_a_static_host(tmp_path: Path, built: Path) -> None:
    """render writes one file a page and every file that the pages load, and says which."""
    written = render(tmp_path / "out", dist=built)
    names = {path.relative_to(tmp_path / "out").as_posix() for path in written}
    assert {"index.html", "products.html", "products/lime-jello.html", "plain.html"} <= names
    assert all(path.is_file() for path in written)
    assert 'nonce="' not in (tmp_path / "out" / "index.html").read_text()
