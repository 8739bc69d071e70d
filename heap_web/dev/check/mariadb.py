"""A MariaDB server of our own for tests: made in a temporary folder, on a free port, gone afterwards.

Needs the system's package `mariadb-server`. As root it runs as the package's user `mysql`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heap_web.dev.check.postgres import free_port

PACKAGE = "mariadb-server"
START_S = 60.0


@contextmanager
def server() -> Iterator[str]:
    """A running server; gives the URL of its empty database, such as `mysql://root@127.0.0.1:3306/heap`."""
    install, daemon, admin = (_program(name) for name in ("mariadb-install-db", "mariadbd", "mariadb-admin"))
    folder = Path(tempfile.mkdtemp(prefix="heap-web-mariadb-"))
    user = "mysql" if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    port = free_port()
    # Its own default collation ignores case and blanks, so that the tests tell whether the outbox does not.
    # Durable against our own kills (the server lives on), not against power cuts: no need to wait for the disk here.
    own = ["--no-defaults", f"--datadir={folder}/data"]
    options = [
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--socket={folder}/socket",
        f"--pid-file={folder}/pid",
        "--innodb-flush-log-at-trx-commit=0",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_general_ci",
    ]
    try:
        made = subprocess.run(
            [install, *own, "--auth-root-authentication-method=normal", "--skip-test-db"],
            user=user,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"mariadb-install-db failed: {made.stdout}{made.stderr}")
        with (
            open(folder / "log", "w", encoding="utf-8") as log,
            subprocess.Popen([daemon, *own, *options], user=user, cwd=folder, stdout=log, stderr=log) as process,
        ):
            try:
                _wait_for(process, admin, folder)
                yield f"mysql://root@127.0.0.1:{port}/heap"
            finally:
                process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(process: subprocess.Popen[bytes], admin: str, folder: Path) -> None:
    """Until it answers, and makes the database."""
    until = time.monotonic() + START_S
    command = [admin, "--no-defaults", f"--socket={folder}/socket", "--user=root", "create", "heap"]
    while (made := subprocess.run(command, capture_output=True, text=True, check=False)).returncode:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"MariaDB did not start: {made.stderr}{(folder / 'log').read_text()[-2000:]}")
        time.sleep(0.05)


def _program(name: str) -> str:
    """Where a program is; Debian keeps the server outside a user's search path."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    if not found:
        raise RuntimeError(f"no MariaDB on this machine: install the system's package {PACKAGE!r}")
    return found
