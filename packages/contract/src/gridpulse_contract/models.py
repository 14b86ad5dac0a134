"""What travels through Kafka: the events of all signals, and dead letters."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from gridpulse_contract.dead_letters import DeadLetter
from gridpulse_contract.events import Event, write_timestamp_us
from gridpulse_contract.fields import PowerByMode, format_instant
from gridpulse_contract.signals import SIGNALS
from gridpulse_contract.signals.carbon_intensity import CarbonIntensityEvent
from gridpulse_contract.signals.carbon_intensity_forecast import CarbonIntensityForecastEvent
from gridpulse_contract.signals.electricity_flows import ElectricityFlowsEvent
from gridpulse_contract.signals.electricity_mix import ElectricityMixEvent
from gridpulse_contract.signals.power_breakdown import PowerBreakdownEvent
from gridpulse_contract.vocabulary import Granularity, Header, Kind, Origin, Reason, Signal

__all__ = [
    "EVENT_MODELS",
    "CarbonIntensityEvent",
    "CarbonIntensityForecastEvent",
    "DeadLetter",
    "ElectricityFlowsEvent",
    "ElectricityMixEvent",
    "Event",
    "Granularity",
    "Header",
    "Kind",
    "Origin",
    "PowerBreakdownEvent",
    "PowerByMode",
    "Reason",
    "Signal",
    "format_instant",
    "parse_event",
    "write_timestamp_us",
]

EVENT_MODELS: Final[dict[Signal, type[Event]]] = {signal: contract.model for signal, contract in SIGNALS.items()}

_ANY_EVENT: Final[TypeAdapter[Event]] = TypeAdapter(
    Annotated[
        PowerBreakdownEvent
        | CarbonIntensityEvent
        | CarbonIntensityForecastEvent
        | ElectricityMixEvent
        | ElectricityFlowsEvent,
        Field(discriminator="signal"),
    ]
)


def parse_event(value: bytes) -> Event:
    """The event in a Kafka message's value; raises pydantic's ValidationError (a ValueError) where it is none."""
    return _ANY_EVENT.validate_json(value)
