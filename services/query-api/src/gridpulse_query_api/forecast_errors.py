"""How far forecasts were from what came true, by how far ahead they looked. No I/O."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gridpulse_query_api.forecasts import Issued
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["LeadErrors", "Truth", "error_columns", "lead_hours"]

_HOUR_MS: Final = 3_600_000
_UNIT: Final = "gco2eq_per_kwh"


class Truth(NamedTuple):
    """What came true of an interval, in gCO2eq/kWh."""

    intensity: float
    is_measured: bool


def lead_hours(issued_at_ms: int, at_ms: int) -> int:
    """How many hours ahead an interval began, in begun hours: 1 for the next hour, 0 for one that had begun."""
    return max(0, -((issued_at_ms - at_ms) // _HOUR_MS))


@dataclass(slots=True)
class _Sums:
    count: int = 0
    measured: int = 0
    errors: float = 0.0
    absolute: float = 0.0
    squares: float = 0.0


class LeadErrors:
    """Sums up forecasts against what came true. What is missing on either side counts nowhere."""

    def __init__(self, truth: Mapping[int, Truth]) -> None:
        self._truth = truth
        self._sums: dict[int, _Sums] = {}

    def add(self, issued: Iterable[Issued]) -> None:
        """Take in rows of forecasts, in any order."""
        for issued_at_ms, at_ms, expected in issued:
            truth = self._truth.get(at_ms)
            if truth is None or math.isnan(error := expected - truth.intensity):
                continue
            sums = self._sums.setdefault(lead_hours(issued_at_ms, at_ms), _Sums())
            sums.count += 1
            sums.measured += truth.is_measured
            sums.errors += error
            sums.absolute += abs(error)
            sums.squares += error * error

    def by_lead(self) -> list[dict[str, Any]]:
        """The errors by lead time in hours, ascending; an error is what was expected less what came true."""
        return [
            {
                "lead_hours": lead,
                "count": sums.count,
                "measured_percent": 100 * sums.measured / sums.count,
                f"mean_error_{_UNIT}": sums.errors / sums.count,
                f"mean_absolute_error_{_UNIT}": sums.absolute / sums.count,
                f"root_mean_square_error_{_UNIT}": math.sqrt(sums.squares / sums.count),
            }
            for lead, sums in sorted(self._sums.items())
        ]


_TYPES: Final = {
    "lead_hours": ColumnType.INTEGER,
    "count": ColumnType.INTEGER,
    "measured_percent": ColumnType.NUMBER,
    f"mean_error_{_UNIT}": ColumnType.NUMBER,
    f"mean_absolute_error_{_UNIT}": ColumnType.NUMBER,
    f"root_mean_square_error_{_UNIT}": ColumnType.NUMBER,
}


def error_columns(by_lead: Sequence[Mapping[str, Any]]) -> Iterator[Column]:
    """One row per lead time."""
    for name, column_type in _TYPES.items():
        yield Column(name, column_type, [errors[name] for errors in by_lead])
