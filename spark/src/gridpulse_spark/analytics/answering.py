"""Answers every question and stores the answers."""

import logging
import time
from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from gridpulse_spark.analytics.questions import POWER_DAILY, QUESTIONS, Period, registered_views
from gridpulse_spark.analytics.results import write_results
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.sinks import write_table

__all__ = ["answer_questions", "first_look"]

_log = logging.getLogger(__name__)


def answer_questions(
    session: SparkSession, results: LakeFiles, sql_dir: Path, window: Window, keyspace: str | None
) -> None:
    """Answer every question over the window, and over the months that it touches; the reader's views must be there.

    Without a `keyspace` the answers are only stored as Parquet.

    Raises LakeError when the lake can't be read or the results can't be written, ConfigurationError when `sql_dir` is
    not as it should be. What was written before that stays, and a run of the same window finishes it.
    """
    results.clean_staging()
    with registered_views(session, sql_dir, window):
        for question in QUESTIONS:
            started = time.monotonic()
            rows = session.table(question.name)
            if question.period is Period.DAY:
                rows = window.rows(rows)
            written = write_results(rows, results, question.name, question.period)
            where, seconds = results.uri(question.name), time.monotonic() - started
            _log.info("%s: %d %ss in %s, in %.1f s", question.name, len(written), question.period, where, seconds)
        if keyspace is None:
            return
        # Last, since the API serves it: its day then has all its answers.
        write_table(window.rows(session.table(POWER_DAILY)), keyspace, POWER_DAILY)
        _log.info("%s.%s: written to Cassandra", keyspace, POWER_DAILY)


def first_look(session: SparkSession, results: LakeFiles, day: date) -> list[str]:
    """The cleanest zones of a day (UTC), a line for each, from what was written; empty where there was nothing."""
    if not results.names(f"ranking_daily/day={day}"):
        return []
    ranked = session.read.parquet(results.uri(f"ranking_daily/day={day}")).where(
        "calendar = 'utc' AND measure = 'carbon_intensity_gco2eq_per_kwh' AND rank <= 10"
    )
    return [f"{row['rank']:3} {row['zone']:10} {row['value']:5.0f} gCO2eq/kWh" for row in ranked.sort("rank").collect()]
