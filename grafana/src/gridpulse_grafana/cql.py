"""Pieces of CQL for panels: the partitions and the times that the dashboard's range and variables name.

Grafana's front end turns `$__timeFrom` and `$__timeTo` into milliseconds, and `${__from:date:YYYY}` into the year, by
the clock of the browser. Two years are the first and the last of the range, so it may span two calendar years at most.
"""

from typing import Final

from gridpulse_contract.columns import consumption_column, production_column
from gridpulse_contract.modes import MODES, STORAGE_MODES

__all__ = [
    "DAYS",
    "INTENSITY",
    "MODE_COLUMNS",
    "MODE_TITLES",
    "MONTHS",
    "ONE_ZONE",
    "ZONES",
    "consumption_columns",
    "mode_columns",
]

_TIMES: Final = "at >= $__timeFrom AND at < $__timeTo"
_YEARS: Final = "year IN (${__from:date:YYYY}, ${__to:date:YYYY})"

ZONES: Final = f"zone IN (${{zone:singlequote}}) AND granularity = '$granularity' AND {_YEARS} AND {_TIMES}"
"""Of tables by (zone, granularity, year), for every zone that is chosen."""
ONE_ZONE: Final = f"zone = '$zone' AND granularity = '$granularity' AND {_YEARS} AND {_TIMES}"
"""Of the same tables, for the one zone that is chosen."""
MONTHS: Final = (
    f"zone = '$zone' AND granularity = '$granularity' AND "
    f"month IN (${{__from:date:YYYYMM}}, ${{__to:date:YYYYMM}}) AND {_TIMES}"
)
"""Of revisions, by (zone, granularity, month)."""
DAYS: Final = (
    f"zone = '$zone' AND {_YEARS} AND day >= to_date((timestamp)$__timeFrom) AND day <= to_date((timestamp)$__timeTo)"
)
"""Of tables of days, by (zone, year)."""

MODE_TITLES: Final = {mode: mode.replace("_", " ").capitalize() for mode in MODES}
_DIRECTIONS: Final = {"discharging": "+", "charging": "-"}


def _storage(mode: str) -> str:
    return "Pumped hydro" if mode.startswith("hydro") else "Battery"


def mode_columns() -> dict[str, str]:
    """Title -> expression in MW, bottom first. Each storage mode is two: what it gives, and below zero what it takes.

    Grafana stacks a series upwards or downwards as a whole, so one with both signs would lie across the others. NaN,
    which is what a missing number is, stays NaN.
    """
    columns = {MODE_TITLES[mode]: production_column(mode) for mode in MODES if mode not in STORAGE_MODES}
    for mode in STORAGE_MODES:
        column = production_column(mode)
        for direction, sign in _DIRECTIONS.items():
            columns[f"{_storage(mode)} {direction}"] = f"({column} {sign} abs({column})) / 2"
    return columns


def consumption_columns() -> dict[str, str]:
    """Title -> column: where the power that a zone consumes comes from, in MW."""
    return {MODE_TITLES[mode]: consumption_column(mode) for mode in MODES}


MODE_COLUMNS: Final = mode_columns()
INTENSITY: Final = "carbon_intensity_gco2eq_per_kwh"
