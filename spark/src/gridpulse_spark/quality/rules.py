"""The rules, each with its thresholds. A rule finds hours, or days: the more of them, the worse.

The flags `balance`, `sign`, `range` and `ahead` are the contract's (`gridpulse_contract.quality`), judged by each row
alone; the other rules compare rows with one another. The thresholds are ours: one odd hour is worth a look, a quarter
of a day is not an accident.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.models import Kind
from gridpulse_contract.quality import Quality
from gridpulse_spark.quality.facts import EARLIER_DAYS, Facts
from gridpulse_spark.transforms.rows import WRITE_TIMESTAMP_US

__all__ = ["FLAT_HOURS", "LATE_HOURS", "RULES", "Rule", "Severity"]

FLAT_HOURS: Final = 6
"""Consumption that stays the same for so long is stuck: even small islands change by a tenth of a MW."""
LATE_HOURS: Final = 6
"""The source's first word on an hour comes within minutes of its end; an outage of a TSO's feed takes hours."""

_HOUR_SECONDS: Final = 3600


class Severity(StrEnum):
    """How bad a verdict is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Rule:
    """Finds rows (zone, found), found being a text such as 03:00; `meaning` is what is wrong with them.

    From `warning_from` of them in a day on it is a warning, from `error_from` on an error.
    """

    name: str
    meaning: str
    warning_from: int
    error_from: int
    find: Callable[[Facts], DataFrame]


def _balance(facts: Facts) -> DataFrame:
    return _flagged(facts.of_day(facts.power), Quality.BALANCE)


def _sign(facts: Facts) -> DataFrame:
    return _flagged_in_both(facts, Quality.SIGN)


def _range(facts: Facts) -> DataFrame:
    return _flagged_in_both(facts, Quality.RANGE, Quality.AHEAD)


def _repeat(facts: Facts) -> DataFrame:
    """Hours that equal the same hour of an earlier day in every number; of the day that most of them equal."""
    # A row that says nothing, or that nothing is produced and consumed, repeats nothing.
    telling = facts.power.where((F.col("consumption_total_mw") > 0) | (F.col("production_total_mw") > 0))
    numbers = F.struct(*(F.col(column) for column in POWER_NUMBER_COLUMNS))
    rows = telling.select("zone", "day", "hour", numbers.alias("numbers"))
    earlier = rows.where(F.col("day") < F.lit(facts.day)).withColumnRenamed("day", "earlier")
    equal = facts.of_day(rows).join(earlier, ["zone", "hour", "numbers"])
    by_day = Window.partitionBy("zone", "earlier")
    best_first = Window.partitionBy("zone").orderBy(F.col("hours").desc(), F.col("earlier").desc())
    counted = equal.withColumn("hours", F.count("*").over(by_day)).withColumn("place", F.rank().over(best_first))
    found = F.concat_ws(" as on ", F.col("hour"), F.col("earlier").cast("string"))
    return _found(counted.where(F.col("place") == 1), found)


def _flat(facts: Facts) -> DataFrame:
    """Hours in a stretch of the day through which consumption stays the same."""
    in_order = Window.partitionBy("zone").orderBy("at")
    value, seconds = F.col("consumption_total_mw"), F.unix_timestamp("at")
    goes_on = value.eqNullSafe(F.lag(value).over(in_order)) & (seconds - F.lag(seconds).over(in_order) == _HOUR_SECONDS)
    starts = F.when(goes_on, 0).otherwise(1)
    stretches = facts.of_day(facts.power).withColumn("starts", starts)
    numbered = stretches.withColumn("stretch", F.sum("starts").over(in_order))
    hours = F.count("*").over(Window.partitionBy("zone", "stretch"))
    return _found(numbered.withColumn("hours", hours).where((F.col("hours") >= FLAT_HOURS) & (value > 0)))


def _gaps(facts: Facts) -> DataFrame:
    """Hours without a row, or with one that has neither of the totals."""
    every_hour = F.array(*(F.lit(f"{hour:02}:00") for hour in range(24)))
    hours = facts.zones().select("zone", F.explode(every_hour).alias("hour"))
    has_total = F.coalesce("consumption_total_mw", "production_total_mw").isNotNull()
    return _found(hours.join(facts.of_day(facts.power).where(has_total), ["zone", "hour"], "left_anti"))


def _late(facts: Facts) -> DataFrame:
    """Hours of which the source said nothing until long after their end."""
    first = facts.revisions.groupBy("zone", "at", "hour").agg(F.min("updated_at").alias("first"))
    wait_seconds = F.unix_timestamp("first") - F.unix_timestamp("at") - _HOUR_SECONDS
    return _found(first.where(wait_seconds > LATE_HOURS * _HOUR_SECONDS))


def _flip_flop(facts: Facts) -> DataFrame:
    """Hours whose totals went back to what the revision before the last had said."""
    in_order = Window.partitionBy("zone", "at").orderBy(WRITE_TIMESTAMP_US)
    totals = F.struct("production_total_mw", "consumption_total_mw")
    before, one_before_that = F.lag(totals, 1).over(in_order), F.lag(totals, 2).over(in_order)
    is_back = one_before_that.isNotNull() & totals.eqNullSafe(one_before_that) & ~totals.eqNullSafe(before)
    return _found(facts.revisions.withColumn("is_back", is_back).where("is_back"))


def _estimates_only(facts: Facts) -> DataFrame:
    """Days up to this one since the last that had anything but estimates."""
    is_estimated = F.col("kind") == Kind.ESTIMATED.value
    days = facts.power.groupBy("zone", "day").agg(F.min(is_estimated).alias("is_estimated"))
    newest_other = F.max(F.when(~F.col("is_estimated"), F.col("day"))).over(Window.partitionBy("zone"))
    since = days.withColumn("newest_other", newest_other)
    return _found(
        since.where(F.col("newest_other").isNull() | (F.col("day") > F.col("newest_other"))),
        F.col("day").cast("string"),
    )


RULES: Final = (
    Rule("balance", "totals differ from their sums by more than 5 MW", 1, 6, _balance),
    Rule("sign", "a number is negative that can't be", 1, 6, _sign),
    Rule("range", "a number or a time is beyond what a power system can have", 1, 1, _range),
    Rule("repeat", "all numbers are those of an earlier day", 6, 18, _repeat),
    Rule("flat", f"consumption stays the same for {FLAT_HOURS} hours or more", 6, 12, _flat),
    Rule("gaps", "there is no row, or one without totals", 1, 6, _gaps),
    Rule("late", f"the first value came more than {LATE_HOURS} hours after the end", 1, 12, _late),
    Rule("flip_flop", "a revision went back to the values of one before", 1, 6, _flip_flop),
    Rule("estimates_only", "nothing but estimates for a day or more", 1, EARLIER_DAYS + 1, _estimates_only),
)


def _flagged_in_both(facts: Facts, *flags: Quality) -> DataFrame:
    power, carbon = (_flagged(facts.of_day(rows), *flags) for rows in (facts.power, facts.carbon))
    return power.unionAll(carbon.join(facts.zones(), "zone", "left_semi"))


def _flagged(rows: DataFrame, *flags: Quality) -> DataFrame:
    return _found(rows.where(F.arrays_overlap("quality", F.array(*(F.lit(flag.value) for flag in flags)))))


def _found(rows: DataFrame, text: Column | None = None) -> DataFrame:
    return rows.select("zone", (F.col("hour") if text is None else text).alias("found"))
