"""Events per second that the archive brings from Kafka to Parquet, against the limit: the same parsing to nowhere.

Prints one Markdown row. Both are measured in turn, in one session on two cores that the broker shares with it, on power
breakdowns (the wide signal); the first rounds warm everything up and do not count. The archive's time is that of a
whole run: offsets asked for, rows written, read back and counted, files moved, and the manifest.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from gridpulse_contract.models import PowerBreakdownEvent
from gridpulse_platform import KafkaBroker, create_topics, ensure_jars
from gridpulse_spark.kafka import READ_ONCE_CONF
from gridpulse_spark.lake.archive import Archive
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import open_kafka_log
from gridpulse_spark.lake.layout import hour_of
from gridpulse_spark.session import open_session
from gridpulse_spark.transforms.lake import lake_rows
from harness.load import full_power_events, produce_fast, ratio_row

__all__ = ["run"]

EVENTS: Final = 40_000
WARM_UP_ROUNDS: Final = 2
ROUNDS: Final = 3


def run() -> str:
    """The Markdown row."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with KafkaBroker(home / "kafka") as kafka:
            create_topics(kafka.bootstrap_servers)
            produce_fast(kafka.bootstrap_servers, full_power_events(EVENTS))
            options = {"kafka.bootstrap.servers": kafka.bootstrap_servers}
            with open_session(
                "bench", jars_dir=ensure_jars("spark"), conf={"spark.log.level": "ERROR", **READ_ONCE_CONF}
            ) as spark:
                rates = list(_measure(spark, options, home))
    return ratio_row("events/s from Kafka to Parquet", rates[WARM_UP_ROUNDS:], EVENTS, "≥ 60 %")


def _measure(spark: SparkSession, options: dict[str, str], home: Path) -> Iterable[tuple[float, float]]:
    """For each round, the rate of the archive and of the parsing alone."""
    for number in range(WARM_UP_ROUNDS + ROUNDS):
        with open_kafka_log(spark, options) as log:
            archive = Archive(spark, LakeFiles(spark, str(home / f"lake-{number}")), log, options)
            hour = hour_of(datetime.now(UTC))
            started_at = time.perf_counter()
            rows = sum(manifest.rows for manifest in archive.run(hour, open_hour=hour))
            archived = EVENTS / (time.perf_counter() - started_at)
        if rows != EVENTS:
            raise RuntimeError(f"{rows} rows were archived")
        started_at = time.perf_counter()
        _parse(spark, options)
        limit = EVENTS / (time.perf_counter() - started_at)
        sys.stderr.write(f"round {number}: archived {archived:,.0f}/s, limit {limit:,.0f}/s\n")
        yield archived, limit


def _parse(spark: SparkSession, options: dict[str, str]) -> None:
    messages = spark.read.format("kafka").options(**options).option("subscribe", PowerBreakdownEvent.topic)
    lake_rows(messages.option("includeHeaders", "true").load(), PowerBreakdownEvent).write.format("noop").mode(
        "overwrite"
    ).save()


if __name__ == "__main__":
    sys.stdout.write(run() + "\n")
