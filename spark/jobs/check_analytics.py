"""Compares the answers of a window of days in Parquet and in Cassandra: see `gridpulse_spark.checks.analytics`.

Settings: GRIDPULSE_ANALYTICS_* (`gridpulse_spark.analytics.settings`). Exit codes: 0 all are there and agree, 1 not so,
2 wrong settings or arguments.
"""

import argparse
import logging
import sys
from datetime import UTC, date, datetime
from functools import partial

from gridpulse_spark.analytics.questions import ASKED
from gridpulse_spark.analytics.settings import AnalyticsSettings
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.checks.analytics import check_analytics
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.program import run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.sinks import connector_conf
from gridpulse_spark.stores import BY_KEY_CONF


def main(window: Window) -> None:
    """Wire the check and run it."""
    settings = AnalyticsSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    window.check(datetime.now(UTC).date())
    conf = {**connector_conf(settings), **BY_KEY_CONF, **settings.spark_conf}
    with open_session("check-analytics", jars_dir=settings.jars_dir, conf=conf) as session:
        Lake(session, LakeFiles(session, settings.lake_location)).register_views(ASKED)
        rows = check_analytics(session, LakeFiles(session, settings.results_location), window, settings.keyspace)
    logging.getLogger(__name__).info("%d rows of daily energy are the same in Parquet and in Cassandra", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare the answers of a window of days in Parquet and Cassandra.")
    parser.add_argument("--start", metavar="DATE", type=date.fromisoformat, required=True, help="first day: 2026-11-24")
    parser.add_argument("--end", metavar="DATE", type=date.fromisoformat, required=True, help="day after the last one")
    arguments = parser.parse_args()
    sys.exit(run_program(partial(main, Window(arguments.start, arguments.end))))
