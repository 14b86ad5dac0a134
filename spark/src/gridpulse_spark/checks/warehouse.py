"""Does BigQuery have what Cassandra has, long after the load has proved it by checksum and gone?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import Granularity
from gridpulse_spark.checks.failing import fail_if_any
from gridpulse_spark.warehouse.client import BigQuery
from gridpulse_spark.warehouse.reading import read_window
from gridpulse_spark.warehouse.tables import Table
from gridpulse_spark.warehouse.window import Window

__all__ = ["check_warehouse"]

_DAYS: Final = 7
_SUBTABLE: Final = "energy_daily"


def check_warehouse(
    session: SparkSession, bigquery: BigQuery, table: Table, day: date, *, keyspace: str, zones: Sequence[str]
) -> int:
    """How many hourly rows of the week up to `day` the table has; `table` is that of the power breakdown.

    Raises CheckFailedError where a zone's day has fewer rows in BigQuery than in Cassandra, whose rows may have become
    more since the load only for days that still go on, and where the subtable of daily energy lacks a zone's day.
    """
    midnight = datetime.combine(day, time(), UTC)
    window = Window(day, midnight - timedelta(days=_DAYS - 1), midnight + timedelta(days=1))
    there = _in_bigquery(bigquery, table, window)
    made = _in_subtable(bigquery, window)
    problems: list[str] = []
    for (zone, of), rows in sorted(_in_cassandra(session, table, window, keyspace, zones).items()):
        if there[zone, of] < rows:
            problems.append(
                f"{zone} has {rows} rows of {of} in {keyspace}.{table.name}, {there[zone, of]} in BigQuery."
            )
        if (zone, of) not in made:
            problems.append(f"{zone} has no energy of {of} in BigQuery's {_SUBTABLE}.")
    fail_if_any(problems)
    return there.total()


def _in_cassandra(
    session: SparkSession, table: Table, window: Window, keyspace: str, zones: Sequence[str]
) -> Mapping[tuple[str, date], int]:
    rows = read_window(session, table, window, keyspace=keyspace, zones=zones)
    hourly = rows.where(F.col("granularity") == Granularity.HOURLY.value)
    counts = hourly.groupBy("zone", F.to_date("at").alias("day")).count()
    return {(row["zone"], row["day"]): row["count"] for row in counts.collect()}


def _in_bigquery(bigquery: BigQuery, table: Table, window: Window) -> Counter[tuple[str, date]]:
    start, end = (instant.strftime("%Y-%m-%d %H:%M:%S+00") for instant in (window.start, window.end))
    found = bigquery.ask(
        f"SELECT zone, DATE(`at`) AS day, COUNT(*) AS row_count FROM `{bigquery.name_of(table)}` "  # noqa: S608
        f"WHERE `at` >= TIMESTAMP '{start}' AND `at` < TIMESTAMP '{end}' "
        f"AND granularity = '{Granularity.HOURLY}' GROUP BY zone, day"
    )
    return Counter({(row["zone"], row["day"]): row["row_count"] for row in found})


def _in_subtable(bigquery: BigQuery, window: Window) -> set[tuple[str, date]]:
    found = bigquery.ask(
        f"SELECT DISTINCT zone, day FROM {_SUBTABLE} WHERE calendar = 'utc' "  # noqa: S608
        f"AND day >= DATE '{window.start:%Y-%m-%d}' AND day < DATE '{window.end:%Y-%m-%d}'"
    )
    return {(row["zone"], row["day"]) for row in found}
