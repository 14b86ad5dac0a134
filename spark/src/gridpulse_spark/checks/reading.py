"""What the checks read: the zones' days in the lake, and partitions of Cassandra's tables by their keys."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import Granularity
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.stores import open_table

__all__ = ["read_partitions", "zone_days"]


def zone_days(session: SparkSession, window: Window) -> DataFrame:
    """(zone, day) of every day (UTC) with an hourly row in the lake, whose views must be registered."""
    rows = session.table("power_breakdown").where(F.col("granularity") == Granularity.HOURLY.value)
    return window.rows(rows.select("zone", F.to_date("at").alias("day"))).distinct()


def read_partitions(session: SparkSession, keyspace: str, table: str, keys: DataFrame) -> DataFrame:
    """The rows of the partitions whose keys are given, all columns of the key by name; needs BY_KEY_CONF."""
    return keys.join(open_table(session, keyspace, table), keys.columns)
