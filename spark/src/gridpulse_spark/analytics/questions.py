"""What `spark/sql` asks, and the views that it asks of."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pyspark.sql import DataFrame, SparkSession

from gridpulse_contract.models import Signal
from gridpulse_spark.analytics.window import DAY, Window
from gridpulse_spark.errors import ConfigurationError
from gridpulse_spark.lake.keeping import keep

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

_HOURS: Final = ("asked_power", "asked_carbon", "days_of_zones", "power_hours", "carbon_hours")
_READ_OFTEN: Final = (*_HOURS, "energy_daily", "carbon_intensity_daily", "shares_daily")
_VIEWS: Final = (*_HOURS, "flow_hours")


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
    asked = {"first_day": months.start, "last_day": months.end - DAY}
    _sql(session, "SELECT explode(sequence(:first_day, :last_day)) AS day", asked).createOrReplaceTempView("days")
    with ExitStack() as stack:
        for name in names:
            view = _sql(session, (sql_dir / f"{name}.sql").read_text(encoding="utf-8"), asked)
            if name in _READ_OFTEN:
                view = keep(view)
                stack.callback(view.unpersist)
            view.createOrReplaceTempView(name)
            stack.callback(session.catalog.dropTempView, name)
        yield


def _sql(session: SparkSession, text: str, values: Mapping[str, date]) -> DataFrame:
    untyped: Any = session  # its `sql` is typed in part only
    return untyped.sql(text, args=values)
