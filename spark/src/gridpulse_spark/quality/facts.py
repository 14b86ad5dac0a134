"""What the rules look at."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import Granularity, Signal
from gridpulse_spark.lake.keeping import keep
from gridpulse_spark.transforms.rows import WRITE_TIMESTAMP_US

__all__ = ["EARLIER_DAYS", "JUDGED", "Facts", "gathered_facts"]

JUDGED: Final = (Signal.POWER_BREAKDOWN, Signal.CARBON_INTENSITY)
"""The signals whose views are looked at."""

EARLIER_DAYS: Final = 7
"""How many days before the one that is judged are looked at."""


@dataclass(frozen=True)
class Facts:
    """Hourly rows around one day (UTC), of the zones whose power breakdown has a row in it or in the week before."""

    day: date
    power: DataFrame
    """Current rows of the day and of the week before, with their `day` and `hour` (as 03:00)."""
    carbon: DataFrame
    """The same of the carbon intensity, in every variant."""
    revisions: DataFrame
    """All revisions of the day's power breakdown, with `hour`."""
    made_of: DataFrame
    """By zone `write_timestamp_us`, which grows with every revision of either signal in these days."""

    def of_day(self, rows: DataFrame) -> DataFrame:
        """Those of the rows that are of the day itself."""
        return rows.where(F.col("day") == F.lit(self.day))

    def zones(self) -> DataFrame:
        """Their keys."""
        return self.power.select("zone").distinct()


@contextmanager
def gathered_facts(session: SparkSession, day: date) -> Generator[Facts]:
    """The facts of a day from the lake reader's views."""
    earliest = day - timedelta(days=EARLIER_DAYS)

    def hours(view: str) -> DataFrame:
        rows = session.table(view).where(F.col("granularity") == Granularity.HOURLY.value)
        on = F.to_date("at")
        dated = rows.withColumns({"day": on, "hour": F.date_format("at", "HH:mm")})
        return dated.where((F.col("day") >= F.lit(earliest)) & (F.col("day") <= F.lit(day)))

    power = keep(hours("power_breakdown"))
    carbon = keep(hours("carbon_intensity"))
    revisions = keep(hours("power_breakdown_revisions"))
    stamps = [rows.select("zone", _milliseconds()) for rows in (revisions, hours("carbon_intensity_revisions"))]
    made_of = stamps[0].unionAll(stamps[1]).groupBy("zone").agg(F.sum("milliseconds").alias(WRITE_TIMESTAMP_US))
    facts = Facts(day, power, carbon, revisions.where(F.col("day") == F.lit(day)), made_of)
    try:
        yield facts
    finally:
        for kept in (power, carbon, revisions):
            kept.unpersist()


def _milliseconds() -> Column:
    # Of each revision, since thousands of them add up: docs/decisions/write-timestamp-of-a-day.md.
    return F.floor(F.col(WRITE_TIMESTAMP_US) / 1000).alias("milliseconds")
