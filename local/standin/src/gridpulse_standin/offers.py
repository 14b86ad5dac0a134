"""What the source offers of each signal, and how it is asked for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gridpulse_contract.models import Signal
from gridpulse_standin.source import Version

__all__ = ["OFFERS", "Offer"]

_OBSERVATIONS: Final = ("latest", "history", "past", "past-range")


@dataclass(frozen=True)
class Offer:
    """A signal's unit and temporalities, and the parameter that chooses among its variants, the first the default.

    Where `is_enveloped`, every answer has an envelope that says zone and unit, as the rows say neither.
    """

    unit: str
    temporalities: tuple[str, ...] = _OBSERVATIONS
    variant_parameter: str | None = None
    variants: tuple[str, ...] = ("",)
    versions: frozenset[Version] = frozenset(Version)
    is_enveloped: bool = False


_V4_ALONE: Final = frozenset({Version.V4})

OFFERS: Final[Mapping[str, Offer]] = {
    Signal.POWER_BREAKDOWN: Offer("MW"),
    Signal.CARBON_INTENSITY: Offer(
        "gCO2eq/kWh", (*_OBSERVATIONS, "forecast"), "emissionFactorType", ("lifecycle", "direct")
    ),
    Signal.ELECTRICITY_MIX: Offer(
        "MW", _OBSERVATIONS, "breakdownType", ("normal", "flow-traced"), versions=_V4_ALONE, is_enveloped=True
    ),
    Signal.ELECTRICITY_FLOWS: Offer("MW", versions=_V4_ALONE, is_enveloped=True),
}
"""Signals that have data."""
