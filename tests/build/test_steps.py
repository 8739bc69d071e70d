"""Build steps: what fails says so, and what has been made is not made again."""

import errno
import re
import sys
import threading
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


def test_a_step_says_when_it_starts_and_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    """A step prints a line when it starts, and one with its seconds when it has ended."""
    steps.run("baking", [sys.executable, "-c", ""])
    assert re.fullmatch(r"· baking\n✓ baking: \d+\.\d s\n", capsys.readouterr().out)


def test_linking_gives_files_a_second_name(tmp_path: Path) -> None:
    """Linked files are the same files under another folder, also after the first ones were replaced."""
    for content in (b"1", b"2", b"2"):
        steps.sync({"a/x": content}, tmp_path)
        steps.link(["a/x"], tmp_path, tmp_path / "site")
        assert (tmp_path / "site" / "a" / "x").read_bytes() == content
        assert (tmp_path / "site" / "a" / "x").samefile(tmp_path / "a" / "x")


def test_linking_copies_where_a_file_can_have_one_name_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On file systems without hard links the files are copied."""

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for content in (b"1", b"2"):
        steps.sync({"x": content}, tmp_path)
        steps.link(["x"], tmp_path, tmp_path / "site")
        assert (tmp_path / "site" / "x").read_bytes() == content


class Machine:
    """A machine without browsers: who uses it, which programs it has, and what is run there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[list[str]] = []
        self.programs = {"apt-get", "sudo"}
        self.user = 1000
        self._patch = monkeypatch
        monkeypatch.setattr(toolchain.shutil, "which", lambda name: name if name in self.programs else None)
        monkeypatch.setattr(toolchain.os, "geteuid", lambda: self.user)
        monkeypatch.setattr(toolchain, "run", lambda _, command, **__: self.ran.append(command))
        monkeypatch.delenv("CI", raising=False)

    def in_ci(self) -> None:
        """Makes it one of a CI service."""
        self._patch.setenv("CI", "true")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Such a machine, for the length of the test."""
    return Machine(monkeypatch)


def need_packages(*, install: bool) -> None:
    """What `build.py test` does first."""
    with toolchain.system_packages("test", install=install):
        pass


def test_missing_programs_are_named_and_not_installed_unasked(machine: Machine) -> None:
    """Missing programs are named with what they are for and the one command that installs them; nothing is run."""
    with pytest.raises(steps.StepFailed) as failure:
        need_packages(install=False)
    said = str(failure.value)
    assert machine.ran == []
    assert all(f"{package.name}: {package.purpose}" in said for package in toolchain.SYSTEM_PACKAGES)
    assert "python3 build.py test --install" in said
    assert "sudo apt-get install --yes --no-install-recommends chromium" in said


@pytest.mark.parametrize("why", ["flag", "ci", "root"])
def test_missing_programs_are_installed_by_request_in_ci_and_for_root(why: str, machine: Machine) -> None:
    """The flag, CI=true in the environment, or being root has them installed; a password is asked for with the flag."""
    machine.user = 0 if why == "root" else 1000
    if why == "ci":
        machine.in_ci()
    need_packages(install=why == "flag")
    names = [package.name for package in toolchain.SYSTEM_PACKAGES]
    prefix = {"flag": ["sudo"], "ci": ["sudo", "--non-interactive"], "root": []}[why]
    assert machine.ran == [
        [*prefix, "apt-get", "update"],
        [*prefix, "apt-get", "install", "--yes", "--no-install-recommends", *names],
    ]


@pytest.mark.parametrize(
    ("without", "words"), [("sudo", "Only root can install them"), ("apt-get", "There is no apt-get here")]
)
def test_where_nothing_can_be_installed_that_is_said(without: str, words: str, machine: Machine) -> None:
    """Without sudo, or without apt-get, what is missing is named with the reason."""
    machine.programs.discard(without)
    with pytest.raises(steps.StepFailed, match=rf"(?s)firefox-esr: browser tests.*{words}"):
        need_packages(install=True)
    assert machine.ran == []


def test_a_machine_that_has_everything_is_left_alone(machine: Machine) -> None:
    """Nothing is run or asked for where no program is missing."""
    machine.programs |= {package.program for package in toolchain.SYSTEM_PACKAGES}
    need_packages(install=True)
    assert machine.ran == []


def test_programs_are_installed_beside_the_build(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build runs while programs are installed; an installation that fails fails the command."""
    building = threading.Event()

    def run(what: str, *_: object, **__: object) -> None:
        if what.startswith("installing"):
            assert building.wait(30)
            raise steps.StepFailed("the mirror is gone")

    monkeypatch.setattr(toolchain, "run", run)
    with pytest.raises(steps.StepFailed, match="the mirror is gone"), toolchain.system_packages("test", install=True):
        building.set()


def test_no_file_of_the_toolchain_names_a_registry() -> None:
    """The npm lock file names no host, so that any registry serves it."""
    lock = (steps.STATIC / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert "registry" not in lock
