"""What the documentation tells the readers of each host to do, taken from its pages: the tests run that."""

from __future__ import annotations

from tests.browser.serving import Site
from tests.docs.blocks import BLOCKS, files, one

#: The readers' own site, as the documentation writes it.
ADDRESS = "https://your.site"

JUPYTERLITE = one("python", "jupyterlite")
MARIMO_NOTEBOOKS = files("marimo")
MARIMO_EXPORT = one("sh", "marimo-export").split()
MARIMO_PYODIDE = one("html", "marimo-pyodide").strip()
STLITE = one("html", "stlite")
[SCRIPT] = [each.code for each in BLOCKS if (each.page, each.language, each.runs) == ("workers", "html", "page")]


def recipes_site(site: Site) -> Site:
    """The site, with what is built where the recipes have it."""
    site.folders["/heap-web/"] = site.dist
    return site
