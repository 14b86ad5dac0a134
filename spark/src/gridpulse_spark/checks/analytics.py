"""Are the answers there, and do Cassandra and the Parquet files give the same ones?"""

from typing import Final

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.analytics.questions import POWER_DAILY
from gridpulse_spark.analytics.window import DAY, Window
from gridpulse_spark.checks.failing import fail_if_any
from gridpulse_spark.checks.reading import read_partitions, zone_days
from gridpulse_spark.frames import make_frame
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.transforms.missing import null_for_nan

__all__ = ["check_analytics"]

_QUESTION: Final = "energy_daily"
_TYPES: Final = (
    "zone string, calendar string, day date, flow string, mode string, energy_mwh double, coverage_percent double"
)
_KEY: Final = ("zone", "calendar", "day", "flow", "mode")
_VALUES: Final = ("energy_mwh", "coverage_percent")
_CALENDARS: Final = ("utc", "local")
_LOOKED_AT: Final = 100


def check_analytics(session: SparkSession, results: LakeFiles, window: Window, keyspace: str) -> int:
    """How many rows of daily energy of the window are the same in both; the lake's views must be registered.

    Raises CheckFailedError where a day (UTC) of a zone with rows in the lake has no answer, and where a row is in one
    of the two only, or differs.
    """
    answers = _answers(session, results, window).cache()
    try:
        unanswered = zone_days(session, window).join(answers.where("calendar = 'utc'"), ["zone", "day"], "left_anti")
        problems = [f"{row['zone']} has rows of {row['day']}, but no answer." for row in _some(unanswered)]
        differing = _differing(answers, _stored(session, answers, window, keyspace))
        problems += [
            f"{' '.join(str(row[name]) for name in _KEY)}: {row['ours']} in {results.uri(_QUESTION)}, "
            f"{row['theirs']} in {keyspace}.{POWER_DAILY}."
            for row in _some(differing)
        ]
        fail_if_any(problems)
        return answers.count()
    finally:
        answers.unpersist()


def _answers(session: SparkSession, results: LakeFiles, window: Window) -> DataFrame:
    days = (window.start + number * DAY for number in range((window.end - window.start).days))
    folders = [f"{_QUESTION}/day={day}" for day in days]
    paths = [results.uri(folder) for folder in folders if results.names(folder)]
    if not paths:
        return make_frame(session, [], _TYPES)
    return session.read.schema(_TYPES).option("basePath", results.uri(_QUESTION)).parquet(*paths)


def _stored(session: SparkSession, answers: DataFrame, window: Window, keyspace: str) -> DataFrame:
    zones = [row["zone"] for row in answers.select("zone").distinct().collect()]
    years = range(window.start.year, (window.end - DAY).year + 1)
    keys = [(zone, calendar, year) for zone in zones for calendar in _CALENDARS for year in years]
    wanted = make_frame(session, keys, "zone string, calendar string, year int")
    found = read_partitions(session, keyspace, POWER_DAILY, wanted)
    return window.rows(found).select(*_KEY, null_for_nan(F.col("energy_mwh")).alias("energy_mwh"), "coverage_percent")


def _differing(answers: DataFrame, stored: DataFrame) -> DataFrame:
    def values(rows: DataFrame, name: str) -> DataFrame:
        return rows.select(*_KEY, F.struct(*_VALUES).alias(name))

    joined = values(answers, "ours").join(values(stored, "theirs"), list(_KEY), "full_outer")
    return joined.where(~F.col("ours").eqNullSafe(F.col("theirs")))


def _some(rows: DataFrame) -> list[Row]:
    return rows.limit(_LOOKED_AT).collect()
