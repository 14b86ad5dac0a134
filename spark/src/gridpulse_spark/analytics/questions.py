"""What `spark/sql` asks, and the views that it asks of."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

from gridpulse_contract.models import Signal
from gridpulse_spark.analytics.window import DAY, Window
from gridpulse_spark.errors import ConfigurationError

__all__ = ["ASKED", "POWER_DAILY", "QUESTIONS", "Period", "Question", "registered_views"]


class Period(StrEnum):
    """What a result is written by: also the name of the column."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Question:
    """A question, named as its file."""

    name: str
    period: Period


ASKED: Final = (Signal.POWER_BREAKDOWN, Signal.CARBON_INTENSITY)
"""The signals whose views the questions read."""

POWER_DAILY: Final = "power_daily"
QUESTIONS: Final = (
    Question("energy_daily", Period.DAY),
    Question("energy_monthly", Period.MONTH),
    Question("carbon_intensity_daily", Period.DAY),
    Question("shares_daily", Period.DAY),
    Question("exchange_balance", Period.DAY),
    Question("profile_hour_of_day", Period.MONTH),
    Question("profile_weekday", Period.MONTH),
    Question("ranking_daily", Period.DAY),
    Question("records", Period.MONTH),
    Question("revision_statistics", Period.MONTH),
)
"""In an order in which each needs only those before it."""

_HOURS: Final = ("power_hours", "carbon_hours")
_READ_OFTEN: Final = (*_HOURS, "energy_daily", "carbon_intensity_daily", "shares_daily")
_VIEWS: Final = ("days_of_zones", *_HOURS, "flow_hours")


@contextmanager
def registered_views(session: SparkSession, sql_dir: Path, window: Window) -> Generator[None]:
    """Every question as a temporary view, over the whole months that the window touches.

    The reader's views must be there. Raises ConfigurationError when `sql_dir` does not hold exactly the files that it
    should.
    """
    names = (*_VIEWS, *(question.name for question in QUESTIONS), POWER_DAILY)
    present = {path.stem for path in sql_dir.glob("*.sql")}
    if present != set(names):
        raise ConfigurationError(f"{sql_dir} should hold {sorted(names)}, each as .sql, but holds {sorted(present)}.")
    months = window.whole_months()
    days = f"SELECT explode(sequence(DATE'{months.start}', DATE'{months.end - DAY}')) AS day"
    _sql(session, days).createOrReplaceTempView("days")
    kept = [_register(session, name, sql_dir) for name in names]
    try:
        yield
    finally:
        # The last first: of one that others read, Spark would plan the kept ones that are left again.
        for name, view in reversed([*zip(names, kept, strict=True)]):
            view.unpersist()
            session.catalog.dropTempView(name)


def _register(session: SparkSession, name: str, sql_dir: Path) -> DataFrame:
    view = _sql(session, (sql_dir / f"{name}.sql").read_text(encoding="utf-8"))
    if name in _READ_OFTEN:
        view.persist(StorageLevel.MEMORY_AND_DISK)
    view.createOrReplaceTempView(name)
    return view


def _sql(session: SparkSession, text: str) -> DataFrame:
    untyped: Any = session  # its `sql` is typed in part only
    return untyped.sql(text)
