"""Judges a day of every zone by the rules of `gridpulse_spark.quality.rules`, and stores the verdicts.

What it finds is no failure of the job: see the verdicts in Cassandra's `data_quality`, in the results' folder of that
name, in the query API, and as metrics. Settings: GRIDPULSE_DATA_QUALITY_* (`gridpulse_spark.quality.settings`). Exit
codes: 0 done, 1 failed (a restart may help), 2 wrong settings or arguments.
"""

import argparse
import logging
import sys
from datetime import UTC, date, datetime, time
from functools import partial

from gridpulse_spark.analytics.window import DAY, Window
from gridpulse_spark.batch_metrics import push_metrics
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.program import run_program
from gridpulse_spark.quality.facts import JUDGED
from gridpulse_spark.quality.reporting import DataQualityMetrics, report_day
from gridpulse_spark.quality.settings import DataQualitySettings
from gridpulse_spark.session import open_session
from gridpulse_spark.sinks import connector_conf

JOB = "data-quality"


def parse_arguments() -> date:
    """Which day."""
    parser = argparse.ArgumentParser(description="Judge a day (UTC) of every zone.")
    parser.add_argument("--day", metavar="DATE", type=date.fromisoformat, required=True, help="for example 2026-11-24")
    return parser.parse_args().day


def main(day: date) -> None:
    """Wire the job and run it."""
    settings = DataQualitySettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    log = logging.getLogger(__name__)
    log.info("settings: %s", settings)
    Window(day, day + DAY).check(datetime.now(UTC).date())
    metrics = DataQualityMetrics()
    conf = {**connector_conf(settings), **settings.spark_conf}
    with open_session(JOB, jars_dir=settings.jars_dir, conf=conf) as session:
        Lake(session, LakeFiles(session, settings.lake_location)).register_views(JUDGED)
        results = LakeFiles(session, settings.results_location)
        lines = report_day(session, results, day, settings.keyspace, metrics)
    metrics.set_day(datetime.combine(day, time(), UTC).timestamp())
    push_metrics(metrics.registry, settings.metrics_push_url, JOB)
    log.info("findings of %s:\n%s", day, "\n".join(lines) or "none")


if __name__ == "__main__":
    sys.exit(run_program(partial(main, parse_arguments())))
