"""What looks wrong in a row of the source, judged by the row alone: it is stored all the same, and flagged.

The flags are part of what a store holds, so they depend on nothing else: not on other rows, nor on the time of day.
Bounds are those of the vendor's own collectors (Electricity Maps: exchange at most 100 GW, totals at most 500 GW, no
date before 2000, nothing measured more than a day ahead); the balance holds within about 3 MW in its answers.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from gridpulse_contract.models import CarbonIntensityEvent, Event, Kind, PowerBreakdownEvent, PowerByMode
from gridpulse_contract.modes import MODES, STORAGE_MODES

__all__ = [
    "BALANCE_TOLERANCE_MW",
    "EARLIEST_AT",
    "MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH",
    "MAX_EXCHANGE_MW",
    "MAX_MEASURED_AHEAD",
    "MAX_TOTAL_MW",
    "Quality",
    "quality_flags",
]

BALANCE_TOLERANCE_MW: Final = 5.0
MAX_EXCHANGE_MW: Final = 100_000.0
MAX_TOTAL_MW: Final = 500_000.0
MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH: Final = 2_000.0  # twice and more what coal emits
EARLIEST_AT: Final = datetime(2000, 1, 1, tzinfo=UTC)
MAX_MEASURED_AHEAD: Final = timedelta(days=1)


class Quality(StrEnum):
    """What about a row can't be right."""

    BALANCE = "balance"  # its totals differ from what they are the sum of by more than 5 MW
    SIGN = "sign"  # a number is negative that can't be: only production from storage can (charging)
    RANGE = "range"  # a number or a time is beyond what a power system can have
    AHEAD = "ahead"  # measured more than a day after the revision that says so


def quality_flags(event: Event) -> frozenset[Quality]:
    """The flags of an event. Null numbers raise none: a sum is only checked where its total and its parts are known."""
    if isinstance(event, PowerBreakdownEvent):
        failed = {
            Quality.BALANCE: _is_unbalanced(event),
            Quality.SIGN: _has_wrong_sign(event),
            Quality.RANGE: _is_out_of_range(event),
        }
    else:
        failed = _carbon_intensity_checks(event)
    failed[Quality.RANGE] = failed[Quality.RANGE] or event.at < EARLIEST_AT
    failed[Quality.AHEAD] = event.kind == Kind.MEASURED and event.at - event.updated_at > MAX_MEASURED_AHEAD
    return frozenset(flag for flag, is_set in failed.items() if is_set)


def _carbon_intensity_checks(event: CarbonIntensityEvent) -> dict[Quality, bool]:
    value = event.carbon_intensity_gco2eq_per_kwh
    return {
        Quality.SIGN: value is not None and value < 0,
        Quality.RANGE: value is not None and abs(value) > MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH,
    }


def _is_unbalanced(event: PowerBreakdownEvent) -> bool:
    production = _by_mode(event.production_mw)
    is_production_known = any(value is not None for value in production.values())
    produced = _total(value for value in production.values() if value is not None and value > 0)
    # The source counts charging as negative production: it is left out of the production total, not of consumption.
    net_production = _total(production.values())
    imported, exported = event.import_total_mw, event.export_total_mw
    return (
        (is_production_known and _differ(event.production_total_mw, produced))
        or (
            is_production_known
            and imported is not None
            and exported is not None
            and _differ(event.consumption_total_mw, net_production + imported - exported)
        )
        or (bool(event.import_mw) and _differ(imported, _total(event.import_mw.values())))
        or (bool(event.export_mw) and _differ(exported, _total(event.export_mw.values())))
    )


def _has_wrong_sign(event: PowerBreakdownEvent) -> bool:
    production = _by_mode(event.production_mw)
    numbers = (
        *(production[mode] for mode in MODES if mode not in STORAGE_MODES),
        *_by_mode(event.consumption_mw).values(),
        *_totals(event),
        *event.import_mw.values(),
        *event.export_mw.values(),
        event.renewable_percent,
        event.fossil_free_percent,
    )
    return any(value is not None and value < 0 for value in numbers)


def _is_out_of_range(event: PowerBreakdownEvent) -> bool:
    exchanges = (*event.import_mw.values(), *event.export_mw.values())
    powers = (*_by_mode(event.production_mw).values(), *_by_mode(event.consumption_mw).values(), *_totals(event))
    percentages = (event.renewable_percent, event.fossil_free_percent)
    return _any_beyond(exchanges, MAX_EXCHANGE_MW) or _any_beyond(powers, MAX_TOTAL_MW) or _any_beyond(percentages, 100)


def _by_mode(power: PowerByMode) -> Mapping[str, float | None]:
    return {mode: getattr(power, mode) for mode in MODES}


def _totals(event: PowerBreakdownEvent) -> tuple[float | None, ...]:
    return (event.production_total_mw, event.consumption_total_mw, event.import_total_mw, event.export_total_mw)


def _total(values: Iterable[float | None]) -> float:
    # A loop, from left to right: Spark adds in this order, and `sum` is free to add more exactly.
    total = 0.0
    for value in values:
        total += value or 0.0
    return total


def _differ(total: float | None, parts: float) -> bool:
    return total is not None and abs(total - parts) > BALANCE_TOLERANCE_MW


def _any_beyond(values: Iterable[float | None], bound: float) -> bool:
    return any(value is not None and abs(value) > bound for value in values)
