"""Carbon intensity of what a zone consumes (`carbon-intensity`, v3 and v4)."""

from typing import Any, ClassVar, Final, Literal, cast

from gridpulse_contract.events import Event
from gridpulse_contract.fields import Number
from gridpulse_contract.quality import Quality, carbon_intensity_checks
from gridpulse_contract.reading import RejectedError, RowReader
from gridpulse_contract.signals.contract import SignalContract
from gridpulse_contract.vocabulary import Reason, Signal

__all__ = ["CARBON_INTENSITY", "CarbonIntensityEvent"]


class CarbonIntensityEvent(Event, frozen=True):
    """Carbon intensity of the electricity consumed in a zone, in gCO2eq/kWh."""

    topic: ClassVar[str] = "electricity.carbon-intensity.v1"
    schema_name: ClassVar[str] = "carbon-intensity.v1"

    signal: Literal[Signal.CARBON_INTENSITY] = Signal.CARBON_INTENSITY
    variant: Literal["lifecycle", "direct"]
    carbon_intensity_gco2eq_per_kwh: Number | None = None

    def quality_checks(self) -> dict[Quality, bool]:
        """Sign and range of the intensity."""
        return carbon_intensity_checks(self.carbon_intensity_gco2eq_per_kwh)


def _read(reader: RowReader, *, accept_sandbox: bool) -> CarbonIntensityEvent:
    reader.require("carbonIntensity")
    variant = reader.variant("emissionFactorType")
    if reader.fields.get("flowTraced") is False:
        raise RejectedError(Reason.WRONG_VARIANT, "the row is not flow-traced: another number than the one asked for")
    return CarbonIntensityEvent(
        **reader.common(accept_sandbox=accept_sandbox),
        variant=cast("Any", variant),  # the model refuses anything but lifecycle and direct
        carbon_intensity_gco2eq_per_kwh=reader.number("carbonIntensity"),
    )


CARBON_INTENSITY: Final = SignalContract(
    model=CarbonIntensityEvent,
    read=_read,
    known_fields=frozenset({"carbonIntensity", "emissionFactorType", "flowTraced"}),
    asked_as="carbon-intensity",
    variant_parameter="emissionFactorType",
    variants=("lifecycle", "direct"),
)
