"""The documentation site: Markdown in templates/docs/, its values filled in, as HTML pages."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from heap_web.dev.build.steps import ROOT
from heap_web.dev.docs import figures, reference, render
from heap_web.dev.docs.contents import DOCS, GROUPS, HOME, Doc

__all__ = ["DOCS", "HOME", "Block", "Doc", "blocks", "html", "markdown", "not_found", "version"]

SOURCES = ROOT / "templates" / "docs"
MISSING = Doc("404", "Page not found", "There is no such page here")
OUTLINED = (2, 3)
# More than that are a reference's own entries, which an outline would only repeat.
OUTLINE_LONGEST = 24

# How Markdown names a served file: its address is known only when the page is made.
_ASSET = re.compile(r"asset:([\w./-]+)")

Asset = Callable[[str], str]


@dataclass(frozen=True)
class Block:
    """A fenced block of code: its page, its language, where it runs, the file that it is, and the code."""

    page: str
    language: str
    runs: str
    file: str
    code: str


def markdown(doc: Doc) -> str:
    """The page's Markdown, its values filled in."""
    return (
        _environment()
        .get_template(f"{doc.name}.md")
        .render(
            version=version(),
            groups=GROUPS,
            counts=figures.counts(),
            costs=figures.costs(),
            faults=figures.table("faults.md"),
            entrances=figures.table("entrances.md"),
            speed=figures.table("speed.md"),
            hosts=json.loads((SOURCES / "hosts.json").read_text("utf-8")),
            reference=reference.page,
            cloud_reference=reference.cloud,
            audiences_reference=reference.audiences,
        )
    )


def html(doc: Doc, asset: Asset, integrity: Asset, root: str = "") -> str:
    """The page's HTML. `asset` and `integrity` give the address and the integrity value of a served file; `root` is
    what leads from the page to the documentation's folder.
    """
    text = markdown(doc)
    place = DOCS.index(doc) if doc in DOCS else None
    outline = [heading for heading in render.headings(text) if heading.level in OUTLINED]
    if len(outline) > OUTLINE_LONGEST:
        outline = [heading for heading in outline if heading.level == 2]
    return (
        _environment()
        .get_template("home.html" if doc == HOME else "page.html")
        .render(
            doc=doc,
            groups=GROUPS,
            group=next((group for group in GROUPS if doc in group.docs), None),
            before=DOCS[place - 1] if place else None,
            after=DOCS[place + 1] if place is not None and place + 1 < len(DOCS) else None,
            outline=outline if len(outline) > 1 else [],
            root=root,
            version=version(),
            asset=asset,
            asset_integrity=integrity,
            content=Markup(_ASSET.sub(lambda found: asset(found[1]), render.to_html(text))),
        )
    )


def not_found(asset: Asset, integrity: Asset) -> str:
    """The page for an address below /docs/ where nothing is."""
    return html(MISSING, asset, integrity, root="/docs/")


def blocks(doc: Doc) -> list[Block]:
    """The page's code blocks, in order."""
    return [Block(doc.name, each.language, each.runs, each.file, each.code) for each in render.fences(markdown(doc))]


@cache
def version() -> str:
    """The project's version."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(SOURCES), autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=False,
    )  # fmt: skip
