"""Compares an hour of the lake with Kafka's log: see `gridpulse_spark.checks.archive`.

Settings: GRIDPULSE_ARCHIVE_* (`gridpulse_spark.settings`). Exit codes: 0 the files hold exactly what Kafka has of the
hour, 1 they do not, 2 wrong settings or arguments.
"""

import argparse
import logging
import sys
from functools import partial

from gridpulse_spark.checks.archive import check_archive
from gridpulse_spark.kafka import READ_ONCE_CONF, kafka_options
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import open_kafka_log
from gridpulse_spark.lake.layout import parse_hour
from gridpulse_spark.program import run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.settings import ArchiveSettings


def main(hour: str) -> None:
    """Wire the check and run it."""
    settings = ArchiveSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    kafka = kafka_options(settings)
    with (
        open_session(
            "check-archive", jars_dir=settings.jars_dir, conf={**READ_ONCE_CONF, **settings.spark_conf}
        ) as session,
        open_kafka_log(session, kafka) as log,
    ):
        counts = check_archive(session, LakeFiles(session, settings.lake_location), log, parse_hour(hour))
    logging.getLogger(__name__).info("%s: rows in the files are as in Kafka: %s", hour, counts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare an hour of the lake with Kafka's log.")
    parser.add_argument("--hour", metavar="HOUR", required=True, help="for example 2026-11-25T10:00Z")
    sys.exit(run_program(partial(main, parser.parse_args().hour)))
