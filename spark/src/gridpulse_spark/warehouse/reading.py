"""Reads a window from Cassandra by partition key and clustering range, as rows of the warehouse."""

import logging
from collections.abc import Sequence
from itertools import product
from typing import Any, Final, cast

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.frames import make_frame
from gridpulse_spark.java import java_errors
from gridpulse_spark.sinks import connector_conf
from gridpulse_spark.stores import BY_KEY_CONF, open_table
from gridpulse_spark.transforms.missing import null_for_nan
from gridpulse_spark.warehouse.errors import WarehouseError
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_spark.warehouse.tables import WRITE_TIMESTAMP, Field, Table
from gridpulse_spark.warehouse.window import Window

__all__ = ["VARIANTS", "read_window", "reading_conf"]

_log = logging.getLogger(__name__)
VARIANTS: Final = ("lifecycle", "direct")


def reading_conf(settings: WarehouseSettings) -> dict[str, str]:
    """Spark settings that the reads need."""
    return {
        **connector_conf(settings),
        **BY_KEY_CONF,
        "spark.cassandra.concurrent.reads": str(settings.concurrent_reads),
    }


def read_window(
    session: SparkSession, table: Table, window: Window, *, keyspace: str, zones: Sequence[str]
) -> DataFrame:
    """Rows of the Cassandra table of the same name whose `at` is in the window, with the columns of the warehouse.

    A missing number is null, an exchange is an array of (neighbour, mw) sorted by neighbour. Cassandra is asked for
    each partition by its key, with the range of `at` as a clustering range: an IN on several partition columns would
    read the whole table. Raises WarehouseError where that is not how Spark would do it, where there is no such table,
    and where Cassandra does not answer.
    """
    what = f"{keyspace}.{table.name} can't be read from Cassandra"
    with java_errors(WarehouseError, what):
        rows = _rows(session, table, window, keyspace, zones)
        plan = str(cast("Any", rows)._jdf.queryExecution().executedPlan())
    if "Cassandra Direct Join" not in plan:
        raise WarehouseError(f"{what} by key; the plan is\n{plan}")
    _log.info("%s", next(line.strip(" +-") for line in plan.splitlines() if "Cassandra Direct Join" in line))
    return rows


def _rows(session: SparkSession, table: Table, window: Window, keyspace: str, zones: Sequence[str]) -> DataFrame:
    keys, period = _partitions(table, window, zones)
    columns = [name for name in (*table.key, period) if name not in ("at", "updated_at")]
    wanted = make_frame(session, keys, _schema(columns, period))
    rows = (
        open_table(session, keyspace, table.name)
        .where((F.col("at") >= F.lit(window.start)) & (F.col("at") < F.lit(window.end)))
        .withColumn(WRITE_TIMESTAMP, F.expr("writetime(kind)"))  # every cell of a row has the same
    )
    return wanted.join(rows, columns).select(*(_value(field).alias(field.name) for field in table.fields))


def _partitions(table: Table, window: Window, zones: Sequence[str]) -> tuple[list[tuple[Any, ...]], str]:
    """Partition keys without their order's meaning: the values by column of the key, and the last column's name."""
    is_revisions = "updated_at" in table.key
    period, periods = ("month", window.months) if is_revisions else ("year", window.years)
    variants = [VARIANTS] if "variant" in table.key else []
    return list(product(zones, *variants, window.granularities, periods)), period


def _schema(columns: Sequence[str], period: str) -> str:
    return ", ".join(f"{name} {'int' if name == period else 'string'}" for name in columns)


def _value(field: Field) -> Column:
    column = F.col(field.name)
    if field.mode == "REPEATED" and field.type == "RECORD":
        key, number = field.fields

        def member(entry: Column) -> Column:
            return F.struct(entry["key"].alias(key.name), null_for_nan(entry["value"]).alias(number.name))

        return F.coalesce(F.array_sort(F.transform(F.map_entries(column), member)), F.array().cast(_EXCHANGE))
    if field.mode == "REPEATED":
        return F.coalesce(F.array_sort(column), F.array().cast("array<string>"))
    return null_for_nan(column) if field.type == "FLOAT" else column


_EXCHANGE: Final = "array<struct<neighbour: string, mw: double>>"
