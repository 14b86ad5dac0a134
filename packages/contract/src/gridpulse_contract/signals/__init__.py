"""A module for each signal: its event, how a row of the source becomes one, and how the API is asked for it."""

from typing import Final

from gridpulse_contract.signals.carbon_intensity import CARBON_INTENSITY
from gridpulse_contract.signals.carbon_intensity_forecast import CARBON_INTENSITY_FORECAST
from gridpulse_contract.signals.contract import SignalContract
from gridpulse_contract.signals.electricity_flows import ELECTRICITY_FLOWS
from gridpulse_contract.signals.electricity_mix import ELECTRICITY_MIX
from gridpulse_contract.signals.power_breakdown import POWER_BREAKDOWN
from gridpulse_contract.vocabulary import Signal

__all__ = ["SIGNALS", "SignalContract"]

SIGNALS: Final[dict[Signal, SignalContract]] = {
    Signal.POWER_BREAKDOWN: POWER_BREAKDOWN,
    Signal.CARBON_INTENSITY: CARBON_INTENSITY,
    Signal.CARBON_INTENSITY_FORECAST: CARBON_INTENSITY_FORECAST,
    Signal.ELECTRICITY_MIX: ELECTRICITY_MIX,
    Signal.ELECTRICITY_FLOWS: ELECTRICITY_FLOWS,
}
