"""The contents of the documentation: its pages, in their groups, in the order in which they are read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Doc:
    """One page of the documentation: the name of its Markdown file, its title, and what it is about in one line."""

    name: str
    title: str
    about: str

    @property
    def file(self) -> str:
        """Its file in the site."""
        return f"{self.name}.html"


@dataclass(frozen=True)
class Group:
    """Pages that stand together in the sidebar."""

    title: str
    docs: tuple[Doc, ...]


HOME = Doc("index", "heap_web", "Segment's calls, delivered to Heap: flat, in order, and none lost")

GROUPS = (
    Group(
        "Start",
        (
            Doc("install", "Get started", "From nothing to the first event, for every kind of page"),
            Doc("verify", "Verify that it works", "Five checks, from the console to Heap's own live view"),
            Doc("when-not", "When not to use this", "What heap_web cannot do, and what would do instead"),
            Doc("from-segment", "Coming from Segment", "Every difference from Segment's Heap destination"),
            Doc("from-heap", "Coming from Heap's snippet", "What replaces which line"),
        ),
    ),
    Group(
        "Guides",
        (
            Doc("html", "Plain HTML", "One script tag, and calls from buttons, links and forms"),
            Doc("npm", "npm and bundlers", "The npm package, its runtime folder, and how to serve it"),
            Doc("vite", "Vite", "A Vite project, with what it must copy as it is"),
            Doc("react", "React", "A module, a hook, and StrictMode without double events"),
            Doc("next", "Next.js", "Rendered on the server without window, started in the browser"),
            Doc("vue", "Vue", "A plugin, and page changes of the router"),
            Doc("django", "Django", "A template tag with the CSP nonce, and the signed-in user"),
            Doc("flask", "Flask", "The script tag with a nonce in a Jinja template"),
            Doc("fastapi", "FastAPI", "Jinja templates, a nonce per response, and Heap's own snippet"),
            Doc("python", "Python in a page", "Pyodide and PyScript: calls from Python, in the page"),
            Doc("workers", "Notebooks and workers", "JupyterLite, marimo, stlite, shinylive: Python that sees no page"),
            Doc("consent", "Consent managers", "Nothing loaded before consent, with the banner you have"),
            Doc("testing", "Testing your own site", "Unit tests in jsdom, browser tests with Playwright"),
            Doc("others", "WordPress, Tag Manager, Electron", "Where the script tag goes"),
        ),
    ),
    Group(
        "Reference",
        (
            Doc("settings", "Settings", "Every setting at every entrance"),
            Doc("javascript", "JavaScript", "Methods, events, state and types of analytics"),
            Doc("python-reference", "Python", "The names of the package for pages"),
            Doc("values", "What Heap gets", "How nested values, dates, Map and BigInt arrive"),
            Doc("server", "Sending from a server", "HeapCloud: a durable outbox, Heap's limits kept"),
            Doc("audiences", "Audiences", "Who came and who went, told as user properties"),
        ),
    ),
    Group(
        "Operations",
        (
            Doc("operating", "Running the server half", "The outbox, what is watched, and recipes for servers"),
            Doc("delivery", "Nothing lost", "The journal, its bounds and the deadlines"),
            Doc("faults", "Faults", "What the tests break, and what Heap received all the same"),
            Doc("security", "CSP and other origins", "Content Security Policy, integrity, CDNs"),
            Doc("privacy", "Privacy", "What is stored, for how long, and how to have less of it"),
            Doc("speed", "Speed", "What it costs, measured beside its peers"),
            Doc("troubleshooting", "Troubleshooting", "By symptom, and by the code of a warning"),
            Doc("contributing", "Contributing", "The picture of the code, and where a line belongs"),
            Doc("changelog", "Changelog", "What changed in which version"),
        ),
    ),
)

DOCS = (HOME, *(doc for group in GROUPS for doc in group.docs))
