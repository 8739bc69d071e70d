"""The demo site: its pages, rendered from templates/, and the files they name, at an address made of their content."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from heap_web.core import snippet
from heap_web.core.settings import Settings
from heap_web.dev.docs import pages as docs
from heap_web.dev.docs import search
from heap_web.dev.serve.shop import CATALOGUE, CURRENCY, SHOP

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
DIST = ROOT / "dist"
# The part of static/ that pages of the demo load as it is; all else there is source for the bundle.
SERVED = (
    *("demo.js", "src/demo/*.js", "src/inspector/*.js"),
    *("docs/*.svg", "docs/*.png", "src/docs/*.js", "src/docs/style/*.css", "node_modules/minisearch/dist/es/index.js"),
)
# The demo's looks, a file a part; pages load them as one, in this order: a later rule beats an earlier one.
LOOKS = "src/demo/style"
PARTS = (
    *("base", "top", "pieces", "pictures"),
    *("home", "shelf", "product", "forms", "cart", "playground", "received", "inspector"),
)
# The App ID that the pages carry when the server plays Heap.
PRETEND_APP_ID = "12345"


@dataclass(frozen=True)
class Page:
    """One page: where it lives, its template, and what the template is given besides what all get."""

    path: str
    template: str
    given: Mapping[str, Any]

    @property
    def file(self) -> str:
        """The file that a static host would serve for it: `/` is index.html, `/cart` is cart.html."""
        return "index.html" if self.path == "/" else f"{self.path.strip('/')}.html"


PAGES: tuple[Page, ...] = (
    Page("/", "home.html", {}),
    Page("/products", "products.html", {}),
    *(Page(f"/products/{product.slug}", "product.html", {"product": product}) for product in CATALOGUE),
    Page("/cart", "cart.html", {}),
    Page("/checkout", "checkout.html", {}),
    Page("/thanks", "thanks.html", {}),
    Page("/account", "account.html", {}),
    Page("/playground", "playground.html", {}),
    Page("/received", "received.html", {}),
    Page("/plain", "plain.html", {}),
)
# What any other address shows.
NOT_FOUND = Page("/404", "not_found.html", {})


@dataclass(frozen=True)
class Assets:
    """Files by name, served together below an address that changes with any byte of them."""

    base: str
    files: Mapping[str, bytes]

    @staticmethod
    def read(folder: Path, patterns: tuple[str, ...] = SERVED) -> Assets:
        """The files of `folder` that the patterns name, and its looks as `demo.css`."""
        paths = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        parts = (folder / LOOKS / f"{part}.css" for part in PARTS)
        files["demo.css"] = b"\n".join(part.read_bytes() for part in parts if part.is_file())
        digest = hashlib.sha256()
        for name, content in files.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return Assets(f"/static/{digest.hexdigest()[:16]}/", files)

    def url(self, name: str) -> str:
        """The address of the file of that name; raises KeyError if there is none."""
        return self.base + name if name in self.files else _missing(name)

    def integrity(self, name: str) -> str:
        """The file's `integrity` value."""
        return sri(self.files[name])


def sri(content: bytes) -> str:
    """The `integrity` value of a file's content."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def _missing(name: str) -> str:
    raise KeyError(f"no file {name!r} among those that the demo serves")


@dataclass(frozen=True)
class Site:
    """The demo's pages for one App ID, or for none: then `app_id` is None and the server that serves them plays Heap.

    `sdk` is the generation of Heap's script ("classic" or "latest"); `integrity` gives the `integrity` value of each
    file of dist/ by its name, from dist's manifest.
    """

    app_id: str | None
    sdk: str
    assets: Assets
    integrity: Mapping[str, str]

    @staticmethod
    def of(app_id: str | None = None, sdk: str = "classic", dist: Path = DIST) -> Site:
        """The site of this source tree; raises ConfigurationError for an App ID or SDK that Heap does not have."""
        Settings.of(app_id or PRETEND_APP_ID, sdk=sdk)
        return Site(app_id, sdk, Assets.read(STATIC), read_integrity(dist))

    def html(self, page: Page, nonce: str | None = None) -> str:
        """The page's HTML; its scripts carry the nonce, if there is one."""
        settings = Settings.of(self.app_id or PRETEND_APP_ID, sdk=self.sdk)
        return (
            templates()
            .get_template(page.template)
            .render(
                **page.given,
                page=page,
                nonce=nonce,
                shop=SHOP,
                currency=CURRENCY,
                catalogue=CATALOGUE,
                shelf={product.slug: product.properties() for product in CATALOGUE},
                app_id=settings.app_id,
                sdk=self.sdk,
                plays_heap=self.app_id is None,
                heap_snippet=Markup(self._snippet(settings, nonce)),
                asset=self.assets.url,
                asset_integrity=self.assets.integrity,
                dist_integrity=self.integrity.get,
            )
        )

    def documentation(self, doc: docs.Doc) -> str:
        """A page of the documentation."""
        return docs.html(doc, self.assets.url, self.assets.integrity)

    def nothing_in_the_documentation(self) -> str:
        """What an address below /docs/ shows where nothing is."""
        return docs.not_found(self.assets.url, self.assets.integrity)

    def _snippet(self, settings: Settings, nonce: str | None) -> str:
        """Heap's own snippet; where the server plays Heap, the same one with our address for Heap's script."""
        html = snippet.html(settings)
        if self.app_id is None:
            theirs = snippet.script_url(settings)
            html = html.replace(theirs, urlsplit(theirs).path)
        return html.replace("<script>", f'<script nonce="{nonce}">', 1) if nonce else html


@cache
def templates() -> Environment:
    """The templates, escaping by default, in which a name that is not given is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    environment.filters["money"] = lambda amount: f"€{amount:.2f}"
    return environment


def read_integrity(dist: Path) -> dict[str, str]:
    """The `integrity` value of each file of dist/, from its manifest; none if nothing is built."""
    manifest = dist / "manifest.json"
    if not manifest.is_file():
        return {}
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return {name: entry["integrity"] for name, entry in files.items()}


def render(out: Path, *, app_id: str | None = None, sdk: str = "classic", dist: Path = DIST) -> list[Path]:
    """Write the site below `out` as a static host would serve it, and say which files. dist/ is to be put beside it."""
    site = Site.of(app_id, sdk, dist)
    files = {page.file: site.html(page).encode() for page in PAGES}
    files["404.html"] = site.html(NOT_FOUND).encode()
    files |= {f"docs/{doc.file}": site.documentation(doc).encode() for doc in docs.DOCS}
    files["docs/404.html"] = site.nothing_in_the_documentation().encode()
    files["docs/search.json"] = search.index().encode()
    files |= {site.assets.url(name).lstrip("/"): content for name, content in site.assets.files.items()}
    for name, content in files.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return [out / name for name in files]
