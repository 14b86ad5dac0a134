"""What requests about forecasts mean in time: the span to search, the range to judge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gridpulse_contract.models import Granularity
from gridpulse_query_api.best_window import BestWindow, best_window, whole_intervals
from gridpulse_query_api.durations import MAX_DURATION, as_duration
from gridpulse_query_api.errors import BadParameterError, NoFreshForecastError, UnprocessableError
from gridpulse_query_api.forecasts import Forecast
from gridpulse_query_api.instants import WIDTH_MS, Span, as_text, to_ms
from gridpulse_query_api.parameters_of_forecasts import BestWindowQuery, ForecastErrorsQuery

__all__ = ["LONGEST_LEAD", "Plan", "judged_span", "plan_of", "solve"]

LONGEST_LEAD: Final = timedelta(hours=73)
"""How long before its interval a forecast is issued at most: the source looks 72 hours ahead."""

_DAY: Final = timedelta(days=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MAX_JUDGED: Final = {Granularity.HOURLY: 31 * _DAY, Granularity.MINUTES_15: 7 * _DAY, Granularity.MINUTES_5: 2 * _DAY}
_DEFAULT_JUDGED: Final = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Plan:
    """A search: so many whole intervals in a row, within a span of whole ones."""

    span: Span
    width_ms: int
    length: int


def plan_of(query: BestWindowQuery, now: datetime) -> Plan:
    """What to search. Raises BadParameterError or UnprocessableError where nothing can be found."""
    width_ms = WIDTH_MS[query.granularity]
    length, rest = divmod(query.duration // _MILLISECOND, width_ms)
    if rest:
        raise UnprocessableError(
            f"duration {as_duration(query.duration)} is not a whole number of {query.granularity} intervals. Round it, "
            "or ask for a finer granularity (granularity=15_minutes).",
            parameter="duration",
        )
    if query.within is not None and query.latest is not None:
        raise BadParameterError("Give either within or latest.", parameter="within")
    earliest = max(query.earliest or now, now)
    latest = query.latest or earliest + (query.within or _DAY)
    if latest <= earliest:
        what = "earliest" if query.earliest and query.earliest > now else "now"
        raise BadParameterError(
            f"latest {as_text(to_ms(latest))} must be after {what} {as_text(to_ms(earliest))}.", parameter="latest"
        )
    if latest - earliest > MAX_DURATION:
        raise BadParameterError(
            f"latest {as_text(to_ms(latest))} is more than {as_duration(MAX_DURATION)} after "
            f"{as_text(to_ms(earliest))}. Set an earlier latest: forecasts reach a few days ahead.",
            parameter="latest",
        )
    span = whole_intervals(Span(to_ms(earliest), to_ms(latest)), width_ms)
    if span.end_ms - span.start_ms < length * width_ms:
        parameter = "latest" if query.latest else "within"
        raise UnprocessableError(
            f"From {as_text(span.start_ms)}, when the next interval begins, to {as_text(to_ms(latest))} there is no "
            f"room for {as_duration(query.duration)}. Set a longer within, or a later latest.",
            parameter=parameter,
        )
    return Plan(span, width_ms, length)


def solve(plan: Plan, forecast: Forecast, query: BestWindowQuery, now: datetime) -> BestWindow:
    """The best window of a forecast, searched as far as that reaches.

    Raises NoFreshForecastError, or UnprocessableError where it knows of none.
    """
    age = timedelta(milliseconds=to_ms(now) - forecast.issued_at_ms)
    if age > timedelta(hours=query.max_age_hours):
        raise NoFreshForecastError(
            f"The newest forecast was issued at {as_text(forecast.issued_at_ms)}, more than {query.max_age_hours:g} "
            "hours ago. Ask later, or plan by an older one (max_age_hours).",
            parameter="max_age_hours",
        )
    reach_ms = max(row.at_ms for row in forecast.rows) + plan.width_ms
    searched = Span(plan.span.start_ms, min(plan.span.end_ms, reach_ms))
    found = best_window({row.at_ms: row.intensity for row in forecast.rows}, searched, plan.width_ms, plan.length)
    if found is None:
        raise UnprocessableError(
            f"The forecast issued at {as_text(forecast.issued_at_ms)} reaches to {as_text(reach_ms)}, and has no "
            f"{as_duration(query.duration)} without a gap in the time asked for. Set a shorter duration.",
            parameter="duration",
        )
    return found


def judged_span(query: ForecastErrorsQuery, now: datetime) -> Span:
    """The intervals whose forecasts are judged. Raises BadParameterError where there is none, or they are too many."""
    width_ms = WIDTH_MS[query.granularity]
    longest = _MAX_JUDGED[query.granularity]
    end_ms = to_ms(query.end) if query.end else to_ms(now) // width_ms * width_ms
    start_ms = to_ms(query.start) if query.start else end_ms - min(_DEFAULT_JUDGED, longest) // _MILLISECOND
    if start_ms >= end_ms:
        raise BadParameterError(
            f"start {as_text(start_ms)} must be before end {as_text(end_ms)}.",
            parameter="start" if query.start else "end",
        )
    if end_ms - start_ms > longest // _MILLISECOND:
        raise BadParameterError(
            f"A range of {query.granularity} forecasts can have {longest.days} days at most. Ask for several ranges.",
            parameter="start",
        )
    return Span(start_ms, end_ms)
