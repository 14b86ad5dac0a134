"""Forecasts of carbon intensity (`carbon-intensity/forecast`, v3 and v4).

Every forecast stays as it was issued, so that it can be compared with what came true: when it was issued is part of
its key. The source says that once, as `updatedAt` of the whole answer.
"""

from datetime import datetime
from typing import Any, ClassVar, Final, Literal, cast

from gridpulse_contract.events import Event
from gridpulse_contract.fields import Instant, Number
from gridpulse_contract.quality import Quality, carbon_intensity_checks
from gridpulse_contract.reading import RowReader
from gridpulse_contract.signals.contract import SignalContract
from gridpulse_contract.vocabulary import Signal

__all__ = ["CARBON_INTENSITY_FORECAST", "CarbonIntensityForecastEvent"]


class CarbonIntensityForecastEvent(Event, frozen=True):
    """What carbon intensity of the electricity consumed in a zone was expected at `issued_at`, in gCO2eq/kWh."""

    topic: ClassVar[str] = "electricity.carbon-intensity-forecast.v1"
    schema_name: ClassVar[str] = "carbon-intensity-forecast.v1"

    signal: Literal[Signal.CARBON_INTENSITY_FORECAST] = Signal.CARBON_INTENSITY_FORECAST
    variant: Literal["lifecycle", "direct"]
    issued_at: Instant
    carbon_intensity_gco2eq_per_kwh: Number | None = None

    def key(self) -> tuple[str | datetime, ...]:
        """(signal, variant, zone, granularity, at, issued_at)."""
        return (*super().key(), self.issued_at)

    def quality_checks(self) -> dict[Quality, bool]:
        """Sign and range of the intensity."""
        return carbon_intensity_checks(self.carbon_intensity_gco2eq_per_kwh)


def _read(reader: RowReader, *, accept_sandbox: bool) -> CarbonIntensityForecastEvent:
    reader.require("carbonIntensity")
    return CarbonIntensityForecastEvent(
        **reader.common(accept_sandbox=accept_sandbox),
        variant=cast("Any", reader.variant("emissionFactorType")),  # the model refuses all but its own
        issued_at=reader.instant("updatedAt"),
        carbon_intensity_gco2eq_per_kwh=reader.number("carbonIntensity"),
    )


CARBON_INTENSITY_FORECAST: Final = SignalContract(
    model=CarbonIntensityForecastEvent,
    read=_read,
    known_fields=frozenset({"carbonIntensity", "emissionFactorType", "flowTraced"}),
    asked_as="carbon-intensity",
    is_forecast=True,
    variant_parameter="emissionFactorType",
    variants=("lifecycle", "direct"),
)
