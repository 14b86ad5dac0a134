"""Answers the questions of `spark/sql` over a window of days: see `gridpulse_spark.analytics`.

Answers go to Parquet, a folder for each question, and the daily energy to Cassandra's `power_daily` too, unless
--parquet-only says that there is no way to Cassandra, as on Dataproc. A question by month is answered for the whole
months that the window touches. Doing a window again changes nothing but what the lake knows more about since. Settings:
GRIDPULSE_ANALYTICS_* (`gridpulse_spark.analytics.settings`). Exit codes: 0 done, 1 failed (a restart may help), 2 wrong
settings or arguments.
"""

import argparse
import logging
import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from gridpulse_spark.analytics.answering import answer_questions, first_look
from gridpulse_spark.analytics.questions import ASKED, POWER_DAILY
from gridpulse_spark.analytics.settings import AnalyticsSettings
from gridpulse_spark.analytics.window import DAY, Window
from gridpulse_spark.batch_metrics import DayMetrics
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.program import run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.sinks import connector_conf
from gridpulse_spark.stores import check_tables

JOB = "analytics"
SQL_DIR = Path(__file__).resolve().parents[1] / "sql"


def parse_arguments() -> tuple[Window, bool]:
    """Which days, and whether Cassandra gets its part."""
    parser = argparse.ArgumentParser(description="Answer the questions of spark/sql over a window of days (UTC).")
    parser.add_argument("--start", metavar="DATE", type=date.fromisoformat, required=True, help="first day: 2026-11-24")
    parser.add_argument("--end", metavar="DATE", type=date.fromisoformat, required=True, help="day after the last one")
    parser.add_argument("--parquet-only", action="store_true", help="leave Cassandra's power_daily as it is")
    arguments = parser.parse_args()
    return Window(arguments.start, arguments.end), not arguments.parquet_only


def main(window: Window, to_cassandra: bool) -> None:
    """Wire the job and run it."""
    settings = AnalyticsSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    log = logging.getLogger(__name__)
    log.info("settings: %s", settings)
    window.check(datetime.now(UTC).date())
    conf = {**(connector_conf(settings) if to_cassandra else {}), **settings.spark_conf}
    with open_session(JOB, jars_dir=settings.jars_dir, conf=conf) as session:
        if to_cassandra:
            check_tables(session, settings.keyspace, [POWER_DAILY])
        Lake(session, LakeFiles(session, settings.lake_location)).register_views(ASKED)
        results = LakeFiles(session, settings.results_location)
        answer_questions(session, results, SQL_DIR, window, settings.keyspace if to_cassandra else None)
        last_day = window.end - DAY
        look = first_look(session, results, last_day)
        log.info("the cleanest zones of %s:\n%s", last_day, "\n".join(look) or "no zone has data of it")
    metrics = DayMetrics("analytics")
    metrics.set_day(last_day)
    metrics.push(settings.metrics_push_url, JOB)
    log.info("answers of %s to %s are in %s", window.start, last_day, settings.results_location)


if __name__ == "__main__":
    sys.exit(run_program(partial(main, *parse_arguments())))
