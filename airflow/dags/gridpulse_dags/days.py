"""How a day goes from the archive to the analytics and on to the warehouse: assets, and the day in their events.

A run that an asset triggers has no data interval, so the day is in the event's `extra`. Runs that wait for one another
see the events of several days at once, and take them all. A run by hand takes the days of its parameters.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from airflow.sdk import Asset, Param

__all__ = ["ANALYTICS_DAY", "DAY_PARAMS", "LAKE_DAY", "LAST_DAY_PARAM", "MACROS", "day_extra", "first_day", "last_day"]

LAKE_DAY: Final = Asset("gridpulse://lake/day")
"""A day of append time is in the lake, all 24 hours of it."""
ANALYTICS_DAY: Final = Asset("gridpulse://analytics/day")
"""The questions are answered up to that day."""

_DAY: Final = "day"
DAY_PARAMS: Final[Any] = {
    name: Param(None, type=["null", "string"], format="date", description=description)
    for name, description in (
        ("first_day", "First day (UTC), as 2026-11-24. For a run by hand; an event brings its own."),
        ("last_day", "Last day (UTC), inclusive."),
    )
}
LAST_DAY_PARAM: Final[Any] = {"last_day": DAY_PARAMS["last_day"]}


def day_extra(day: str | date) -> dict[str, str]:
    """What an asset's event says."""
    return {_DAY: str(day)}


def first_day(events: Mapping[Any, Sequence[Any]], params: Mapping[str, Any], days_before: int = 0) -> str:
    """The first day of a run, `days_before` the oldest event's; of a run by hand its parameter."""
    days = _days(events)
    return str(min(days) - timedelta(days=days_before)) if days else _param(params, "first_day")


def last_day(events: Mapping[Any, Sequence[Any]], params: Mapping[str, Any], days_after: int = 0) -> str:
    """The last day of a run, plus `days_after` in both cases."""
    days = _days(events)
    last = max(days) if days else date.fromisoformat(_param(params, "last_day"))
    return str(last + timedelta(days=days_after))


MACROS: Final[dict[str, Any]] = {"first_day": first_day, "last_day": last_day}
"""For `user_defined_macros`: templates call these."""


def _days(events: Mapping[Any, Sequence[Any]]) -> list[date]:
    return [date.fromisoformat(event.extra[_DAY]) for found in events.values() for event in found]


def _param(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name)
    if not value:
        raise ValueError(f"Nothing says which days: a run by hand needs the parameter {name}.")
    return str(value)
