"""Compares the last week in BigQuery with Cassandra: see `gridpulse_spark.checks.warehouse`.

Settings: GRIDPULSE_WAREHOUSE_* (`gridpulse_spark.warehouse.settings`). Exit codes: 0 no row is missing, 1 some are, 2
wrong settings or arguments.
"""

import argparse
import logging
import sys
from functools import partial
from pathlib import Path
from typing import Final

from gridpulse_contract.zones import load_zones
from gridpulse_spark.checks.warehouse import check_warehouse
from gridpulse_spark.program import run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.warehouse.client import BigQuery
from gridpulse_spark.warehouse.reading import reading_conf
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_spark.warehouse.tables import read_tables
from gridpulse_spark.warehouse.window import parse_day

_DEFINITIONS: Final = Path(__file__).parents[2] / "bigquery"


def main(text: str) -> None:
    """Wire the check and run it."""
    day = parse_day(text)
    settings = WarehouseSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    table = read_tables(_DEFINITIONS)["power_breakdown"]
    zones = settings.zones or tuple(load_zones())
    bigquery = BigQuery(settings)
    try:
        conf = {**reading_conf(settings), **settings.spark_conf}
        with open_session("check-warehouse", jars_dir=settings.jars_dir, conf=conf) as session:
            rows = check_warehouse(session, bigquery, table, day, keyspace=settings.keyspace, zones=zones)
    finally:
        bigquery.close()
    logging.getLogger(__name__).info("BigQuery has %d hourly rows of the week up to %s", rows, day)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare the last week in BigQuery with Cassandra.")
    parser.add_argument("--day", required=True, help="the newest day that was loaded, as 2026-11-25 (UTC)")
    sys.exit(run_program(partial(main, parser.parse_args().day)))
