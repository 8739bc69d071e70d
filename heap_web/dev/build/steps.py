"""A build step: a command that says what failed and why, and work that is skipped while its inputs are unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "static"
DIST = ROOT / "dist"
CACHE = ROOT / ".cache"
# What a build may read of the world: nothing that changes what it makes.
EPOCH = "315532800"


class StepFailed(Exception):
    """A step could not be done; the text says which, why, and what to do."""


def run(
    what: str, command: list[str], *, advice: str = "", cwd: Path = ROOT, text: str | None = None, **env: str
) -> str:
    """Runs one command and returns what it printed; says when it starts, and when it ends how long it took.

    `what` names the step, `text` goes to its standard input, `env` is added to the environment.
    Raises StepFailed with the end of the command's own words.
    """
    print(f"· {what}", flush=True)
    start = time.monotonic()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, **env}
    try:
        done = subprocess.run(
            command, cwd=cwd, input=text, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise StepFailed(f"{what}: {command[0]} cannot be started: {error}. {advice}") from error
    if done.returncode:
        words = (done.stdout + done.stderr).strip()[-4000:]
        raise StepFailed(f"{what}: failed with status {done.returncode}.\n{words}\n{advice}".rstrip())
    print(f"✓ {what}: {time.monotonic() - start:.1f} s", flush=True)
    return done.stdout


def fingerprint(paths: Iterable[Path], **words: object) -> str:
    """A hash of the files' names and bytes and of the words: what a step's outcome depends on."""
    digest = hashlib.sha256(repr(sorted(words.items())).encode())
    for path in sorted(paths):
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        digest.update(f"\0{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()[:32]


def files_under(folder: Path, *patterns: str) -> list[Path]:
    """The files below a folder that fit one of the patterns, sorted; what Python and editors leave behind left out."""
    found = {path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()}
    return sorted(path for path in found if "__pycache__" not in path.parts and "node_modules" not in path.parts)


def cached(step: str, key: str, make: Callable[[Path], None], keep: int = 8) -> Path:
    """The folder that `make` filled for this key, now or earlier; of each step the `keep` last used are kept."""
    home = CACHE / step
    done = home / key
    if done.is_dir():
        os.utime(done)
        return done
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        work = Path(scratch) / "out"
        work.mkdir()
        make(work)
        try:
            work.rename(done)
        except OSError:
            if not done.is_dir():  # else another build has made the same meanwhile
                raise
    for old in sorted(home.iterdir(), key=lambda path: path.stat().st_mtime)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return done


def is_cached(step: str, key: str) -> bool:
    """Whether `cached` would give a folder for this key without making it."""
    return (CACHE / step / key).is_dir()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Waits until no other build runs in this work tree, and keeps others out meanwhile."""
    try:
        import fcntl
    except ImportError:  # Windows: two builds at once are up to their user
        yield
        return
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def link(names: Iterable[str], source: Path, folder: Path) -> None:
    """Puts the files of these names in `source` into `folder` too: as second names of the same files where it can."""
    for name in names:
        path = folder / name
        if path.exists() and path.samefile(source / name):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        try:
            path.hardlink_to(source / name)
        except OSError:
            shutil.copyfile(source / name, path)


def sync(files: Mapping[str, bytes], folder: Path) -> None:
    """Makes `folder` hold these files (path -> bytes), touching only those that differ; other names are left alone."""
    for name, content in files.items():
        path = folder / name
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(content)
        fresh.replace(path)
