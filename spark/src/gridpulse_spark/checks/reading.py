"""What the checks read: the zones' days in the lake, and partitions of Cassandra's tables by their keys."""

from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import Granularity
from gridpulse_spark.analytics.window import Window

__all__ = ["READING_CONF", "read_partitions", "zone_days"]

READING_CONF: Final = {"spark.sql.extensions": "com.datastax.spark.connector.CassandraSparkExtensions"}
"""Spark's setting without which `read_partitions` would read whole tables."""


def zone_days(session: SparkSession, window: Window) -> DataFrame:
    """(zone, day) of every day (UTC) with an hourly row in the lake, whose views must be registered."""
    day = F.to_date("at")
    rows = session.table("power_breakdown").where(F.col("granularity") == Granularity.HOURLY.value)
    in_window = rows.where((day >= F.lit(window.start)) & (day < F.lit(window.end)))
    return in_window.select("zone", day.alias("day")).distinct()


def read_partitions(session: SparkSession, keyspace: str, table: str, keys: DataFrame) -> DataFrame:
    """The rows of the partitions whose keys are given, all columns of the key by name."""
    stored = session.read.format("org.apache.spark.sql.cassandra").options(
        keyspace=keyspace, table=table, directJoinSetting="on"
    )
    return keys.join(stored.load(), keys.columns)
