"""What is computed when a row is read: net import, balance and shares. NaN, a missing number, stays NaN."""

import math
from typing import Final

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS, consumption_column, production_column
from gridpulse_contract.modes import MODES
from gridpulse_query_api.rows import Row

__all__ = [
    "CONSUMPTION",
    "CONSUMPTION_TOTAL",
    "EXPORT_TOTAL",
    "FOSSIL_FREE_PERCENT",
    "IMPORT_TOTAL",
    "PRODUCTION",
    "PRODUCTION_TOTAL",
    "RENEWABLE_PERCENT",
    "balance_mw",
    "net_import_by_neighbour_mw",
    "net_import_mw",
    "shares_percent",
]


def _slice_of(columns: tuple[str, ...]) -> slice:
    start = POWER_NUMBER_COLUMNS.index(columns[0])
    if POWER_NUMBER_COLUMNS[start : start + len(columns)] != columns:
        raise AssertionError("a group of the contract's columns no longer stands together")
    return slice(start, start + len(columns))


CONSUMPTION: Final = _slice_of(tuple(consumption_column(mode) for mode in MODES))
PRODUCTION: Final = _slice_of(tuple(production_column(mode) for mode in MODES))
PRODUCTION_TOTAL: Final = POWER_NUMBER_COLUMNS.index("production_total_mw")
CONSUMPTION_TOTAL: Final = POWER_NUMBER_COLUMNS.index("consumption_total_mw")
IMPORT_TOTAL: Final = POWER_NUMBER_COLUMNS.index("import_total_mw")
EXPORT_TOTAL: Final = POWER_NUMBER_COLUMNS.index("export_total_mw")
RENEWABLE_PERCENT: Final = POWER_NUMBER_COLUMNS.index("renewable_percent")
FOSSIL_FREE_PERCENT: Final = POWER_NUMBER_COLUMNS.index("fossil_free_percent")


def net_import_mw(row: Row) -> float:
    """Import less export of a power breakdown; negative for a zone that exports more."""
    return row.numbers[IMPORT_TOTAL] - row.numbers[EXPORT_TOTAL]


def balance_mw(row: Row) -> float:
    """What a power breakdown leaves unexplained: production (charging counts as negative) + net import - consumption.

    The source's own rows are within a few MW of 0. Modes that are not reported count as nothing here; without any
    of them the balance is missing.
    """
    reported = [value for value in row.numbers[PRODUCTION] if value == value]  # true for all but NaN
    if not reported:
        return math.nan
    return sum(reported) + net_import_mw(row) - row.numbers[CONSUMPTION_TOTAL]


def shares_percent(values: tuple[float, ...]) -> dict[str, float]:
    """By mode, of the sum of those that are positive. A mode that takes power (charging) has no share of it: 0.

    Rounded to hundredths.
    """
    total = sum(value for value in values if value > 0)
    if total == 0:
        return dict.fromkeys(MODES, math.nan)
    return {
        mode: round(100.0 * (0.0 if value < 0 else value) / total, 2) for mode, value in zip(MODES, values, strict=True)
    }


def net_import_by_neighbour_mw(row: Row) -> dict[str, float]:
    """Import less export by neighbour. One that is named on one side only has nothing on the other."""
    neighbours = dict.fromkeys((*row.import_mw, *row.export_mw))
    return {name: row.import_mw.get(name, 0.0) - row.export_mw.get(name, 0.0) for name in neighbours}
