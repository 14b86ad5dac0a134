"""Reads a request for data: its parameters, checked as the source checks them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.zones import load_zones
from gridpulse_standin.errors import bad_request, no_route, not_entitled
from gridpulse_standin.offers import OFFERS, Offer
from gridpulse_standin.source import Query, Version

__all__ = ["FORECAST_HORIZONS_H", "Ask", "check_later_signal", "instant", "zone_asked"]

FORECAST_HORIZONS_H: Final = (6, 24, 48, 72)
_BREAKDOWN_TYPE: Final = "breakdownType"  # its error has words of its own
_FINE: Final = (Granularity.HOURLY.value, Granularity.MINUTES_15.value, Granularity.MINUTES_5.value)
_COARSE: Final = ("daily", "weekly", "monthly", "quarterly", "yearly")
_LONGEST_RANGE: Final = {"daily": timedelta(days=100)}
_LONGEST_FINE_RANGE: Final = timedelta(days=10)

# Signals whose place is kept: they answer as in a plan that does not hold them.
_LATER_SIGNALS: Final = re.compile(
    r"electricity-source-[a-z]+|price-day-ahead|locational-marginal-price-day-ahead|(net|total|total-reported)-load"
    r"|renewable-energy|carbon-free-energy|carbon-intensity-fossil-only|(carbon-intensity|carbon-free-percentage|renewable-percentage)-level"
)


@dataclass(frozen=True)
class Ask:
    """A well-formed request for data. `start` and `end` are of past-range, `at` of past."""

    version: Version
    temporality: str
    query: Query
    estimates: bool
    at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    horizon_hours: int = 24

    @classmethod
    def read(cls, version: str, signal: str, temporality: str, zone: str, parameters: Mapping[str, str]) -> "Ask":
        """Raises ApiError: 404 for an unknown path, 400 for anything wrong with the parameters."""
        offer = OFFERS.get(signal)
        if offer is None or version not in offer.versions:
            raise no_route()
        if temporality not in offer.temporalities:
            raise bad_request(f'Invalid temporality "{temporality}". Expected one of {", ".join(offer.temporalities)}')
        variant = _variant(parameters, offer)
        start = instant(parameters, "start") if temporality == "past-range" else None
        end = instant(parameters, "end") if temporality == "past-range" else None
        asked_granularity = parameters.get("temporalGranularity", Granularity.HOURLY)
        if start is not None and end is not None:
            _check_range(start, end, asked_granularity)
        if asked_granularity in _COARSE and temporality.startswith("past"):
            raise not_entitled(zone, temporality, signal)  # energy, which this platform refuses to read
        granularity = _choice(parameters, "temporalGranularity", _FINE)
        return cls(
            version=Version(version),
            temporality=temporality,
            query=Query(
                signal=Signal(signal),
                zone=zone,
                granularity=Granularity(granularity),
                variant=variant,
                flow_traced=signal != Signal.CARBON_INTENSITY or parameters.get("flowTraced", "true") != "false",
            ),
            estimates=parameters.get("disableEstimations") != "true",
            at=instant(parameters, "datetime") if temporality == "past" else None,
            start=start,
            end=end,
            horizon_hours=int(_choice(parameters, "horizonHours", ("24", *map(str, FORECAST_HORIZONS_H)))),
        )


def zone_asked(parameters: Mapping[str, str], caller_zone: str) -> str:
    """The zone asked for; the caller's own where none is named. Raises ApiError (400)."""
    zone = parameters.get("zone") or parameters.get("countryCode")
    if not zone:
        if parameters.get("disableCallerLookup") == "true":
            raise bad_request('Missing arguments "zone"')
        return caller_zone
    if zone not in load_zones():
        raise bad_request(f'Zone "{zone}" does not exist.')
    return zone


def instant(parameters: Mapping[str, str], name: str) -> datetime:
    """A parameter as an instant in UTC; a naive one is taken as UTC, as the source does. Raises ApiError (400)."""
    try:
        read = datetime.fromisoformat(parameters.get(name, "").replace(" ", "+"))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise bad_request(f'Missing or invalid date parameter "{name}"') from None


def check_later_signal(version: str, signal: str, temporality: str, parameters: Mapping[str, str]) -> None:
    """Raises ApiError: 404 where the signal does not exist, 400 for the mistakes that the source was seen to name."""
    if version != Version.V4 or not _LATER_SIGNALS.fullmatch(signal):
        raise no_route()
    if signal.endswith("-level") and temporality not in ("latest", "past", "past-range"):
        raise bad_request(f'Invalid temporality "{temporality}". Expected one of latest, past, past-range')
    if signal == "locational-marginal-price-day-ahead" and "node" not in parameters:
        raise bad_request('Missing arguments "node"')
    if signal == "price-day-ahead" and temporality == "forecast":
        instant(parameters, "start")
        instant(parameters, "end")


def _variant(parameters: Mapping[str, str], offer: Offer) -> str:
    if offer.variant_parameter is None:
        return ""
    asked = parameters.get(offer.variant_parameter, offer.variants[0])
    if offer.variant_parameter == _BREAKDOWN_TYPE and asked not in offer.variants:
        raise bad_request(f"Invalid breakdown type. Valid breakdown types are: {', '.join(offer.variants)}")
    return _choice(parameters, offer.variant_parameter, offer.variants)


def _choice(parameters: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The first choice is the default."""
    value = parameters.get(name, choices[0])
    if value not in choices:
        raise bad_request(f'Invalid {name} "{value}". Expected one of {", ".join(dict.fromkeys(choices))}')
    return value


def _check_range(start: datetime, end: datetime, granularity: str) -> None:
    if end <= start:
        raise bad_request('Invalid date range: "end" must be after "start"')
    longest = _LONGEST_RANGE.get(granularity, _LONGEST_FINE_RANGE)
    if end - start > longest:
        raise bad_request(f"Date range exceeded {longest.days} days limit for {granularity} data")
