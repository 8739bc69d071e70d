"""The documentation site: Markdown in templates/docs/, with the API reference drawn from docstrings, as HTML pages."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from heap_web.dev.build.steps import ROOT

SOURCES = ROOT / "templates" / "docs"
CASES = ROOT / "tests" / "conformance" / "cases"
NO_RUN = "The table is printed by `python3 build.py test`."


@dataclass(frozen=True)
class Doc:
    """One page of the documentation: the name of its Markdown file, and its title."""

    name: str
    title: str

    @property
    def file(self) -> str:
        """Its file in the site."""
        return f"{self.name}.html"


DOCS = (
    Doc("index", "Install"),
    Doc("npm", "npm and bundlers"),
    Doc("javascript", "JavaScript"),
    Doc("python", "Python in a page"),
    Doc("settings", "Settings"),
    Doc("values", "What Heap gets"),
    Doc("delivery", "Nothing lost"),
    Doc("security", "CSP and consent"),
    Doc("from-segment", "Coming from Segment"),
    Doc("from-heap", "Coming from Heap's snippet"),
    Doc("server", "Sending from a server"),
    Doc("audiences", "Audiences"),
    Doc("speed", "Speed"),
    Doc("troubleshooting", "Troubleshooting"),
    Doc("changelog", "Changelog"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block of code: the page that it is on, its language and where it runs ("" if it is only shown)."""

    page: str
    language: str
    runs: str
    code: str


def markdown(doc: Doc) -> str:
    """The page's Markdown, its values filled in."""
    return (
        _environment()
        .get_template(f"{doc.name}.md")
        .render(
            version=version(),
            counts=_counts(),
            faults=_table("faults.md"),
            speed=_table("speed.md"),
            hosts=json.loads((SOURCES / "hosts.json").read_text("utf-8")),
            declarations=_declarations,
            reference=_reference_of_page,
            cloud_reference=_reference_of_cloud,
            audiences_reference=_reference_of_audiences,
        )
    )


def html(doc: Doc, asset: Callable[[str], str], integrity: Callable[[str], str], root: str = "") -> str:
    """The page's HTML. `asset` and `integrity` give the address and the integrity value of a served file."""
    return (
        _environment()
        .get_template("layout.html")
        .render(
            title=doc.title,
            file=doc.file,
            pages=DOCS,
            root=root,
            version=version(),
            asset=asset,
            asset_integrity=integrity,
            content=Markup(_renderer().render(markdown(doc))),
        )
    )


def blocks(doc: Doc) -> list[Block]:
    """The page's code blocks, in order."""
    found = []
    for token in _renderer().parse(markdown(doc)):
        if token.type == "fence":
            language, _, runs = token.info.strip().partition(" ")
            found.append(Block(doc.name, language, runs.strip(), token.content))
    return found


@cache
def version() -> str:
    """The project's version."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(SOURCES), autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"highlight": _highlight, "html": True}).enable("table")
    renderer.add_render_rule("heading_open", _heading)
    renderer.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table>')
    renderer.add_render_rule("table_close", lambda *_: "</table></div>")
    renderer.add_render_rule("th_open", _cell)
    renderer.add_render_rule("td_open", _cell)
    return renderer


def _cell(renderer: Any, tokens: Any, index: int, options: Any, _environment: Any) -> str:
    # The pages' own policy forbids inline styles.
    if tokens[index].attrs.pop("style", ""):
        tokens[index].attrSet("class", "number")
    return str(renderer.renderToken(tokens, index, options, _environment))


def _heading(renderer: Any, tokens: Any, index: int, options: Any, _environment: Any) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", tokens[index + 1].content.lower()).strip("-")
    tokens[index].attrSet("id", words)
    return str(renderer.renderToken(tokens, index, options, _environment))


def _highlight(code: str, language: str, _: object) -> str:
    known = language if language in ("python", "js", "html", "http", "sh", "ts") else "text"
    coloured = highlight(code, get_lexer_by_name(known), HtmlFormatter(nowrap=True))
    return f'<pre tabindex="0"><code>{coloured}</code></pre>'


@cache
def _counts() -> dict[str, int]:
    classes = Counter(case["class"] for case in _cases("classic"))
    counts = {name: len(_cases(name)) for name in ("snippet", "cloud")}
    return {**classes, **counts, "actions": len(_cases("actions-web"))}


def _cases(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return cases


def _table(name: str) -> str:
    """Figures that a run of the tests or the bench left in templates/docs/figures/."""
    file = SOURCES / "figures" / name
    return file.read_text("utf-8") if file.is_file() else NO_RUN


def _declarations() -> str:
    return f"```ts\n{(ROOT / 'static' / 'src' / 'heap-web.d.ts').read_text('utf-8')}```"


def _reference_of_page() -> str:
    import heap_web
    from heap_web.browser.analytics import Analytics

    public = [(name, getattr(heap_web, name)) for name in heap_web.__all__]
    return _entries([*public, ("Analytics", Analytics)])


def _reference_of_cloud() -> str:
    from heap_web import cloud

    return _entries((name, getattr(cloud, name)) for name in cloud.__all__)


def _reference_of_audiences() -> str:
    from heap_web import audiences

    return _entries((name, getattr(audiences, name)) for name in audiences.__all__)


def _entries(named: Iterable[tuple[str, Any]]) -> str:
    """Markdown for public names: signature and docstring of each, and of a class's own public methods."""
    parts = []
    for name, thing in named:
        parts.append(_entry("###", name, thing))
        if inspect.isclass(thing) and not issubclass(thing, Exception):
            for method, member in inspect.getmembers(thing, inspect.isroutine):
                if not method.startswith("_") and inspect.getdoc(member) and method in _own(thing):
                    parts.append(_entry("####", f"{name}.{method}", member))
    return "\n\n".join(parts)


def _own(kind: type) -> set[str]:
    ours = [base for base in kind.__mro__ if base.__module__.startswith("heap_web")]
    return {name for base in ours for name in vars(base)}


def _entry(level: str, name: str, thing: Any) -> str:
    try:
        signature = str(inspect.signature(thing)).replace("'", "")
    except (TypeError, ValueError):
        signature = ""
    text = inspect.getdoc(thing) or ""
    shown = (
        f"<code>{escape(name)}{escape(_short(signature))}</code>" if callable(thing) else f"<code>{escape(name)}</code>"
    )
    return f"{level} {name}\n\n{shown}\n\n{text}"


def _short(signature: str) -> str:
    return re.sub(r"\bheap_web\.(?:\w+\.)*", "", signature)
