"""Answers well-formed requests from the source's rows, in the envelopes of each version."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from gridpulse_contract.models import Granularity, Signal, format_instant
from gridpulse_standin.answers import Answer
from gridpulse_standin.asking import Ask, instant
from gridpulse_standin.errors import no_recent_data
from gridpulse_standin.offers import OFFERS
from gridpulse_standin.revisions import WIDTH, floor
from gridpulse_standin.source import Query, Row, Source, Version

__all__ = ["forecast", "observations", "updates"]

_HISTORY: Final = timedelta(hours=24)
_UPDATES_REACH: Final = timedelta(days=10)
_UPDATES_LIMIT: Final = 100


def observations(source: Source, ask: Ask, query: Query, now: datetime) -> Answer:
    """The rows of `query` in the shape that `ask` calls for. Raises ApiError (404) where there is none to show."""
    offer = OFFERS[query.signal]
    width, version = WIDTH[query.granularity], ask.version
    said_granularity = {"temporalGranularity": query.granularity.value} if version is Version.V4 else {}

    def rows(start: datetime, end: datetime) -> tuple[Row, ...]:
        return tuple(source.between(query, start, end, version, now, estimates=ask.estimates))

    said_unit = {"unit": offer.unit} if version is Version.V4 else {}
    whole_head = {"zone": query.zone, **said_granularity, **said_unit}
    if ask.start is not None and ask.end is not None:
        found = rows(ask.start, ask.end)
        return Answer(found, "data", whole_head, {}, good=found)
    if ask.temporality == "history":
        end = source.newest(query, now) + width
        found = rows(end - _HISTORY, end)
        if offer.is_enveloped:
            return Answer(found, "history", whole_head, {}, good=found)
        return Answer(found, "history", {"zone": query.zone}, said_granularity, good=found)
    at = floor(ask.at, query.granularity) if ask.at else source.newest(query, now, estimates=ask.estimates)
    found = rows(at, at + width)
    if not found:
        raise no_recent_data(query.zone)
    if offer.is_enveloped:
        return Answer(found, "data", whole_head, {}, good=found)
    return Answer(found, None, {}, said_granularity, good=found)


def forecast(source: Source, ask: Ask, now: datetime) -> dict[str, Any]:
    """A forecast in its envelope."""
    made_at, rows = source.forecast(ask.query, now, ask.horizon_hours)
    answer = {"zone": ask.query.zone, "forecast": rows, "updatedAt": format_instant(made_at)}
    if ask.version is Version.V4:
        answer["temporalGranularity"] = ask.query.granularity.value
    return answer


def updates(source: Source, zone: str, parameters: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Which rows of the last ten days (or of `start` to `end`) were revised at or after `since`."""
    since = instant(parameters, "since")
    query = Query(Signal.CARBON_INTENSITY, zone, Granularity.HOURLY, "lifecycle")
    end = instant(parameters, "end") if "end" in parameters else now
    start = instant(parameters, "start") if "start" in parameters else end - _UPDATES_REACH
    revised = [
        {"updatedAt": format_instant(row.key.updated_at), "datetime": format_instant(row.key.at)}
        for row in source.between(query, max(start, end - _UPDATES_REACH), end, Version.V3, now)
        if row.key.updated_at >= since
    ]
    asked_limit = parameters.get("limit", "")
    limit = min(int(asked_limit), _UPDATES_LIMIT) if asked_limit.isdecimal() else _UPDATES_LIMIT
    return {
        "zone": zone,
        "updates": revised[:limit],
        "threshold": parameters.get("threshold", "P1D"),
        "limit": limit,
        "limitReached": len(revised) > limit,
    }
