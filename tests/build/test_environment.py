"""The project's environment: each command gets what it uses, once."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from heap_web.dev.build import environment
from heap_web.dev.build.steps import ROOT, StepFailed

PYPROJECT = """
[project]
name = "heap-web"
version = "1.2.3"
optional-dependencies = { cloud = ["httpx"], audiences = ["heap-web[cloud]", "ibis"] }
[dependency-groups]
serve = ["jinja2"]
release = ["twine"]
bench = [{ include-group = "serve" }, "heap-web[audiences]"]
test = [{ include-group = "bench" }, "pytest"]
"""


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that set a project in an empty folder up; none is run, but that `venv` leaves an interpreter."""
    ran: list[list[str]] = []

    def run(_: str, command: list[str], *, advice: str = "", **env: str) -> str:
        ran.append(command[1:])
        if "venv" in command:
            python = environment.venv_python(tmp_path / ".venv")
            python.parent.mkdir(parents=True, exist_ok=True)
            python.unlink(missing_ok=True)
            python.symlink_to(sys.executable)
        return ""

    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    monkeypatch.setattr(environment, "run", run)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(environment.venv_python, "__defaults__", (tmp_path / ".venv",))
    return ran


def packages(ran: list[list[str]]) -> list[list[str]]:
    """What each run of pip installed, but the project itself."""
    lists = [command[command.index("--quiet") + 1 :] for command in ran if "install" in command]
    return [listed for listed in lists if "--editable" not in listed]


def test_a_group_is_what_it_includes_and_the_extras_that_it_names() -> None:
    """Groups within a group, and the project's own extras, are written out."""
    wanted = environment.requirements("test", tomllib.loads(PYPROJECT))
    assert wanted == {"jinja2", "httpx", "ibis", "pytest"}


@pytest.mark.parametrize("command", ["serve", "bundle"])
def test_serve_and_bundle_need_nothing_of_tests_and_benches(command: str) -> None:
    """What `serve` and `bundle` install is little, and none of it is for testing or measuring."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = environment.requirements(environment.GROUPS[command], pyproject)
    names = {requirement.split(">")[0].split("=")[0] for requirement in needed}
    shown = {"jinja2", "markdown-it-py", "pygments", "starlette", "uvicorn"}
    assert names <= {*shown, "brotli", "hatchling", "httpx", "sqlalchemy", "rich"}


def test_a_command_installs_what_it_uses_and_the_next_what_is_lacking(commands: list[list[str]]) -> None:
    """The environment is made once; a command that needs no more than is there runs nothing."""
    environment.set_up("serve")
    assert packages(commands) == [["jinja2"]]
    assert [command[:2] for command in commands] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"]]
    environment.set_up("test")
    assert packages(commands)[1:] == [["httpx", "ibis", "jinja2", "pytest"]]
    before = len(commands)
    for command in ("serve", "bundle", "test", "bench"):
        environment.set_up(command)
    assert len(commands) == before


def test_a_changed_requirement_is_installed_and_a_changed_back_one_again(
    commands: list[list[str]], tmp_path: Path
) -> None:
    """What was installed in between is not taken for what is asked for now."""
    for wanted in ("jinja2", "jinja2<3", "jinja2"):
        (tmp_path / "pyproject.toml").write_text(PYPROJECT.replace('["jinja2"]', f'["{wanted}"]'), "utf-8")
        environment.set_up("serve")
    assert packages(commands) == [["jinja2"], ["jinja2<3"], ["jinja2"]]


def test_the_environment_is_made_anew_for_another_python(commands: list[list[str]], tmp_path: Path) -> None:
    """Where the interpreter that .venv stands for has become another one, everything is installed again."""
    environment.set_up("test")
    other = tmp_path / "python3.99"
    other.touch()
    python = environment.venv_python(tmp_path / ".venv")
    python.unlink()
    python.symlink_to(other)
    environment.set_up("serve")
    assert packages(commands)[1:] == [["jinja2"]]
    assert [command for command in commands if "venv" in command] == [["-m", "venv", str(tmp_path / ".venv")]] * 2


@pytest.mark.parametrize("note", ["", "{", "[]"])
def test_a_note_that_says_nothing_is_no_note(note: str, commands: list[list[str]], tmp_path: Path) -> None:
    """A missing, broken or empty note of what is installed leads to an installation."""
    environment.set_up("serve")
    (tmp_path / ".venv" / "stamp.json").write_text(note, "utf-8")
    environment.set_up("serve")
    assert packages(commands) == [["jinja2"], ["jinja2"]]
    assert "jinja2" in json.loads((tmp_path / ".venv" / "stamp.json").read_text("utf-8"))


WITH_UV = PYPROJECT.replace('"pytest"]', '"pytest", "uv>=0.9"]')


def by_uv(ran: list[list[str]]) -> list[list[str]]:
    """What uv was told to install."""
    return [command[command.index("--quiet") + 1 :] for command in ran if "uv" in command[:2]]


def test_where_uv_is_among_the_packages_it_installs_them(commands: list[list[str]], tmp_path: Path) -> None:
    """pip installs uv and nothing else, and uv the rest; a command that does not use uv is left to pip."""
    (tmp_path / "pyproject.toml").write_text(WITH_UV, "utf-8")
    environment.set_up("serve")
    assert (packages(commands), by_uv(commands)) == ([["jinja2"]], [])
    environment.set_up("test")
    everything = ["httpx", "ibis", "jinja2", "pytest", "uv>=0.9"]
    assert (packages(commands)[1:], by_uv(commands)) == ([["uv>=0.9"], everything], [everything])


@pytest.mark.parametrize("program", ["uv>=0.9", "uv"], ids=["pip has no uv", "uv fails"])
def test_what_uv_cannot_install_pip_does(
    program: str, commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where uv cannot be had, or fails, pip installs all packages as if there were no uv."""
    (tmp_path / "pyproject.toml").write_text(WITH_UV, "utf-8")
    run: Callable[..., str] = environment.run

    def failing(what: str, command: list[str], **rest: str) -> str:
        # Of the one command uv is what is installed, of the other one what installs.
        if (command[-1:] == [program] and "jinja2" not in command) or command[2] == program:
            raise StepFailed("no such index")
        return run(what, command, **rest)

    monkeypatch.setattr(environment, "run", failing)
    environment.set_up("test")
    assert packages(commands)[-1] == ["httpx", "ibis", "jinja2", "pytest", "uv>=0.9"]
    assert by_uv(commands) == []


def test_uv_looks_where_pip_does() -> None:
    """Of pip's settings those that say where packages come from hold for uv too; the environment's come last."""
    said = """:env:.find-links='/wheels /more'
global.cert='/certs.pem'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.find-links='/elsewhere'
global.index-url='https://all.example/simple'
global.no-cache-dir='1'
install.index-url='https://install.example/simple'
download.index-url='https://download.example/simple'
"""
    assert environment.settings_for_uv(said) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://install.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/certs.pem",
    }
