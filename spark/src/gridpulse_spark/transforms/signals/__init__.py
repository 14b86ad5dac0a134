"""A module for each signal: its tables, how an event becomes their rows, and its quality checks."""

from typing import Final

from gridpulse_contract.models import Signal
from gridpulse_spark.transforms.signals.carbon_intensity import CARBON_INTENSITY
from gridpulse_spark.transforms.signals.carbon_intensity_forecast import CARBON_INTENSITY_FORECAST
from gridpulse_spark.transforms.signals.electricity_flows import ELECTRICITY_FLOWS
from gridpulse_spark.transforms.signals.electricity_mix import ELECTRICITY_MIX
from gridpulse_spark.transforms.signals.power_breakdown import POWER_BREAKDOWN
from gridpulse_spark.transforms.signals.transform import SignalTransform, Table

__all__ = ["TRANSFORMS", "SignalTransform", "Table"]

TRANSFORMS: Final[dict[Signal, SignalTransform]] = {
    Signal.POWER_BREAKDOWN: POWER_BREAKDOWN,
    Signal.CARBON_INTENSITY: CARBON_INTENSITY,
    Signal.CARBON_INTENSITY_FORECAST: CARBON_INTENSITY_FORECAST,
    Signal.ELECTRICITY_MIX: ELECTRICITY_MIX,
    Signal.ELECTRICITY_FLOWS: ELECTRICITY_FLOWS,
}
