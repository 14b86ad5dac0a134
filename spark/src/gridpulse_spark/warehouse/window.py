"""Which intervals one load covers, and in which Cassandra partitions they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gridpulse_contract.models import Granularity
from gridpulse_spark.errors import BadInputError

__all__ = ["DAYS_AFTER", "DAYS_BEFORE", "Window", "parse_day", "window_of"]

DAYS_BEFORE: Final = 100
"""The source goes on revising for three months."""
DAYS_AFTER: Final = 4
"""`at` may lie ahead: sources publish what they expect."""


@dataclass(frozen=True)
class Window:
    """Intervals that start in [start, end), both midnights in UTC. `day` names the load."""

    day: date
    start: datetime
    end: datetime

    @property
    def years(self) -> Sequence[int]:
        """Every year with an instant of the window."""
        return range(self.start.year, (self.end - timedelta(microseconds=1)).year + 1)

    @property
    def months(self) -> Sequence[int]:
        """Every month with an instant of the window, as 202601."""
        last = self.end - timedelta(microseconds=1)
        months = range(self.start.year * 12 + self.start.month - 1, last.year * 12 + last.month)
        return [month // 12 * 100 + month % 12 + 1 for month in months]

    @property
    def granularities(self) -> Sequence[str]:
        """Every width of a row."""
        return [granularity.value for granularity in Granularity]


def window_of(day: date, now: datetime) -> Window:
    """The window of the load of `day`. Raises BadInputError for a day that has not begun (in UTC)."""
    if day > now.astimezone(UTC).date():
        raise BadInputError(f"{day} is in the future: there is nothing to load yet.")
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Window(day, midnight - timedelta(days=DAYS_BEFORE), midnight + timedelta(days=DAYS_AFTER))


def parse_day(text: str) -> date:
    """A day as 2026-11-25. Raises BadInputError for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{text!r} is no day: write it as 2026-11-25.") from None
