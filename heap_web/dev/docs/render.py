"""Markdown to HTML: headings with anchors, tables for phones too, and code blocks that say whether a test runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

LANGUAGES = ("python", "js", "jsx", "vue", "html", "http", "sh", "ts", "toml", "text")
# How a block says that it is only shown.
NOT_RUN = "not-run"
# What a block in a terminal says: its commands are looked up, not executed.
LOOKED_UP = "commands"
# What is no code at all.
DRAWING = "drawing"


@dataclass(frozen=True)
class Fence:
    """A block of code: its language, what runs it ("" if it does not say), the file that it is, and the code."""

    language: str
    runs: str
    file: str
    code: str

    @staticmethod
    def of(info: str, code: str) -> Fence:
        """The block whose first line is three backticks and `info`: "language runs file", the last two optional."""
        language, runs, file, *_ = [*info.split(), "", "", ""]
        return Fence(language, runs, file, code)


@dataclass(frozen=True)
class Heading:
    """A heading of a page: its level from 1, the anchor, and the text."""

    level: int
    anchor: str
    text: str


def to_html(markdown: str) -> str:
    """The page's content."""
    renderer = _renderer()
    tokens = renderer.parse(markdown)
    _label_cells(tokens)
    return str(renderer.renderer.render(tokens, renderer.options, {}))


def fences(markdown: str) -> list[Fence]:
    """The page's code blocks, in order."""
    return [Fence.of(token.info, token.content) for token in _renderer().parse(markdown) if token.type == "fence"]


def headings(markdown: str) -> list[Heading]:
    """The page's headings, in order."""
    return [heading for heading, _ in sections(markdown) if heading]


def sections(markdown: str) -> Iterator[tuple[Heading | None, str]]:
    """The page's text, heading by heading; what stands before the first one comes with None."""
    heading: Heading | None = None
    text: list[str] = []
    tokens = _renderer().parse(markdown)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            if heading or text:
                yield heading, " ".join(text)
            heading = Heading(int(token.tag[1]), _anchor(tokens, place), plain(tokens[place + 1]))
            text = []
        elif token.type == "inline" and tokens[place - 1].type not in ("heading_open", "th_open"):
            text.append(plain(token))
        elif token.type == "fence":
            text.append(token.content)
        elif token.type == "html_block":
            text.append(re.sub(r"<[^>]+>", " ", token.content))
    if heading or text:
        yield heading, " ".join(text)


def plain(inline: Token) -> str:
    """What an inline token says, without its marks."""
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in inline.children or []
        if child.type != "html_inline"
    )


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
    for name, rule in {
        "heading_open": _heading_open,
        "heading_close": _heading_close,
        "table_open": _table_open,
        "table_close": lambda *_: "</table></div>",
        "th_open": _cell,
        "td_open": _cell,
        "td_close": lambda *_: "</span></td>",
        "fence": _fence,
    }.items():
        renderer.add_render_rule(name, rule)
    return renderer


def _label_cells(tokens: list[Token]) -> None:
    """Tells each cell of a table what its column says, and which cell names the row.

    A phone shows a wide table as a list of rows: the style sheet writes each cell's label before it.
    """
    opened: list[int] = [place for place, token in enumerate(tokens) if token.type == "table_open"]
    for place in opened:
        end = next(other for other in range(place, len(tokens)) if tokens[other].type == "table_close")
        heads = [other for other in range(place, end) if tokens[other].type == "th_open"]
        labels = [plain(tokens[other + 1]) for other in heads]
        numbers = ["style" in tokens[other].attrs for other in heads]
        title = numbers.index(False) if False in numbers else 0
        cells = [other for other in range(place, end) if tokens[other].type == "td_open"]
        tokens[place].meta["columns"] = len(heads)
        for number, cell in enumerate(cells):
            column = number % len(heads)
            last = column == len(heads) - 1 and not numbers[column]
            tokens[cell].meta = {"label": labels[column], "kind": "title" if column == title else "prose" * last}


def _table_open(_renderer: Any, tokens: Any, index: int, _options: Any, _environment: Any) -> str:
    wide = " cards" if tokens[index].meta["columns"] > 3 else ""
    return f'<div class="scroll{wide}" tabindex="0"><table>'


def _cell(renderer: Any, tokens: Any, index: int, options: Any, _environment: Any) -> str:
    token = tokens[index]
    # The pages' own policy forbids inline styles.
    kinds = ["number"] if token.attrs.pop("style", "") else []
    if token.type == "th_open":
        if kinds:
            token.attrSet("class", "number")
        return str(renderer.renderToken(tokens, index, options, _environment))
    kinds += [token.meta["kind"]] if token.meta.get("kind") else []
    if kinds:
        token.attrSet("class", " ".join(kinds))
    if token.meta.get("label"):
        token.attrSet("data-label", token.meta["label"])
    return str(renderer.renderToken(tokens, index, options, _environment)) + "<span>"


def _anchor(tokens: Any, index: int) -> str:
    """A heading's anchor: its words; one that stood before on the page gets a number."""
    names = [_slug(tokens[place + 1].content) for place in range(index + 1) if tokens[place].type == "heading_open"]
    before = names.count(names[-1]) - 1
    return f"{names[-1]}-{before + 1}" if before else names[-1]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"<[^>]+>", "", text).lower()).strip("-")


def _heading_open(renderer: Any, tokens: Any, index: int, options: Any, environment: Any) -> str:
    tokens[index].attrSet("id", _anchor(tokens, index))
    return str(renderer.renderToken(tokens, index, options, environment))


def _heading_close(renderer: Any, tokens: Any, index: int, options: Any, environment: Any) -> str:
    closing = str(renderer.renderToken(tokens, index, options, environment))
    if tokens[index].tag == "h1":
        return closing
    anchor = _anchor(tokens, index - 2)
    words = escape(plain(tokens[index - 1]))
    return f' <a class="anchor" href="#{anchor}" aria-label="Link to “{words}”">#</a>{closing}'


def _fence(_renderer: Any, tokens: Any, index: int, _options: Any, _environment: Any) -> str:
    fence = Fence.of(tokens[index].info, tokens[index].content)
    return figure(fence)


def figure(fence: Fence) -> str:
    """A block of code with what it is and whether the tests run it; the page's script adds the button that copies."""
    known = fence.language if fence.language in LANGUAGES else "text"
    lexer = get_lexer_by_name({"vue": "html", "sh": "bash"}.get(known, known))
    coloured = highlight(fence.code, lexer, HtmlFormatter(nowrap=True))
    what = f"<code>{escape(fence.file)}</code>" if fence.file else f"<span>{escape(fence.language)}</span>"
    return (
        f'<figure class="code"><figcaption>{what}{_label(fence.runs)}</figcaption>'
        f'<pre tabindex="0"><code>{coloured}</code></pre></figure>\n'
    )


def _label(runs: str) -> str:
    if runs == NOT_RUN:
        return '<span class="not-run">not run by our tests</span>'
    if runs in ("", LOOKED_UP, DRAWING):
        return ""
    return '<span class="run">run by our tests</span>'
