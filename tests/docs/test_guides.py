"""The guides for frameworks of JavaScript: their files make a project that builds, runs and is counted by Heap."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from heap_web.dev.build.steps import run
from heap_web.dev.build.toolchain import esbuild, node, npm
from tests.browser.serving import Site
from tests.npm_packages import SEARCHED

from .blocks import files
from .conftest import Project

# What each guide leaves to the reader's own project.
INDEX = '<!doctype html><title>A page</title><div id="{root}"></div><script type="module" src="/{main}"></script>'
WITH_REACT = 'export default { esbuild: { jsx: "automatic" } };'
WITH_VUE = 'import vue from "@vitejs/plugin-vue"; export default { plugins: [vue()] };'
SERVER = """
import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import RootLayout from "./app/layout.jsx";
import { SignUp } from "./app/sign-up.jsx";
console.log("<!doctype html>" + renderToString(h(RootLayout, null, h(SignUp))));
"""
CLIENT = """
import { createElement as h } from "react";
import { hydrateRoot } from "react-dom/client";
import RootLayout from "./app/layout.jsx";
import { SignUp } from "./app/sign-up.jsx";
hydrateRoot(document, h(RootLayout, null, h(SignUp)), { onRecoverableError: (error) => console.error(error) });
"""
VITE, REACT, VUE, NEXT, JEST = files("vite"), files("react"), files("vue"), files("next"), files("jest")

# What is tested is the recipe; the other browsers run what it leads to in tests of their own.
pytestmark = pytest.mark.only_browser("chromium")

Recorded = Callable[[Page], list[Any]]


def tracked(page: Page, recorded: Recorded, *names: str) -> dict[str, Any]:
    """The properties of the events of these names, once all have come; each came once."""
    page.wait_for_function("names => names.every(name => recorder.told.some(call => call[1] === name))", arg=[*names])
    page.evaluate("async () => { await window[Symbol.for('heap-web')]?.flush(); }")
    events = [(call[1], call[2]) for call in recorded(page) if call[0] == "track"]
    assert sorted(name for name, _ in events) == sorted(names)
    return dict(events)


def vite_build(folder: Path, site: Site, *options: str, **env: str) -> None:
    """Builds a project with Vite, and serves what comes out."""
    vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
    run("building with Vite", [node(), str(vite), "build", "--logLevel=warn", *options], cwd=folder, **env)
    site.folders["/"] = folder / "dist"


def test_vite(project: Project, own_site: Site, page: Page, recorded: Recorded) -> None:
    """The guide's own build script builds with the plugin; the page that comes out, with the runtime, delivers."""
    folder = project(VITE)
    run("npm run build", [*npm(), "run", "build"], cwd=folder, PATH=SEARCHED)
    assert not own_site.asked
    own_site.folders = {"/": folder / "dist"}
    page.goto(f"{own_site.url}/index.html")
    page.get_by_role("button", name="Buy").click()
    told = tracked(page, recorded, "Page Ready", "Bought")
    assert told["Bought"] == {"cart.items": '[{"sku":"jello"}]', "cart.total": 4.5}


def test_react_in_strict_mode(project: Project, own_site: Site, page: Page, recorded: Recorded) -> None:
    """In React's development build, where StrictMode runs effects twice, an event of a mount is told once."""
    extra = {
        "index.html": INDEX.format(root="root", main="src/main.jsx"),
        "vite.config.js": WITH_REACT,
    }
    folder = project({**REACT, **extra})
    vite_build(folder, own_site, "--mode=development", NODE_ENV="development")
    page.goto(f"{own_site.url}/index.html")
    assert "StrictMode" in "".join(path.read_text("utf-8") for path in (folder / "dist" / "assets").glob("*.js"))
    page.get_by_role("button", name="Sign up").click()
    told = tracked(page, recorded, "Pricing Viewed", "Signed Up")
    assert told == {
        "Pricing Viewed": {"plans": '["free","pro"]'},
        "Signed Up": {"plan.name": "pro", "plan.seats": 3},
    }


def test_vue(project: Project, own_site: Site, page: Page, recorded: Recorded) -> None:
    """A Vue component's events are told, of its mount and of its button."""
    extra = {"index.html": INDEX.format(root="app", main="src/main.js"), "vite.config.js": WITH_VUE}
    vite_build(project({**VUE, **extra}), own_site)
    page.goto(f"{own_site.url}/index.html")
    page.get_by_role("button", name="Sign up").click()
    assert tracked(page, recorded, "Pricing Viewed", "Signed Up")["Signed Up"] == {"plan.name": "pro", "plan.seats": 3}


def test_next(project: Project, own_site: Site, page: Page, recorded: Recorded) -> None:
    """The components render under Node, where there is no window, and call once they are hydrated in the browser."""
    folder = project({**NEXT, "server.js": SERVER, "client.js": CLIENT, "package.json": '{"type": "module"}'})
    bundle = ["--bundle", "--jsx=automatic", "--format=esm", "--define:process.env.NODE_ENV='development'"]
    outside = ["--external:react", "--external:react-dom", "--external:heap-web"]
    made = folder / "made.mjs"
    esbuild("bundling for the server", [str(folder / "server.js"), *bundle, *outside, f"--outfile={made}"])
    rendered = subprocess.run([node(), str(made)], cwd=folder, capture_output=True, text=True, check=False)
    assert rendered.returncode == 0, rendered.stderr
    assert "<button>Sign up</button>" in rendered.stdout
    client = folder / "client.mjs"
    esbuild("bundling for the browser", [str(folder / "client.js"), *bundle, f"--outfile={client}"])
    own_site.script("/client.js", client.read_text("utf-8"))
    page.goto(own_site.page("/page", rendered.stdout))
    page.add_script_tag(url="/client.js", type="module")
    page.wait_for_function("() => recorder.told.some(([method]) => method === 'identify')")
    page.get_by_role("button", name="Sign up").click()
    assert tracked(page, recorded, "Signed Up")["Signed Up"] == {"plan.name": "pro"}


def test_jest(project: Project) -> None:
    """Jest runs the guide's tests, with a stand-in for the package and with the package itself."""
    folder = project({**JEST, "package.json": "{}"})
    jest = folder / "node_modules" / "jest" / "bin" / "jest.js"
    run("running Jest", [node(), str(jest), "--ci", "--rootDir", str(folder)], cwd=folder)
