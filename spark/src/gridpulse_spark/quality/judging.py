"""The rules' verdicts on a day."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.quality.facts import Facts
from gridpulse_spark.quality.rules import RULES, Rule, Severity

__all__ = ["judge"]


def judge(facts: Facts) -> DataFrame:
    """One row for each zone and rule, with the columns of Cassandra's `data_quality` and `write_timestamp_us`.

    A rule that found nothing has its row too, so that what is mended is known to be.
    """
    found = reduce(DataFrame.unionAll, (_found_by(rule, facts) for rule in RULES))
    by_rule = found.groupBy("zone", "rule").agg(F.sort_array(F.collect_set("found")).alias("found"))
    every_rule = facts.zones().select("zone", F.inline(F.array(*map(_description, RULES))))
    judged = every_rule.join(facts.made_of, "zone").join(by_rule, ["zone", "rule"], "left")
    members = F.coalesce(F.col("found"), F.array().cast("array<string>"))
    count = F.size(members)
    listed = F.concat(F.col("meaning"), F.lit(": "), F.array_join(members, ", "))
    return judged.select(
        "zone",
        F.lit(facts.day.year).alias("year"),
        F.lit(facts.day).alias("day"),
        "rule",
        _severity(count).alias("severity"),
        count.alias("findings"),
        F.when(count > 0, listed).otherwise("").alias("detail"),
        "write_timestamp_us",
    )


def _found_by(rule: Rule, facts: Facts) -> DataFrame:
    return rule.find(facts).select("zone", F.lit(rule.name).alias("rule"), "found")


def _description(rule: Rule) -> Column:
    return F.struct(
        F.lit(rule.name).alias("rule"),
        F.lit(rule.meaning).alias("meaning"),
        F.lit(rule.warning_from).alias("warning_from"),
        F.lit(rule.error_from).alias("error_from"),
    )


def _severity(count: Column) -> Column:
    is_error, is_warning = count >= F.col("error_from"), count >= F.col("warning_from")
    return F.when(is_error, Severity.ERROR.value).when(is_warning, Severity.WARNING.value).otherwise(Severity.OK.value)
