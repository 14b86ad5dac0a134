"""Rows per second that the warehouse load brings from Cassandra to staged Parquet, against the limit: to nowhere.

Prints one Markdown row. Both are measured in turn, in one session on two cores that the node shares with it, on a
window of power breakdowns (the wide table) read by key; the first rounds warm everything up and do not count. Staging's
time is that of all its steps: rows written with their checksum, read back and summed, files hashed, and the manifest.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pyspark.sql import DataFrame, SparkSession

from gridpulse_contract.zones import load_zones
from gridpulse_platform import CassandraNode, ensure_jars
from gridpulse_schema import migrate, open_session
from gridpulse_spark import session as spark_session
from gridpulse_spark.warehouse.reading import read_window, reading_conf
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_spark.warehouse.staging import stage
from gridpulse_spark.warehouse.tables import read_tables
from gridpulse_spark.warehouse.window import window_of
from harness.load import FIRST_AT, full_power_events, ratio_row
from harness.storing import store

__all__ = ["run"]

ROWS: Final = 20_000
WARM_UP_ROUNDS: Final = 2
ROUNDS: Final = 3
HEAP_MB: Final = 1024
KEYSPACE: Final = "power"
TABLE: Final = read_tables(Path(__file__).parents[1] / "bigquery")["power_breakdown"]
WINDOW: Final = window_of((FIRST_AT + timedelta(days=60)).date(), datetime.max.replace(tzinfo=UTC))


def run() -> str:
    """The Markdown row."""
    with tempfile.TemporaryDirectory() as folder, CassandraNode(Path(folder) / "node", heap_mb=HEAP_MB) as cassandra:
        settings = WarehouseSettings(
            cassandra_contact_points=cassandra.contact_points,
            cassandra_port=cassandra.port,
            cassandra_local_datacenter=cassandra.local_datacenter,
            stage_location=str(Path(folder) / "stage"),
            project="unused",
        )
        with open_session([cassandra.contact_points], port=cassandra.port) as session:
            migrate(session, keyspace=KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
            store(session, KEYSPACE, full_power_events(ROWS))
        conf = {**reading_conf(settings), "spark.log.level": "ERROR"}
        with spark_session.open_session("bench", jars_dir=ensure_jars("spark"), conf=conf) as spark:
            rates = list(_measure(spark, settings))
    return ratio_row("rows/s from Cassandra to staged Parquet", rates[WARM_UP_ROUNDS:], ROWS, "none set")


def _measure(spark: SparkSession, settings: WarehouseSettings) -> Iterable[tuple[float, float]]:
    """For each round, the rate of the staging and of the reads alone."""
    for number in range(WARM_UP_ROUNDS + ROUNDS):
        started_at = time.perf_counter()
        run_name = f"run{number}"
        manifest = stage(spark, _rows(spark), TABLE, WINDOW, location=settings.stage_location, run=run_name)
        staged = ROWS / (time.perf_counter() - started_at)
        if manifest.sums.rows != ROWS:
            raise RuntimeError(f"{manifest.sums.rows} rows were staged")
        started_at = time.perf_counter()
        _rows(spark).write.format("noop").mode("overwrite").save()
        limit = ROWS / (time.perf_counter() - started_at)
        sys.stderr.write(f"round {number}: staged {staged:,.0f}/s, limit {limit:,.0f}/s\n")
        yield staged, limit


def _rows(spark: SparkSession) -> DataFrame:
    return read_window(spark, TABLE, WINDOW, keyspace=KEYSPACE, zones=list(load_zones()))


if __name__ == "__main__":
    sys.stdout.write(run() + "\n")
