"""What the build leaves in dist/."""

import base64
import gzip
import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import brotli
import pytest

import heap_web
from heap_web.dev.build import steps
from heap_web.dev.build.bundle import sweep
from heap_web.dev.build.compress import with_compressed
from heap_web.dev.build.manifest import manifest as build_manifest

COMPRESSED = (".br", ".gz")


@pytest.fixture(scope="module")
def manifest(dist: Path) -> dict[str, Any]:
    """dist/manifest.json."""
    return json.loads((dist / "manifest.json").read_text("utf-8"))


def test_the_manifest_names_each_built_file_with_its_sizes_and_hash(dist: Path, manifest: dict[str, Any]) -> None:
    """The manifest names each built file with its true sizes and sha384."""
    for name, listed in manifest["files"].items():
        content = (dist / name).read_bytes()
        assert listed["size"] == len(content)
        assert listed["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
        assert {kind: len((dist / f"{name}{suffix}").read_bytes()) for suffix, kind in pairs(listed)} == {
            kind: listed[kind] for _, kind in pairs(listed)
        }


def pairs(listed: dict[str, Any]) -> list[tuple[str, str]]:
    """Suffix and name of the encodings that a file has."""
    return [(suffix, kind) for suffix, kind in ((".br", "br"), (".gz", "gzip")) if kind in listed]


def test_compressed_copies_hold_the_same_bytes(dist: Path, manifest: dict[str, Any]) -> None:
    """Each compressed copy gives back the bytes of the file beside it."""
    copied = [dist / name for name, listed in manifest["files"].items() if "br" in listed]
    assert len(copied) >= 7
    for path in copied:
        content = path.read_bytes()
        assert brotli.decompress(path.with_name(path.name + ".br").read_bytes()) == content
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == content


def test_the_sites_folder_holds_what_a_site_serves_and_nothing_else(dist: Path, manifest: dict[str, Any]) -> None:
    """dist/site/ holds what pages load with its compressed copies, and the licences; each is the file of dist/."""
    site = dist / "site"
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    plain = {name for name in found if not name.endswith(COMPRESSED)}
    runtime = {f"{manifest['runtime']}{path.name}" for path in (dist / manifest["runtime"]).iterdir()}
    served = {"heap-web.js", "heap-web.mjs", "heap-web.d.ts", "inspector.js", "manifest.json"}
    assert plain == served | {"THIRD-PARTY.txt"} | {name for name in runtime if not name.endswith(COMPRESSED)}
    alone = {"THIRD-PARTY.txt", "manifest.json"}
    assert found - plain == {name + suffix for name in plain - alone for suffix in COMPRESSED}
    assert all((site / name).read_bytes() == (dist / name).read_bytes() for name in found)


def test_copies_that_are_not_made_yet_can_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without compressing, the copies that were made before are there, and no others."""
    monkeypatch.setattr(steps, "CACHE", tmp_path)
    old, new = {"old.js": b"old" * 9}, {"new.js": b"new" * 9}
    with_compressed(old)
    assert set(with_compressed(old | new, make=False)) == {"old.js", "old.js.br", "old.js.gz", "new.js"}


def test_a_manifest_without_copies_has_no_sizes_of_them() -> None:
    """Where the copies of a file that pages load are missing, no sum over copies is given."""
    files = {"heap-web.js": b"1", "heap-web.js.br": b"2", "heap-web.js.gz": b"3", "runtime/1/worker.js": b"45"}
    assert json.loads(build_manifest("1.0", "runtime/1/", files))["cold"] == {"size": 3}


def test_dist_holds_one_runtime_and_one_wheel(dist: Path, manifest: dict[str, Any]) -> None:
    """dist/ holds one runtime, the one that the manifest and both loaders name, and one wheel of the same version."""
    (runtime,) = [path.name for path in (dist / "runtime").iterdir()]
    assert manifest["runtime"] == f"runtime/{runtime}/"
    assert all(manifest["runtime"] in (dist / loader).read_text("utf-8") for loader in ("heap-web.js", "heap-web.mjs"))
    (wheel,) = dist.glob("*.whl")
    assert wheel.name == f"heap_web_pages-{manifest['version']}-py3-none-any.whl"
    assert heap_web.__version__ == manifest["version"]


def test_the_script_asks_for_eager_compilation(dist: Path) -> None:
    """The classic script begins with the comment by which Chromium compiles it whole beside the page."""
    script = (dist / "heap-web.js").read_text("utf-8")
    assert script.startswith("//# allFunctionsCalledOnLoad\n(()=>{")


@pytest.mark.parametrize(("what", "most"), [("heap-web.js", 17_300), ("cold", 1_200_000)])
def test_the_wire_is_within_its_budget(manifest: dict[str, Any], what: str, most: int) -> None:
    """The script and the whole first visit stay within their budgets, in bytes of brotli."""
    assert (manifest["cold"] if what == "cold" else manifest["files"][what])["br"] <= most


def test_the_notices_name_what_is_shipped_of_others_and_its_licences(dist: Path) -> None:
    """The notices name Pyodide and CPython with their versions, licences and sources, and that Pyodide is not whole."""
    notices = (dist / "THIRD-PARTY.txt").read_text("utf-8")
    assert "Mozilla Public License 2.0" in notices
    assert "Python Software Foundation License" in notices
    assert re.search(r"^Pyodide \d+\.\d+\.\d+ .*\n  Parts that are not used here are left out, ", notices, re.M)
    assert re.search(r"^CPython 3\.\d+\.\d+ ", notices, re.M)


def test_the_wheel_holds_the_product_alone(dist: Path) -> None:
    """The wheel holds the package, and neither build code nor tests."""
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        metadata = wheel.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    assert {"heap_web/__init__.py", "heap_web/runtime.py"} <= set(names)
    assert not [name for name in names if name.startswith(("heap_web/dev", "tests"))]
    required = re.findall(r"^Requires-Dist: (.*)$", metadata, re.M)
    assert not [line for line in required if "extra ==" not in line]


def test_what_is_not_built_any_more_goes(tmp_path: Path) -> None:
    """Files of an earlier build go, and folders that are empty then; those of the build and of others stay."""
    names = ["a.whl", "b.whl", "runtime/1/x", "runtime/2/x", "npm/runtime/1/x", "npm/LICENSE", "faults.json"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    sweep({"b.whl", "runtime/2/x", "npm/LICENSE"}, tmp_path)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["b.whl", "faults.json", "npm", "npm/LICENSE", "runtime", "runtime/2", "runtime/2/x"]
