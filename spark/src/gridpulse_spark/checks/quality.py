"""Has every zone got its verdicts on a day?"""

from datetime import date

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.analytics.window import DAY, Window
from gridpulse_spark.checks.failing import fail_if_any
from gridpulse_spark.checks.reading import read_partitions, zone_days
from gridpulse_spark.lake.keeping import keep
from gridpulse_spark.quality.reporting import TABLE
from gridpulse_spark.quality.rules import RULES

__all__ = ["check_verdicts"]


def check_verdicts(session: SparkSession, day: date, keyspace: str) -> int:
    """How many zones have a verdict of every rule in Cassandra; the lake's views must be registered.

    Raises CheckFailedError naming the zones that have rows of the day in the lake and lack a verdict.
    """
    zones = keep(zone_days(session, Window(day, day + DAY)).select("zone", F.lit(day.year).alias("year")))
    try:
        verdicts = read_partitions(session, keyspace, TABLE, zones).where(F.col("day") == F.lit(day))
        counts = {row["zone"]: row["count"] for row in verdicts.groupBy("zone").count().collect()}
        names = [row["zone"] for row in zones.sort("zone").collect()]
    finally:
        zones.unpersist()
    fail_if_any(
        [
            f"{zone} has {counts.get(zone, 0)} verdicts on {day} in {keyspace}.{TABLE} in place of {len(RULES)}."
            for zone in names
            if counts.get(zone) != len(RULES)
        ]
    )
    return len(names)
