"""Which hours are missing, and in how few windows they can be fetched. Hours are UTC's, named by their start."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from gridpulse_ingester.source import Window

__all__ = ["HOUR", "days_before", "hours_of", "merged", "missing_hours", "stretches"]

HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def hours_of(window: Window) -> Iterator[datetime]:
    """Every hour that starts in the window, in order."""
    end = window.end.astimezone(UTC)
    hour = _EPOCH - (_EPOCH - window.start.astimezone(UTC)) // HOUR * HOUR  # the first not before its start
    while hour < end:
        yield hour
        hour += HOUR


def missing_hours(window: Window, present: Collection[datetime]) -> list[datetime]:
    """Hours of the window that are not present, in order."""
    return [hour for hour in hours_of(window) if hour not in present]


def days_before(end: datetime, distances: Iterable[int]) -> list[Window]:
    """The UTC days that lie so many days before the day of `end`."""
    midnight = datetime.combine(end.astimezone(UTC).date(), time(), UTC)
    return [Window(midnight - days * _DAY, midnight - (days - 1) * _DAY) for days in sorted(set(distances))]


def merged(hours: Iterable[datetime], longest: timedelta) -> list[Window]:
    """The fewest windows of at most `longest` (an hour or more) that hold all of the hours, in order.

    Each starts with one of the hours and ends with one; what lies between may be fetched with them.
    """
    return _joined(hours, lambda window, hour: hour + HOUR - window.start <= longest)


def stretches(hours: Iterable[datetime]) -> list[Window]:
    """Hours without a break between them as one window each, in order."""
    return _joined(hours, lambda window, hour: window.end == hour)


def _joined(hours: Iterable[datetime], takes: Callable[[Window, datetime], bool]) -> list[Window]:
    """The hours in order, each in the window before it if that takes it, else in a window of its own."""
    windows: list[Window] = []
    for hour in sorted(set(hours)):
        if windows and takes(windows[-1], hour):
            windows[-1] = Window(windows[-1].start, hour + HOUR)
        else:
            windows.append(Window(hour, hour + HOUR))
    return windows
