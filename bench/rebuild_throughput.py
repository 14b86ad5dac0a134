"""Events per second that the rebuild brings from the lake to Cassandra, against the limit: the connector writing the
same rows from memory.

Prints one Markdown row. Both are measured in turn, in one session on two cores that the node shares with it, on power
breakdowns (the wide signal), to both tables; the first rounds warm everything up and do not count. The streaming job's
rate against the same limit is the row of `streaming_throughput.py`.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from pyspark import StorageLevel
from pyspark.sql import SparkSession

from gridpulse_contract.models import EVENT_MODELS, Signal
from gridpulse_platform import CassandraNode, ensure_jars
from gridpulse_schema import migrate, open_session
from gridpulse_spark import session as spark_session
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.lake.rebuild import rebuild
from gridpulse_spark.settings import RebuildSettings
from gridpulse_spark.sinks import connector_conf, write_table
from gridpulse_spark.transforms.lake import event_of
from gridpulse_spark.transforms.rows import event_rows, table_rows
from gridpulse_spark.transforms.signals import TRANSFORMS
from harness.lakes import make_lake
from harness.load import FIRST_AT, full_power_events, ratio_row

__all__ = ["run"]

EVENTS: Final = 20_000
WARM_UP_ROUNDS: Final = 2
ROUNDS: Final = 3
HEAP_MB: Final = 1024  # of the node: so that both sides measure writes more than they do garbage collection
KEYSPACE: Final = "power"
_SIGNAL: Final = Signal.POWER_BREAKDOWN


def run() -> str:
    """The Markdown row."""
    with tempfile.TemporaryDirectory() as folder, CassandraNode(Path(folder) / "node", heap_mb=HEAP_MB) as cassandra:
        settings = RebuildSettings(
            cassandra_contact_points=cassandra.contact_points,
            cassandra_port=cassandra.port,
            cassandra_local_datacenter=cassandra.local_datacenter,
            lake_location=str(Path(folder) / "lake"),
        )
        with open_session([cassandra.contact_points], port=cassandra.port) as session:
            migrate(session, keyspace=KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        conf = {**connector_conf(settings), "spark.log.level": "ERROR"}
        with spark_session.open_session("bench", jars_dir=ensure_jars("spark"), conf=conf) as spark:
            rates = list(_measure(spark, _lake(spark, settings.lake_location)))
    return ratio_row(
        "events/s from the lake to Cassandra", rates[WARM_UP_ROUNDS:], EVENTS, "≥ 60 % of the streaming rate"
    )


def _lake(spark: SparkSession, location: str) -> Lake:
    """A day of two hours, as Kafka's two cores would have split it."""
    events = list(full_power_events(EVENTS))
    hours = {FIRST_AT + number * timedelta(hours=1): events[number::2] for number in range(2)}
    make_lake(spark, location, hours)
    return Lake(spark, LakeFiles(spark, location))


def _measure(spark: SparkSession, lake: Lake) -> Iterable[tuple[float, float]]:
    """For each round, the rate of the rebuild and of the connector alone."""
    archived = lake.rows(_SIGNAL.value, lake.manifests(_SIGNAL.value))
    rows = event_rows(archived, _SIGNAL, event_of(EVENT_MODELS[_SIGNAL])).persist(StorageLevel.MEMORY_ONLY)
    if rows.count() != EVENTS:
        raise RuntimeError("the lake does not hold what was made")
    for number in range(WARM_UP_ROUNDS + ROUNDS):
        started_at = time.perf_counter()
        days = list(rebuild(spark, lake, KEYSPACE, from_raw=False))
        rebuilt = sum(day.events for day in days) / (time.perf_counter() - started_at)
        started_at = time.perf_counter()
        for table in TRANSFORMS[_SIGNAL].tables:
            write_table(table_rows(rows, table), KEYSPACE, table.name)
        limit = EVENTS / (time.perf_counter() - started_at)
        sys.stderr.write(f"round {number}: rebuilt {rebuilt:,.0f}/s, limit {limit:,.0f}/s\n")
        yield rebuilt, limit


if __name__ == "__main__":
    sys.stdout.write(run() + "\n")
