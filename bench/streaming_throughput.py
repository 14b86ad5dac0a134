"""Events per second that the streaming job stores, against the limit: the connector writing the same rows from memory.

Prints one Markdown row. Both are measured in turn, in one session on two cores that broker and node share with it, on
power breakdowns (the wide signal); the first rounds warm everything up and do not count.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

from gridpulse_contract.models import PowerBreakdownEvent, Signal
from gridpulse_platform import CassandraNode, KafkaBroker, create_topics, ensure_jars, wait_until
from gridpulse_schema import migrate, open_session
from gridpulse_spark import session as spark_session
from gridpulse_spark.kafka import READ_ONCE_CONF
from gridpulse_spark.settings import StreamingSettings
from gridpulse_spark.sinks import write_table
from gridpulse_spark.streaming import SignalQuery, spark_conf
from gridpulse_spark.transforms.rows import to_rows, valid_rows
from gridpulse_spark.transforms.signals import TRANSFORMS
from harness.load import full_power_events, produce_fast, ratio_row

__all__ = ["run"]

EVENTS: Final = 38_000  # two batches, with no third for the few that their split over partitions rounds off
WARM_UP_ROUNDS: Final = 4  # till the compilers of both JVMs have little left to do
ROUNDS: Final = 3
HEAP_MB: Final = 1024  # of the node: so that both sides measure writes more than they do garbage collection
_SIGNAL: Final = Signal.POWER_BREAKDOWN
_DEADLINE_SECONDS: Final = 300.0


def run() -> str:
    """The Markdown row."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with KafkaBroker(home / "kafka") as kafka, CassandraNode(home / "cassandra", heap_mb=HEAP_MB) as cassandra:
            create_topics(kafka.bootstrap_servers)
            produce_fast(kafka.bootstrap_servers, full_power_events(EVENTS))
            settings = _settings(kafka, cassandra, home)
            with open_session([cassandra.contact_points], port=cassandra.port) as session:
                migrate(session, keyspace=settings.keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
            jars = ensure_jars("spark")
            # A round is a query of its own, which shall leave nothing behind that slows the next down.
            conf = {**spark_conf(settings), **READ_ONCE_CONF}
            with spark_session.open_session("bench", jars_dir=jars, conf=conf) as spark:
                rates = list(_measure(spark, settings, home))
    return ratio_row("events/s streamed into Cassandra", rates[WARM_UP_ROUNDS:], EVENTS, "≥ 4,000 and ≥ 60 %")


def _measure(spark: SparkSession, settings: StreamingSettings, home: Path) -> Iterable[tuple[float, float]]:
    """For each round, the rate of the streaming query and of the connector alone."""
    rows = to_rows(_messages(spark, settings), _SIGNAL).persist(StorageLevel.MEMORY_ONLY)
    if rows.count() != EVENTS:
        raise RuntimeError("the topic does not hold what was produced")
    for number in range(WARM_UP_ROUNDS + ROUNDS):
        streamed = _stream(spark, settings, home / f"checkpoint-{number}")
        started_at = time.perf_counter()
        for table in TRANSFORMS[_SIGNAL].tables:
            write_table(valid_rows(rows, table), settings.keyspace, table.name)
        limit = EVENTS / (time.perf_counter() - started_at)
        sys.stderr.write(f"round {number}: streamed {streamed:,.0f}/s, limit {limit:,.0f}/s\n")
        yield streamed, limit


def _messages(spark: SparkSession, settings: StreamingSettings) -> DataFrame:
    return (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka_bootstrap_servers)
        .option("subscribe", PowerBreakdownEvent.topic)
        .option("includeHeaders", "true")
        .load()
    )


def _stream(spark: SparkSession, settings: StreamingSettings, checkpoint: Path) -> float:
    """Stream the whole topic with the job's own query: events over the time that its batches took, all included."""
    signal_query = SignalQuery(spark, _SIGNAL, str(checkpoint), settings)
    (query,) = spark.streams.active

    def batches() -> list[dict[str, Any]]:
        reason = signal_query.end_reason()
        if reason is not None:
            raise RuntimeError(reason)
        return [progress for progress in query.recentProgress if progress["numInputRows"]]

    wait_until(lambda: sum(batch["numInputRows"] for batch in batches()) >= EVENTS, _DEADLINE_SECONDS, "the stream")
    seconds = sum(batch["durationMs"]["triggerExecution"] for batch in batches()) / 1000
    signal_query.stop(time.monotonic() + _DEADLINE_SECONDS)
    return EVENTS / seconds


def _settings(kafka: KafkaBroker, cassandra: CassandraNode, home: Path) -> StreamingSettings:
    return StreamingSettings(
        kafka_bootstrap_servers=kafka.bootstrap_servers,
        cassandra_contact_points=cassandra.contact_points,
        cassandra_port=cassandra.port,
        cassandra_local_datacenter=cassandra.local_datacenter,
        checkpoint_location=str(home / "unused"),
    )


if __name__ == "__main__":
    sys.stdout.write(run() + "\n")
