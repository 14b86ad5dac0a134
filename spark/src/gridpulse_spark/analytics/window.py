"""The days that are asked for."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.errors import BadInputError

__all__ = ["DAY", "Window"]

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Days from `start`, inclusive, to `end`, exclusive."""

    start: date
    end: date

    def check(self, today: date) -> None:
        """Raise BadInputError unless it has a day, and none that lies ahead of `today` (UTC)."""
        if self.start >= self.end:
            raise BadInputError(f"The start {self.start} must be before the end {self.end}, which is exclusive.")
        if self.end > today + DAY:
            raise BadInputError(f"The last day, {self.end - DAY}, has not begun: today is {today} in UTC.")

    def rows(self, dated: DataFrame) -> DataFrame:
        """Those of the rows whose column `day` is in the window."""
        day = F.col("day")
        return dated.where((day >= F.lit(self.start)) & (day < F.lit(self.end)))

    def whole_months(self) -> "Window":
        """The window, widened to the first and to the last day of the months that it touches."""
        beyond = (self.end - DAY).replace(day=28) + 4 * DAY  # some day of the month that follows
        return Window(self.start.replace(day=1), beyond.replace(day=1))
