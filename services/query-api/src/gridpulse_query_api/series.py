"""Time series: what can be asked for, and how the store names it."""

from dataclasses import dataclass
from typing import Final

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS, POWER_NUMBER_COLUMNS
from gridpulse_contract.models import Granularity, Signal

__all__ = ["CARBON_COLUMN", "NUMBER_COLUMNS", "Series"]

CARBON_COLUMN: Final = "carbon_intensity_gco2eq_per_kwh"

NUMBER_COLUMNS: Final[dict[Signal, tuple[str, ...]]] = {
    Signal.POWER_BREAKDOWN: POWER_NUMBER_COLUMNS,
    Signal.CARBON_INTENSITY: (CARBON_COLUMN,),
    Signal.ELECTRICITY_MIX: MIX_NUMBER_COLUMNS,
    Signal.ELECTRICITY_FLOWS: (),
}
"""The numbers of a signal's rows, in the order of `Row.numbers`."""


@dataclass(frozen=True, slots=True)
class Series:
    """One signal of one zone at one granularity; `variant` as in the contract, empty where there is none."""

    signal: Signal
    zone: str
    granularity: Granularity
    variant: str = ""

    def __str__(self) -> str:
        words = (self.granularity.value.replace("_", " "), self.variant, self.signal.value.replace("-", " "))
        return f"{' '.join(word for word in words if word)} of {self.zone}"
