"""The numbers that zones can be compared and ranked by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gridpulse_contract.models import Granularity, Signal
from gridpulse_query_api.derived import (
    CONSUMPTION_TOTAL,
    EXPORT_TOTAL,
    FOSSIL_FREE_PERCENT,
    IMPORT_TOTAL,
    PRODUCTION_TOTAL,
    RENEWABLE_PERCENT,
    net_import_mw,
)
from gridpulse_query_api.parameters import Metric
from gridpulse_query_api.rows import Row
from gridpulse_query_api.series import Series

__all__ = ["MEASURES", "Measure"]


@dataclass(frozen=True, slots=True)
class Measure:
    """Where a metric's number is, and in which unit; `is_lower_first` for those of which less is greener."""

    signal: Signal
    unit: str
    of: Callable[[Row], float]
    is_lower_first: bool = False

    def series(self, zone: str, granularity: Granularity, variant: str) -> Series:
        """The series of a zone that has the number; `variant` only counts for carbon intensity."""
        return Series(self.signal, zone, granularity, variant if self.signal is Signal.CARBON_INTENSITY else "")


def _power(index: int, unit: str) -> Measure:
    return Measure(Signal.POWER_BREAKDOWN, unit, lambda row: row.numbers[index])


MEASURES: Final[Mapping[Metric, Measure]] = {
    Metric.CARBON_INTENSITY: Measure(
        Signal.CARBON_INTENSITY, "gCO2eq/kWh", lambda row: row.numbers[0], is_lower_first=True
    ),
    Metric.RENEWABLE_PERCENT: _power(RENEWABLE_PERCENT, "%"),
    Metric.FOSSIL_FREE_PERCENT: _power(FOSSIL_FREE_PERCENT, "%"),
    Metric.PRODUCTION_TOTAL_MW: _power(PRODUCTION_TOTAL, "MW"),
    Metric.CONSUMPTION_TOTAL_MW: _power(CONSUMPTION_TOTAL, "MW"),
    Metric.IMPORT_TOTAL_MW: _power(IMPORT_TOTAL, "MW"),
    Metric.EXPORT_TOTAL_MW: _power(EXPORT_TOTAL, "MW"),
    Metric.NET_IMPORT_MW: Measure(Signal.POWER_BREAKDOWN, "MW", net_import_mw),
}
