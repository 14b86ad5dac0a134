"""Spark's classes in an archive that a JVM maps at its start, where it would else read and check thousands of them.

A JVM that lives for some seconds spends half of them on that. The archive is that of one Java, one Spark and our jobs'
jars, in the order in which `gridpulse_spark.session` names them (in Java's documentation: class data sharing); a JVM
that it does not fit goes on without it.
"""

import hashlib
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from gridpulse_platform.errors import PlatformError
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_platform.ports import LOOPBACK
from gridpulse_platform.tools import kept_tool, run_quietly

__all__ = ["ONE_COMPILER", "class_data_options", "quicken_java"]

ONE_COMPILER: Final = "-XX:TieredStopAtLevel=1"
"""Option of a JVM that does not compile what it runs often a second time, and better."""
_VARIABLE: Final = "JDK_JAVA_OPTIONS"
_PLAIN: Final = ("env", "-u", _VARIABLE)
"""Before a command: what the caller wants of its own JVMs, an archive among it, is not for these."""
_NOBODY: Final = "1"
"""A port below those that anybody listens at."""
_OPTIONS: Final = f"{ONE_COMPILER} -XX:+UseSerialGC"


def quicken_java(jars_dir: Path, *, home: Path = DEFAULT_HOME, tell: Callable[[str], object] | None = None) -> None:
    """Let the JVMs that this process starts be there sooner, unless JDK_JAVA_OPTIONS says already how they shall run.

    Most of them end, or have little to do, before the second compiler pays off, for which all would wait at once; and
    those of Spark use the archive (docs/decisions/java-on-one-machine.md).
    """
    if _VARIABLE not in os.environ:
        if tell:
            tell("preparing Spark's classes, once")
        os.environ[_VARIABLE] = " ".join([ONE_COMPILER, *class_data_options(jars_dir, home=home)])


def class_data_options(jars_dir: Path, *, home: Path = DEFAULT_HOME) -> list[str]:
    """Options of a JVM that shall use the archive, which is made first (half a minute) if it is not there.

    `jars_dir` has the jars of Spark's jobs. None where it could not be made, which costs time and nothing else.
    """
    jars = sorted(jars_dir.glob("*.jar"))
    try:
        archive = kept_tool(f"spark-{_digest(jars)}.jsa", lambda made: _make(made, jars), home=home)
    except (OSError, PlatformError, subprocess.TimeoutExpired):
        return []
    return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]


def _digest(jars: Sequence[Path]) -> str:
    """Of what a JVM compares before it uses an archive: its own build, and each jar's name, size and time."""
    digest = hashlib.sha256(run_quietly([*_PLAIN, "java", "-version"]).stderr.encode())
    sparks_own = Path(str(importlib.import_module("pyspark").__file__)).parent / "jars"
    for jar in [*jars, *sorted(sparks_own.glob("*.jar"))]:
        digest.update(f"{jar} {jar.stat().st_size} {jar.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:12]


def _make(archive: Path, jars: Sequence[Path]) -> None:
    with TemporaryDirectory(prefix=archive.name, dir=archive.parent) as folder:
        made, class_path = Path(folder) / "classes.jsa", ":".join(map(str, jars))
        run_quietly([*_PLAIN, sys.executable, "-m", "gridpulse_platform.class_data", str(made), folder, class_path])
        made.rename(archive)


def _train(archive: str, folder: str, class_path: str) -> None:
    """What jobs do, in small, so that the JVM loads what they need; it writes the archive as it ends."""
    sql: Any = importlib.import_module("pyspark.sql")  # typed in part
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    conf = {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.extraClassPath": class_path,
        "spark.driver.extraJavaOptions": f"{_OPTIONS} -XX:ArchiveClassesAtExit={archive}",
    }
    session = sql.SparkSession.builder.master("local[2]").config(map=conf).getOrCreate()
    columns = ("id", "id % 7 AS k", "timestamp_seconds(id * 3600) AS at", "to_json(named_struct('id', id)) AS raw")
    session.range(500).selectExpr(*columns).write.parquet(f"{folder}/rows")
    rows = session.read.parquet(f"{folder}/rows").cache()
    rows.createOrReplaceTempView("rows")
    session.sql(
        "SELECT k, day, total, rank() OVER (PARTITION BY k ORDER BY total DESC) AS place FROM ("
        "SELECT k, date_trunc('day', at) AS day, sum(from_json(raw, 'id BIGINT').id) AS total FROM rows GROUP BY 1, 2"
        ") JOIN (SELECT DISTINCT k FROM rows) USING (k)"
    ).collect()
    session.createDataFrame([(1, "a")], "id BIGINT, name STRING").join(rows, "id", "left").collect()
    stream = session.readStream.schema(rows.schema).parquet(f"{folder}/rows").writeStream.trigger(availableNow=True)
    query = stream.option("checkpointLocation", f"{folder}/checkpoint").foreachBatch(_collect)
    query.start().awaitTermination()
    _look_for_stores(session)
    session.stop()


def _look_for_stores(session: Any) -> None:
    """What the clients of Kafka and Cassandra need to find out that nobody is there: most of what they have."""
    broker = {"kafka.bootstrap.servers": f"{LOOPBACK}:{_NOBODY}", "kafka.max.block.ms": "100"}
    waits = {"kafka.request.timeout.ms": "100", "kafka.default.api.timeout.ms": "200"}
    # Each with its own kind of error: py4j's, or one of PySpark's.
    with suppress(Exception):
        session.sql("SELECT 'k' AS key, 'v' AS value").write.format("kafka").options(**broker, topic="t").save()
    with suppress(Exception):
        session.read.format("kafka").options(**broker, **waits, subscribe="t").load().collect()
    session.conf.set("spark.cassandra.connection.host", LOOPBACK)
    session.conf.set("spark.cassandra.connection.port", _NOBODY)
    with suppress(Exception):
        session.read.format("org.apache.spark.sql.cassandra").options(keyspace="k", table="t").load()


def _collect(batch: Any, _: int) -> None:
    batch.collect()


if __name__ == "__main__":
    _train(*sys.argv[1:])
