"""The npm package: npm installs it; Node, TypeScript and browsers find what is in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import heap_web
from heap_web.dev.build.manifest import integrity
from heap_web.dev.build.npm_package import npm_version
from heap_web.dev.build.steps import ROOT
from heap_web.dev.build.toolchain import MODULES, esbuild, node, npm
from tests.browser.conftest import Watch
from tests.browser.serving import Answer, Site

PUBLIC = ("heap-web.mjs", "heap-web.js", "inspector.js", "manifest.json", "package.json")
SCRIPT = '<script src="/node_modules/heap-web/heap-web.js" data-app-id="11" data-inspector></script>'
MODULE = """<script type="module">
  import { load } from "/node_modules/heap-web/heap-web.mjs";
  window.analytics = load({ appId: "11", inspector: true });
</script>"""
# A bundler moves the script away from what lies beside it.
BUNDLE = '<script src="/assets/app.js"></script>'
APP = """import { load, runtime } from "heap-web";
const folder = `${location.origin}/node_modules/heap-web/`;
window.analytics = load({ appId: "11", inspector: true, runtime: folder + runtime });
"""
TYPED = """import { heapWeb, load, runtime, type Result, type Settings } from "heap-web";

const settings: Settings = { appId: "11", runtime };
const result: Promise<Result> = load(settings).track("Signed Up", { plan: "pro" });
const plugin: "destination" = heapWeb(settings).type;
window.analytics.identify("ann");
result.then(({ status }) => console.log(status, plugin));
"""


def run_npm(folder: Path, *arguments: str) -> str:
    """What npm prints; it asks no registry."""
    path = f"{Path(node()).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [*npm(), *arguments, "--offline", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    return done.stdout


def run_node(folder: Path, code: str) -> Any:
    """What code returns in a module of Node in a folder; through JSON."""
    program = f"const said = await (async () => {{ {code} }})(); console.log(JSON.stringify(said));"
    command = [node(), "--input-type=module", "--eval", program]
    return json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def project(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project into which the packed package has been installed."""
    folder = tmp_path_factory.mktemp("project")
    (packed,) = json.loads(run_npm(dist / "npm", "pack", "--json", "--pack-destination", str(folder)))
    (folder / "package.json").write_text('{"private": true}', "utf-8")
    run_npm(folder, "install", str(folder / packed["filename"]))
    return folder


@pytest.fixture(scope="module")
def installed(project: Path) -> Path:
    """The package's folder in it."""
    return project / "node_modules" / "heap-web"


def test_says_what_it_is(installed: Path) -> None:
    """Name, version, licence and description are pyproject's; it depends on nothing."""
    about = json.loads((installed / "package.json").read_text("utf-8"))
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for key in ("name", "license", "description", "keywords"):
        assert about[key] == ours[key]
    assert about["version"] == npm_version(ours["version"])
    assert not [key for key in about if key.lower().endswith("dependencies")]


def test_has_what_belongs_to_it(dist: Path, installed: Path) -> None:
    """Every file that is laid out is packed, and nothing compressed; licences, changelog and readme are there."""

    def files(folder: Path) -> set[str]:
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert files(installed) == files(dist / "npm")
    assert {"LICENSE", "THIRD-PARTY.txt", "README.md", "CHANGELOG.md"} <= files(installed)
    assert not [name for name in files(installed) if name.endswith((".br", ".gz", ".whl"))]
    assert f"## {heap_web.__version__} " in (installed / "CHANGELOG.md").read_text("utf-8")
    readme = (installed / "README.md").read_text("utf-8")
    assert "npm install heap-web" in readme
    assert not re.search(r"\{\{|\]\((?!https://)", readme)  # no template left, no link that only the site can follow


def test_the_manifest_holds(installed: Path) -> None:
    """Every file of the manifest is in the package, with the size and the sha384 named; every built one is named."""
    manifest = json.loads((installed / "manifest.json").read_text("utf-8"))
    for name, listed in manifest["files"].items():
        content = (installed / name).read_bytes()
        assert listed == {"size": len(content), "integrity": integrity(content)}
    below = {path.relative_to(installed).as_posix() for path in (installed / manifest["runtime"]).iterdir()}
    assert {"heap-web.js", "heap-web.mjs", "heap-web.d.ts", "inspector.js", *below} <= set(manifest["files"])
    assert len(below) >= 6


def test_node_finds_its_parts(project: Path, installed: Path) -> None:
    """Every public name leads to a file that is there, for import and for require; what is not public does not."""
    manifest = json.loads((installed / "manifest.json").read_text("utf-8"))
    paths = [*PUBLIC, manifest["runtime"] + "pyodide.asm.wasm"]
    names = ["heap-web" if path == "heap-web.mjs" else f"heap-web/{path}" for path in paths]
    required = [path if path != "heap-web.mjs" else "heap-web.cjs" for path in paths]
    found = run_node(
        project,
        f"""const {{ createRequire }} = await import("node:module");
        const require = createRequire(process.cwd() + "/");
        return {json.dumps(names)}.map((name) => [new URL(import.meta.resolve(name)).pathname, require.resolve(name)]);
        """,
    )
    pairs = zip(paths, required, strict=True)
    assert found == [[str((installed / path).resolve(strict=True)) for path in pair] for pair in pairs]
    refused = 'try { import.meta.resolve("heap-web/LICENSE") } catch (error) { return error.code }'
    assert run_node(project, refused) == "ERR_PACKAGE_PATH_NOT_EXPORTED"


def test_importing_needs_no_page(project: Path, installed: Path) -> None:
    """The module can be imported where there is no page, as frameworks do on a server; it names its runtime."""
    names, runtime = run_node(project, 'const all = await import("heap-web"); return [Object.keys(all), all.runtime];')
    assert names == ["heapWeb", "load", "runtime"]
    assert (installed / runtime / "pyodide.asm.wasm").is_file()


IMPORTED = 'const { heapWeb, load, runtime } = await import("heap-web");'
REQUIRED = """const { createRequire } = await import("node:module");
const { heapWeb, load, runtime } = createRequire(process.cwd() + "/")("heap-web");"""


@pytest.mark.parametrize("have", [IMPORTED, REQUIRED], ids=["import", "require"])
def test_without_a_page_loading_does_nothing_and_says_so_once(have: str, project: Path) -> None:
    """On a server that renders a page every call is there, settles at once as dropped, and one line says why."""
    said = run_node(
        project,
        have
        + """
        const lines = [];
        console.log = console.warn = console.error = (line) => lines.push(line);
        const analytics = load({ appId: "11" });
        const listener = () => lines.push("told");
        const again = load({ appId: "11" }).load("11").on("ready", listener).once("ready", listener).off("a").debug();
        again.consent(true);
        const calls = ["identify", "track", "page", "group", "alias", "reset", "setAnonymousId"];
        const results = await Promise.all(calls.map((method) => analytics[method]("x", {}, listener)));
        await analytics.flush();
        const { heap, waiting } = await analytics.ready(listener);
        const user = analytics.user();
        console.log = (line) => process.stdout.write(line + "\\n");
        return {
          same: again === analytics,
          results: [...new Set(results.map((result) => JSON.stringify(result)))],
          state: [heap, waiting, analytics.state.runtime],
          user: [user.id(), user.traits(), user.anonymousId()],
          plugin: heapWeb({ appId: "11" }).name,
          runtime: runtime.startsWith("runtime/"),
          version: analytics.VERSION,
          lines,
        };
        """,
    )
    (line,) = said.pop("lines")
    assert line.startswith("[heap-web] load() does nothing here, for there is no page")
    assert said.pop("version") == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert said == {
        "same": True,
        "results": ['{"status":"dropped","commands":[],"reason":"no page"}'],
        "state": ["idle", 0, "idle"],
        "user": [None, {}, ""],
        "plugin": "Heap",
        "runtime": True,
    }


@pytest.mark.parametrize("name", ["heap-web.mjs", "heap-web.cjs"])
def test_bundlers_leave_what_is_imported_by_its_address_alone(name: str, installed: Path) -> None:
    """What the module imports by an address of the page is marked for webpack and Vite, which would look for a file."""
    text = (installed / name).read_text("utf-8")
    imports = [found for found in re.findall(r"(?<![.\w])import\(([^)]*)", text) if not found.startswith('"')]
    assert len(imports) >= 2
    assert [re.findall(r"webpackIgnore: true|@vite-ignore", found) for found in imports] == [
        ["webpackIgnore: true", "@vite-ignore"]
    ] * len(imports)


def command_line(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the package's command does in a project."""
    command = [node(), str(project / "node_modules" / ".bin" / "heap-web"), *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_the_command_copies_what_a_site_serves_and_nothing_of_another_version_stays(
    project: Path, installed: Path
) -> None:
    """`heap-web copy` puts script, module, inspector, runtime, manifest and licences into a site's folder."""
    public = project / "public"
    stale = public / "heap-web" / "runtime" / "0000"
    stale.mkdir(parents=True)
    (stale / "worker.js").touch()
    (public / "mine.txt").touch()
    done = command_line(project, "copy", "public")
    assert done.returncode == 0, done.stderr
    found = {path.relative_to(public).as_posix() for path in public.rglob("*") if path.is_file()}
    manifest = json.loads((installed / "manifest.json").read_text("utf-8"))
    names = {name for name in manifest["files"] if not name.endswith(".d.ts")}
    names |= {"manifest.json", "LICENSE", "THIRD-PARTY.txt"}
    assert found == {"mine.txt", *(f"heap-web/{name}" for name in names)}
    assert all((public / "heap-web" / name).read_bytes() == (installed / name).read_bytes() for name in names)
    assert f"heap-web {manifest['version']} is in" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Usage:"),
        (("copy",), "Usage:"),
        (("copy", "a", "b"), "Usage:"),
        (("copy", "nowhere"), "nowhere is no folder"),
    ],
)
def test_the_command_says_what_it_takes(arguments: tuple[str, ...], words: str, project: Path) -> None:
    """A wrong command line is answered with what is wrong or with the usage, and changes nothing."""
    done = command_line(project, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_the_command_tells_its_version_and_usage(project: Path) -> None:
    """The version is that of script and runtime, as `analytics.VERSION` has it."""
    assert command_line(project, "--version").stdout == f"{heap_web.__version__}\n"
    assert "heap-web copy <folder>" in command_line(project, "--help").stdout


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        ("mts", ["--module", "esnext", "--moduleResolution", "bundler"]),
        ("mts", ["--module", "nodenext"]),
        ("mts", ["--module", "node16"]),
        ("cts", ["--module", "node16"]),
    ],
)
def test_types(project: Path, kind: str, flags: list[str]) -> None:
    """TypeScript finds the types, as bundlers and as Node resolve names, in modules of both kinds, and knows what is
    wrong.
    """
    (project / f"right.{kind}").write_text(TYPED, "utf-8")
    (project / f"wrong.{kind}").write_text(TYPED.replace("appId", "appID"), "utf-8")
    tsc = [node(), str(MODULES / "typescript" / "bin" / "tsc"), "--noEmit", "--strict", "--target", "es2022"]
    command = [*tsc, "--lib", "es2022,dom", *flags, f"right.{kind}", f"wrong.{kind}"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    (said,) = [line for line in done.stdout.splitlines() if "error" in line]
    assert re.match(rf"wrong\.{kind}.*'appID' does not exist in type 'Settings'", said)


@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize("markup", [SCRIPT, MODULE, BUNDLE], ids=["script", "module", "bundle"])
def test_a_page_delivers(
    markup: str, project: Path, site: Site, page: Page, recorded: Callable[[Page], list[Any]]
) -> None:
    """A page with the installed script, module, or a bundle of the module tells Heap; its inspector opens too."""
    site.folders |= {"/node_modules/": project / "node_modules", "/assets/": project / "assets"}
    if markup == BUNDLE:
        entry = project / "app.js"
        entry.write_text(APP, "utf-8")
        flags = ["--bundle", "--minify", "--format=iife", "--log-override:empty-import-meta=silent"]
        esbuild("bundling an app", [str(entry), *flags, f"--outfile={project / 'assets' / 'app.js'}"])
    page.goto(site.page("/page", f"<!doctype html><title>A page</title><body>{markup}"))
    page.wait_for_function("() => window.analytics")
    result = page.evaluate("() => analytics.track('Signed Up', { cart: { total: 4.5 } })")
    assert result["status"] == "delivered"
    assert ["track", "Signed Up", {"cart.total": 4.5}] in recorded(page)
    expect(page.locator("#heap-web-inspector").get_by_role("button", name="heap-web")).to_be_visible()


@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, "put the folder runtime of heap-web {version} beside heap-web.js"),
        (
            '{"version": "0.0.9", "runtime": "runtime/0000/"}',
            "the files there are of heap-web 0.0.9, this script is of",
        ),
    ],
    ids=["forgotten", "of another version"],
)
def test_a_runtime_that_is_not_there_is_named_with_what_to_do(
    manifest: str | None, words: str, *, installed: Path, site: Site, page: Page, watch: Watch
) -> None:
    """A page whose runtime's folder was forgotten, or is of another version, says which URL is missing and why."""
    watch.expect("heap-web|Failed to load resource")
    site.script("/lone/heap-web.js", (installed / "heap-web.js").read_text("utf-8"))
    if manifest:
        site.pages["/lone/manifest.json"] = Answer(manifest, "application/json")
    script = '<script src="/lone/heap-web.js" data-app-id="11"></script>'
    listen = "<script>said = []; analytics.on('error', ({ message }) => said.push(message))</script>"
    page.goto(site.page("/page", f"<!doctype html>{script}{listen}"))
    built = json.loads((installed / "manifest.json").read_text("utf-8"))
    url = f"{site.url}/lone/{built['runtime']}worker.js was not found (404): "
    line = page.wait_for_function("url => said.find(line => line.startsWith(url))", arg=url).json_value()
    assert words.format(version=built["version"]) in line
    assert "npx heap-web copy" in line
    site.pages.pop("/lone/manifest.json", None)
