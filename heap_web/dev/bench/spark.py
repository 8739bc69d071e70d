"""An audience of 10,000,000 members of whom 100,000 have changed, on a Spark cluster: a master and two workers on
loopback.

`python -m heap_web.dev.bench.spark [MEMBERS [CHANGES]]`. The members as told and the new ones are Parquet tables of the
cluster; the calls go into an outbox in SQLite. The program with the driver is a process of its own, and may hold a
tenth of what the members are.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from heap_web.audiences import AudienceSync
from heap_web.audiences.store import MemberStore
from heap_web.cloud import HeapCloud
from heap_web.dev.check.postgres import free_port

MEMBERS = 10_000_000
CHANGES = 100_000
DRIVER_MEMORY = "512m"
COLLECTED = "32m"
"""All that the driver may collect at once; the members alone are more than 100 MB."""
STARTS_WITHIN = 300.0
NAME = "Order completed last 30 days"


def measure(members: int = MEMBERS, changes: int = CHANGES) -> dict[str, float]:
    """The figures, by name; the unit is the name's end."""
    with tempfile.TemporaryDirectory() as folder, _cluster(folder) as master:
        command = [sys.executable, "-W", "ignore", "-m", "heap_web.dev.bench.spark", "--run", master, folder]
        said = subprocess.run(
            [*command, str(members), str(changes)],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            cwd=Path(__file__).parents[3],
        )
    if said.returncode:
        raise RuntimeError(f"the run on Spark ended with {said.returncode}")
    figures: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return figures


@contextmanager
def _cluster(folder: str) -> Iterator[str]:
    """A master and two workers of one core each; gives the master's address."""
    import pyspark

    spark = Path(pyspark.__file__).parent / "bin" / "spark-class"
    port = free_port()
    master = f"spark://127.0.0.1:{port}"
    deploy = "org.apache.spark.deploy"
    commands = [[f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]]
    worker = [f"{deploy}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
    commands += [[*worker, "--work-dir", f"{folder}/worker{n}", master] for n in range(2)]
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with ExitStack() as stack:
        for number, command in enumerate(commands):
            log = stack.enter_context(open(f"{folder}/spark{number}.log", "w+"))
            process = subprocess.Popen([str(spark), *command], env=environment, stdout=log, stderr=log)
            stack.callback(_end, process)
        _until_alive(Path(folder) / "spark0.log", workers=2)
        yield master


def _until_alive(log: Path, workers: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while log.read_text().count("Registering worker") < workers:
        if time.monotonic() > until:
            raise RuntimeError(f"the cluster did not start: {log.read_text()[-2_000:]}")
        time.sleep(0.2)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def _run(master: str, folder: str, members: int, changes: int) -> dict[str, float]:
    """The runs, as a program would make them."""
    import ibis
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", DRIVER_MEMORY)
        .config("spark.driver.maxResultSize", COLLECTED)
        .config("spark.executor.memory", "1g")
        .config("spark.sql.shuffle.partitions", "16")
        .config("spark.sql.warehouse.dir", f"{folder}/warehouse")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    connection = ibis.pyspark.connect(session)
    half = changes // 2
    ids = "SELECT concat('user-', lpad(string(id), 8, '0')) AS user_id FROM range({}, {})"
    for shift in (0, half):
        connection.raw_sql(f"CREATE TABLE members_{shift} USING parquet AS {ids.format(shift, members + shift)}")
    told = MemberStore(connection, "11", "order_completed_last_30_days").told.get_name()
    connection.raw_sql(f"INSERT INTO {told} SELECT * FROM members_0")
    figures: dict[str, float] = {}
    with HeapCloud("11", outbox=f"{folder}/outbox.db", background=False) as client:
        audience = AudienceSync(NAME, client, store=connection)
        for name, shift, count in (("nothing changed", 0, 0), (f"{changes:,} changed", half, 2 * half)):
            start = time.perf_counter()
            summary = audience.sync(connection.table(f"members_{shift}"))
            figures[f"{name}: sync, s"] = time.perf_counter() - start
            if (summary.sent, summary.unchanged) != (count, members - count // 2):
                raise RuntimeError(f"wrong: {summary}")
            figures[f"{name}: changes told"] = summary.sent
        client.close(0)
    figures["peak memory of the driver's Java, MB"] = _peak_of_java(session) / 1024
    figures["peak memory of the program, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    session.stop()
    return figures


def _peak_of_java(session: Any) -> int:
    """Kilobytes that the driver's Java has held at most."""
    pid = session.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def main(arguments: list[str]) -> int:
    """Measures and shows."""
    match arguments:
        case ["--run", master, folder, members, changes]:
            print(json.dumps(_run(master, folder, int(members), int(changes))))
        case _:
            numbers = [int(argument.replace("_", "")) for argument in arguments]
            title = f"An audience of {(numbers or [MEMBERS])[0]:,} members on Spark, two workers"
            table = Table("figure", "value", title=title)
            for name, value in measure(*numbers).items():
                table.add_row(name, f"{value:,.2f}" if value < 100 else f"{value:,.0f}")
            Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
