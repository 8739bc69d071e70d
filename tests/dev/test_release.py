"""What a release must fulfil before it is published."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from heap_web.dev.build.npm_package import npm_version
from heap_web.dev.build.steps import ROOT
from heap_web.dev.check import release
from heap_web.dev.check.release import NotReady, Release

URL = "https://example.com/ann/heap"
URLS = {"Homepage": URL, "Repository": URL, "Issues": f"{URL}/issues", "Changelog": f"{URL}/changes"}
PROJECT: dict[str, Any] = {
    "version": "1.0.0rc1",
    "authors": [{"name": "Ann"}],
    "keywords": ["heap"],
    "description": "Heap",
    "license": "MIT",
    "urls": URLS,
}
CHANGELOG = "# Changelog\n\n## 1.0.0rc1 (2026-11-30)\n\nNew.\n\n## 0.1.0 (2026-11-21)\n"


def of(changelog: str = CHANGELOG, tag: str | None = "v1.0.0rc1", **changed: Any) -> Release:
    """A release that is ready but for what is changed."""
    return Release({**PROJECT, **changed}, changelog, tag)


@pytest.mark.parametrize(
    ("python", "npm"),
    [("1.0.0", "1.0.0"), ("1.0.0rc1", "1.0.0-rc.1"), ("1.2.3a4", "1.2.3-alpha.4"), ("0.1.0b12", "0.1.0-beta.12")],
)
def test_npm_has_the_version_in_its_own_spelling(python: str, npm: str) -> None:
    """npm writes stages before a release with a hyphen and dots."""
    assert npm_version(python) == npm


@pytest.mark.parametrize(("version", "tag"), [("1.0.0", "latest"), ("1.0.0rc1", "next"), ("1.1.0.dev3", "next")])
def test_a_version_before_a_release_is_not_what_npm_installs(version: str, tag: str) -> None:
    """Only a final version gets the name that `npm install` takes."""
    assert release.npm_tag(version) == tag


def test_a_release_that_is_ready_passes() -> None:
    """Version, tag, changelog and metadata that fit each other are ready."""
    assert release.check_version(of()) == "1.0.0rc1 on PyPI, 1.0.0-rc.1 on npm"
    assert release.check_version(of(tag=None))
    assert release.check_changelog(of()) == "1.0.0rc1 (2026-11-30)"
    assert release.check_metadata(of(), {}) == f"of {URL}"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": "one"}, "'one' is no version"),
        ({"version": "1.0.0-rc.1"}, "write the version 1.0.0-rc.1 as 1.0.0rc1"),
        ({"tag": "v1.0.0"}, "the tag v1.0.0 is not that of version 1.0.0rc1: v1.0.0rc1"),
        ({"tag": "1.0.0rc1"}, "the tag 1.0.0rc1 is not that"),
    ],
)
def test_a_wrong_version_or_tag_is_named(changed: dict[str, Any], words: str) -> None:
    """A version that PyPI would write otherwise, or another version's tag, is said with the right one."""
    with pytest.raises(NotReady, match=words):
        release.check_version(of(**changed))


@pytest.mark.parametrize(
    "changelog",
    [
        "",
        "# Changelog\n\n## 0.1.0 (2026-11-21)\n",
        "## 1.0.0rc1\n",
        "## 1.0.0rc1 (soon)\n",
        "## 1.0.0rc1x (2026-11-30)",
    ],
)
def test_a_changelog_that_does_not_begin_with_the_version_and_its_date_is_not_ready(changelog: str) -> None:
    """The newest entry must be the version's own, dated."""
    with pytest.raises(NotReady, match="begins with"):
        release.check_changelog(of(changelog))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"authors": []}, "has no authors"),
        ({"keywords": []}, "has no keywords"),
        ({"urls": {}}, "has no urls.Homepage, urls.Repository, urls.Issues, urls.Changelog"),
    ],
)
def test_missing_metadata_is_named(changed: dict[str, Any], words: str) -> None:
    """Each missing field is named."""
    with pytest.raises(NotReady, match=words):
        release.check_metadata(of(**changed), {})


@pytest.mark.parametrize(("repository", "ready"), [("Ann/heap", True), ("bob/heap", False)])
def test_the_repository_named_must_be_the_one_that_publishes(repository: str, ready: bool) -> None:
    """The workflow must run in the repository that pyproject.toml names: only that one gets provenance."""
    environment = {"GITHUB_SERVER_URL": "https://example.com", "GITHUB_REPOSITORY": repository}
    if ready:
        release.check_metadata(of(), environment)
    else:
        with pytest.raises(NotReady, match=f"names the repository {URL}, and this is https://example.com/bob/heap"):
            release.check_metadata(of(), environment)


def test_a_file_without_its_compressed_copies_is_named() -> None:
    """What pages load must be there compressed."""
    release.check_compressed({"heap-web.js.br"}, {"heap-web.js": {}, "x.whl": {}})
    with pytest.raises(NotReady, match=r"no compressed copies of runtime/1/python\.bin"):
        release.check_compressed({"heap-web.js.br"}, {"heap-web.js": {}, "runtime/1/python.bin": {}})


def test_every_failure_is_printed_and_the_status_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    """One failed check stops no other; only a release without one tells the workflow what to publish it as."""
    output = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = tmp_path / "changelog.md"
    changelog.write_text(f"## {version} (2026-11-30)\n", "utf-8")
    monkeypatch.setattr(release, "CHANGELOG", changelog)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    for name in ("check_tree", "check_python_packages", "check_npm_package"):
        monkeypatch.setattr(release, name, lambda _: "fine")
    manifest = b'{"files": {}}'
    assert release.check({"manifest.json": manifest}, "v9.9.9") == 1
    said = capsys.readouterr().out
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["FAILED", "version"],
        *(["ok", name] for name in ("changelog", "metadata", "tree", "site", "PyPI", "npm")),
    ]
    assert not output.exists()
    assert release.check({"manifest.json": manifest}, None) == 0
    assert output.read_text("utf-8") == f"npm-tag={release.npm_tag(version)}\n"
