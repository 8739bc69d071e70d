"""Build steps: what fails says so, and what has been made is not made again."""

import sys
from pathlib import Path

import pytest

from heap_web.dev.build import steps, toolchain


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setattr(steps, "CACHE", tmp_path)
    return tmp_path


def test_a_command_that_fails_names_the_step_the_reason_and_the_remedy() -> None:
    """A command that fails names the step, its own last words, and what to do."""
    with pytest.raises(steps.StepFailed, match=r"(?s)baking: failed with status 3\..*no flour.*Buy some\."):
        steps.run("baking", [sys.executable, "-c", "print('no flour'); raise SystemExit(3)"], advice="Buy some.")


def test_a_program_that_is_not_there_names_the_step_and_the_program() -> None:
    """A program that is not there names the step and the program."""
    with pytest.raises(steps.StepFailed, match="baking: no-such-oven cannot be started"):
        steps.run("baking", ["no-such-oven"])


def test_a_step_is_done_once_for_a_key(cache: Path) -> None:
    """A step is done once for each key."""
    made: list[str] = []
    for key in ("a", "b", "a"):
        folder = steps.cached("bread", key, lambda out, key=key: made.append(key) or (out / "loaf").write_text(key))
        assert (folder / "loaf").read_text("utf-8") == key
    assert made == ["a", "b"]


def test_a_step_that_fails_leaves_nothing_that_looks_done(cache: Path) -> None:
    """A step that fails leaves nothing behind that a later run would take for its result."""

    def fail(out: Path) -> None:
        (out / "half").write_text("half", "utf-8")
        raise steps.StepFailed("no flour")

    with pytest.raises(steps.StepFailed):
        steps.cached("bread", "a", fail)
    assert not (cache / "bread" / "a").exists()


def test_only_the_results_used_last_are_kept(cache: Path) -> None:
    """Of each step only the results used last are kept."""
    for key in "abcd":
        steps.cached("bread", key, lambda out: None, keep=2)
    assert sorted(path.name for path in (cache / "bread").iterdir()) == ["c", "d"]


def test_a_fingerprint_depends_on_names_bytes_and_words(tmp_path: Path) -> None:
    """A fingerprint differs with a file's name, its bytes, and the words given."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"x")
    second.write_bytes(b"x")
    seen = {
        steps.fingerprint([first]),
        steps.fingerprint([second]),
        steps.fingerprint([first, second]),
        steps.fingerprint([first], flag=1),
    }
    first.write_bytes(b"y")
    assert len(seen | {steps.fingerprint([first])}) == 5


def test_syncing_writes_what_differs_and_leaves_the_rest(tmp_path: Path) -> None:
    """Syncing writes files that differ, touches none that do not, and leaves files of other names alone."""
    steps.sync({"a/x": b"1", "y": b"2"}, tmp_path)
    (tmp_path / "other").write_bytes(b"3")
    before = (tmp_path / "y").stat().st_mtime_ns
    steps.sync({"a/x": b"4", "y": b"2"}, tmp_path)
    assert (tmp_path / "a" / "x").read_bytes() == b"4"
    assert (tmp_path / "y").stat().st_mtime_ns == before
    assert (tmp_path / "other").read_bytes() == b"3"


def test_missing_browsers_that_cannot_be_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are missing, and that this user may not install, are named with what they are for."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(steps.StepFailed, match=r"(?s)chromium: browser tests.*firefox-esr: .*apt-get install"):
        toolchain.system_packages()


def test_no_file_of_the_toolchain_names_a_registry() -> None:
    """The npm lock file names no host, so that any registry serves it."""
    lock = (steps.STATIC / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert "registry" not in lock
