"""The documentation as a whole: its pages hold together, keep their own policy, and name what there is."""

from __future__ import annotations

import json
import re
from html import escape
from html.parser import HTMLParser

import pytest

from heap_web.dev.build.steps import ROOT
from heap_web.dev.docs import figures, search
from heap_web.dev.docs import pages as docs

FILES = {doc.file for doc in docs.DOCS}


class Links(HTMLParser):
    """The links and ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps what a tag links to or is called."""
        found = dict(attrs)
        if tag == "a" and found.get("href"):
            self.links.add(found["href"] or "")
        if found.get("id"):
            self.ids.append(found["id"] or "")


def read(doc: docs.Doc) -> Links:
    """A page's links and ids."""
    links = Links()
    links.feed(docs.html(doc, lambda name: f"/static/{name}", lambda _: "sha384-x"))
    return links


@pytest.mark.parametrize("doc", [*docs.DOCS, docs.MISSING], ids=lambda doc: doc.name)
def test_pages_hold_together(doc: docs.Doc) -> None:
    """A page has one title, each id once, and no Markdown or template left in its text."""
    html = docs.html(doc, lambda name: f"/static/{name}", lambda _: "sha384-x")
    ids = read(doc).ids
    assert sorted(ids) == sorted(set(ids))
    assert html.count("<h1") == 1
    assert not re.search(r"{{|}}|\]\(|asset:", re.sub(r"<pre.*?</pre>|<code>.*?</code>", "", html, flags=re.DOTALL))


def test_links_lead_to_headings_that_are_there() -> None:
    """Every link within the documentation names a page, and where it names a heading, the page has it."""
    ids = {doc.file: set(read(doc).ids) for doc in docs.DOCS}
    broken = []
    for doc in docs.DOCS:
        for link in read(doc).links:
            if "://" in link or link == "../":
                continue
            file, _, anchor = link.partition("#")
            if (file or doc.file) not in FILES or (anchor and anchor not in ids[file or doc.file]):
                broken.append((doc.name, link))
    assert broken == []


@pytest.mark.parametrize("doc", [*docs.DOCS, docs.MISSING], ids=lambda doc: doc.name)
def test_pages_keep_their_own_policy(doc: docs.Doc) -> None:
    """No page of the documentation has what its own Content Security Policy forbids: inline styles and code."""
    html = docs.html(doc, str, str)
    tags = re.findall(r"<[a-z][^>]*>", re.sub(r"<pre.*?</pre>", "", html, flags=re.DOTALL))
    assert [tag for tag in tags if re.search(r"\s(style|on\w+)=", tag)] == []
    assert [tag for tag in tags if tag.startswith("<script") and " src=" not in tag] == []


def test_every_setting_is_documented() -> None:
    """The table of settings names every setting that there is, in its three spellings."""
    from heap_web.core.settings import Settings

    text = docs.markdown(next(doc for doc in docs.DOCS if doc.name == "settings"))
    for name in Settings._fields:
        first, *rest = name.split("_")
        assert f"`{first + ''.join(word.capitalize() for word in rest)}`" in text
        assert name == "app_id" or f"`{escape(name)}`" in text


def test_every_page_is_in_the_contents_once() -> None:
    """Each Markdown file is a page, in one group."""
    files = {path.stem for path in docs.SOURCES.glob("*.md")}
    names = [doc.name for doc in docs.DOCS]
    assert sorted([*names, docs.MISSING.name]) == sorted(files)
    assert len(set(names)) == len(names)


def test_the_search_finds_every_heading() -> None:
    """The index has an entry for each page and each heading, with an address that is there."""
    entries = json.loads(search.index())
    ids = {doc.file: set(read(doc).ids) for doc in docs.DOCS}
    assert {entry["file"] for entry in entries if "#" not in entry["file"]} == FILES
    assert [entry["id"] for entry in entries] == list(range(len(entries)))
    for file, _, anchor in (entry["file"].partition("#") for entry in entries):
        assert not anchor or anchor in ids[file]


def test_files_that_contributors_are_sent_to_are_there() -> None:
    """Each path of the source that the documentation and the README name exists."""
    named = {
        (page, path)
        for page in [*docs.SOURCES.glob("*.md"), ROOT / "README.md"]
        for path in re.findall(r"`((?:heap_web|static|tests|templates)/[\w./-]+)`", page.read_text("utf-8"))
    }
    assert named
    assert [(page.name, path) for page, path in named if not (ROOT / path).exists()] == []


def test_the_readme_leads_somewhere() -> None:
    """Every file that the README links to, or shows, is there; and the table of costs is the one that the docs show."""
    readme = (ROOT / "README.md").read_text("utf-8")
    linked = [link for link in re.findall(r"\]\(([^)]+)\)", readme) if "://" not in link]
    assert linked
    assert [link for link in linked if not (ROOT / link).is_file()] == []
    assert figures.costs() in readme
    assert figures.costs() in docs.markdown(docs.HOME)
