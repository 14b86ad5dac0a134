"""Loads the days around one day from Cassandra into BigQuery and makes the subtables: `gridpulse_spark.warehouse`.

Settings: GRIDPULSE_WAREHOUSE_* (`gridpulse_spark.warehouse.settings`). Prints a line of JSON for each table. Running it
again for the same day changes nothing. Exit codes: 0 done, 1 failed, 2 wrong settings or arguments.
"""

import argparse
import json
import logging
import sys
import uuid
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gridpulse_spark.analytics.window import Window as Days
from gridpulse_spark.batch_metrics import DayMetrics
from gridpulse_spark.program import run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.warehouse.client import BigQuery
from gridpulse_spark.warehouse.load import Load
from gridpulse_spark.warehouse.reading import reading_conf
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_spark.warehouse.subtables import Subtables
from gridpulse_spark.warehouse.tables import read_tables
from gridpulse_spark.warehouse.window import parse_day, window_of

_JOB: Final = "load-bigquery"
_DEFINITIONS: Final = Path(__file__).parents[2] / "bigquery"


def main() -> None:
    """Wire the job and run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--day", required=True, help="the newest day to load, as 2026-11-25 (UTC)")
    arguments = parser.parse_args()
    window = window_of(parse_day(arguments.day), datetime.now(UTC))
    settings = WarehouseSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    logging.getLogger(__name__).info("settings: %s", settings)
    tables = read_tables(_DEFINITIONS)
    subtables = Subtables(_DEFINITIONS)
    days = Days(settings.subtables_start, window.day + timedelta(days=1)).whole_months()
    run = uuid.uuid4().hex[:12]
    bigquery = BigQuery(settings)
    try:
        conf = {**reading_conf(settings), **settings.spark_conf}
        with open_session(_JOB, jars_dir=settings.jars_dir, conf=conf) as session:
            load = Load(session, bigquery, settings, tables, window, run)
            load.prepare()
            load.load_reference()
            for loaded in load.load_tables():
                sys.stdout.write(json.dumps(asdict(loaded)) + "\n")
        for name in subtables.make(bigquery, start=days.start, end=days.end, run=run):
            sys.stdout.write(json.dumps({"subtable": name}) + "\n")
    finally:
        bigquery.close()
    metrics = DayMetrics("warehouse")
    metrics.set_day(window.day)
    metrics.push(settings.metrics_push_url, _JOB)


if __name__ == "__main__":
    sys.exit(run_program(main))
