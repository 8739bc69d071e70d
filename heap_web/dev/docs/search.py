"""The index that the documentation's search is made of: one entry a heading, with the text below it."""

from __future__ import annotations

import json
import re

from heap_web.dev.docs import pages, render
from heap_web.dev.docs.contents import DOCS, Doc

# A reference's signatures and a table's figures would bury what a reader seeks.
LONGEST = 1200


def index() -> str:
    """The entries as JSON: `[{"id", "page", "title", "file", "text"}, …]`, each with the address of its heading."""
    entries = [entry for doc in DOCS for entry in _entries(doc)]
    numbered = [{"id": number, **entry} for number, entry in enumerate(entries)]
    return json.dumps(numbered, ensure_ascii=False, separators=(",", ":"))


def _entries(doc: Doc) -> list[dict[str, str]]:
    found = []
    for heading, text in render.sections(pages.markdown(doc)):
        first = heading is None or heading.level == 1
        found.append(
            {
                "page": doc.title,
                "title": doc.title if heading is None or first else heading.text,
                "file": doc.file if heading is None or first else f"{doc.file}#{heading.anchor}",
                "text": re.sub(r"\s+", " ", f"{doc.about}. {text}" if first else text).strip()[:LONGEST],
            }
        )
    return found
