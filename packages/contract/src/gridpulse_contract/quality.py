"""What looks wrong in a row of the source, judged by the row alone: it is stored all the same, and flagged.

The flags are part of what a store holds, so they depend on nothing else: not on other rows, nor on the time of day.
Bounds are those of the vendor's own collectors (Electricity Maps: exchange at most 100 GW, totals at most 500 GW, no
date before 2000, nothing measured more than a day ahead); the balance holds within about 3 MW in its answers.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

__all__ = [
    "BALANCE_TOLERANCE_MW",
    "EARLIEST_AT",
    "MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH",
    "MAX_EXCHANGE_MW",
    "MAX_MEASURED_AHEAD",
    "MAX_TOTAL_MW",
    "Quality",
    "any_beyond",
    "any_negative",
    "carbon_intensity_checks",
    "differ",
    "total",
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


def carbon_intensity_checks(value: float | None) -> dict[Quality, bool]:
    """Sign and range of a carbon intensity in gCO2eq/kWh."""
    return {
        Quality.SIGN: any_negative((value,)),
        Quality.RANGE: any_beyond((value,), MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH),
    }


def total(values: Iterable[float | None]) -> float:
    """Sum of the numbers that are known, added from left to right as Spark does: `sum` is free to add more exactly."""
    result = 0.0
    for value in values:
        result += value or 0.0
    return result


def differ(said: float | None, parts: float) -> bool:
    """Whether a total that is known differs from the sum of its parts by more than the tolerance."""
    return said is not None and abs(said - parts) > BALANCE_TOLERANCE_MW


def any_negative(values: Iterable[float | None]) -> bool:
    """Whether one of the numbers that are known is below 0."""
    return any(value is not None and value < 0 for value in values)


def any_beyond(values: Iterable[float | None], bound: float) -> bool:
    """Whether one of the numbers that are known is larger than `bound`, whatever its sign."""
    return any(value is not None and abs(value) > bound for value in values)
