"""Archives Kafka to the Parquet lake, hour by hour of append time: see `gridpulse_spark.lake.archive`.

Everything up to the hour is archived that is not there yet, so a run that was missed is made up for by the next. Doing
an hour again changes nothing. Settings: GRIDPULSE_ARCHIVE_* (`gridpulse_spark.settings`). Exit codes: 0 done, 1 failed
(Kafka is away, or no longer has the hour, or the hours do not join), 2 wrong settings or arguments.
"""

import argparse
import logging
import sys
from datetime import UTC, datetime, timedelta
from functools import partial

from gridpulse_spark.kafka import READ_ONCE_CONF, kafka_options
from gridpulse_spark.lake.archive import Archive, check_hour, last_complete_hour
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import open_kafka_log
from gridpulse_spark.lake.layout import HOUR, parse_hour
from gridpulse_spark.lake.metrics import ArchiveMetrics
from gridpulse_spark.program import run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.settings import ArchiveSettings

JOB = "archive-to-parquet"


def parse_arguments() -> argparse.Namespace:
    """What to archive."""
    parser = argparse.ArgumentParser(description="Archive Kafka to the Parquet lake.")
    hours = parser.add_mutually_exclusive_group()
    hours.add_argument(
        "--hour", metavar="HOUR", help="archive up to this hour, for example 2026-11-25T10:00Z (default: the last one)"
    )
    hours.add_argument(
        "--open-hour", action="store_true", help="and what there is of the hour that is not over; for a lake to try"
    )
    return parser.parse_args()


def main(hour: str | None, *, with_open_hour: bool) -> None:
    """Wire the job and run it."""
    settings = ArchiveSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    now, settle = datetime.now(UTC), timedelta(seconds=settings.settle_seconds)
    through = parse_hour(hour) if hour else last_complete_hour(now, settle)
    check_hour(through, now, settle)
    open_hour = last_complete_hour(now, settle) + HOUR if with_open_hour else None
    through = open_hour or through
    kafka = kafka_options(settings)
    metrics = ArchiveMetrics()
    with (
        open_session(JOB, jars_dir=settings.jars_dir, conf={**READ_ONCE_CONF, **settings.spark_conf}) as session,
        open_kafka_log(session, kafka) as log,
    ):
        files = LakeFiles(session, settings.lake_location)
        try:
            for manifest in Archive(session, files, log, kafka).run(through, open_hour=open_hour):
                metrics.count(manifest)
        finally:
            metrics.measure(files, log, through)
            metrics.push(settings.metrics_push_url, JOB)
    logging.getLogger(__name__).info("%s holds everything up to %s", settings.lake_location, f"{through:%Y-%m-%dT%HZ}")


if __name__ == "__main__":
    arguments = parse_arguments()
    sys.exit(run_program(partial(main, arguments.hour, with_open_hour=arguments.open_hour)))
