"""A PostgreSQL server of our own for tests and benches: made in a temporary folder, on a free port, gone afterwards.

Needs the system's package `postgresql`. PostgreSQL refuses to run as root; there it runs as the package's user
`postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "postgresql"


@contextmanager
def server() -> Iterator[str]:
    """A running server; gives the URL of its empty database, such as
    `postgresql://postgres@127.0.0.1:5432/postgres`.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="heap-web-postgres-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    port = free_port()
    # Durable against our own kills (the server lives on), not against power cuts: no need to wait for the disk here.
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")

    try:
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        run("pg_ctl", "start", "--wait", "--silent", "--log", str(folder / "log"), "--options", options)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "--mode=immediate", "--silent")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Where initdb and pg_ctl are; Debian keeps them outside the search path."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    if not versions:
        raise RuntimeError(f"no PostgreSQL on this machine: install the system's package {PACKAGE!r}")
    return versions[-1].parent


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
