"""Hours, days and months of a calendar, as intervals of instants.

A local day is what the zone's clocks say: from the first instant of a date to the first of the next, so it has 23 or
25 hours where clocks change. A local hour lasts from one full hour on the clock to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

__all__ = ["Bucket", "Resolution", "buckets"]


class Resolution(StrEnum):
    """Width of a roll-up."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One hour, day or month, start inclusive, end exclusive, in UTC."""

    start: datetime
    end: datetime


def buckets(resolution: Resolution, zone: tzinfo, start: datetime, end: datetime) -> Iterator[Bucket]:
    """Every bucket that starts in [start, end), in order; each ends where the next starts."""
    if resolution is Resolution.HOUR:
        edges = _hours(zone, start)
    else:
        edges = _dates(zone, start, is_month=resolution is Resolution.MONTH)
    edge = next(edges)
    while edge < start:
        edge = next(edges)
    while edge < end:
        following = next(edges)
        if following > edge:  # a date that a zone skipped (Samoa, 2011-12-30) is no bucket
            yield Bucket(edge, following)
        edge = following


def _hours(zone: tzinfo, start: datetime) -> Iterator[datetime]:
    edge = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    while True:
        minute = edge.astimezone(zone).minute
        if minute == 0:
            yield edge
        edge += timedelta(minutes=60 - minute)


def _dates(zone: tzinfo, start: datetime, *, is_month: bool) -> Iterator[datetime]:
    date = start.astimezone(zone).date()
    if is_month:
        date = date.replace(day=1)
    while True:
        # fold=0: of a midnight that clocks show twice the first, of one that they skip the instant of the change
        yield datetime(date.year, date.month, date.day, tzinfo=zone).astimezone(UTC)
        date = (date.replace(day=28) + timedelta(days=4)).replace(day=1) if is_month else date + timedelta(days=1)
