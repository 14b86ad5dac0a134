"""Electricity mix: power by mode as v4's `electricity-mix` has it, of what a zone produces or of what it consumes."""

from typing import Any, ClassVar, Final, Literal, cast

from gridpulse_contract.events import Event
from gridpulse_contract.fields import Number, PowerByMode
from gridpulse_contract.modes import SOURCE_NAME_BY_MODE, STORAGE_MODES
from gridpulse_contract.quality import MAX_TOTAL_MW, Quality, any_beyond, any_negative
from gridpulse_contract.reading import RowReader
from gridpulse_contract.signals.contract import SignalContract
from gridpulse_contract.vocabulary import Signal

__all__ = ["ELECTRICITY_MIX", "ElectricityMixEvent"]

_NAME_BY_STORAGE: Final = {mode: mode.replace("_discharge", " storage") for mode in STORAGE_MODES}
_FLOWS: Final = "flows"


class ElectricityMixEvent(Event, frozen=True):
    """Mean power by mode over one interval starting at `at`, in MW; storage is negative while it charges.

    `normal` is what plants in the zone produce, with what crosses its borders in all; `flow-traced` is where the
    electricity consumed in the zone came from, in which storage only discharges.
    """

    topic: ClassVar[str] = "electricity.electricity-mix.v1"
    schema_name: ClassVar[str] = "electricity-mix.v1"

    signal: Literal[Signal.ELECTRICITY_MIX] = Signal.ELECTRICITY_MIX
    variant: Literal["normal", "flow-traced"]
    mix_mw: PowerByMode
    import_total_mw: Number | None = None
    export_total_mw: Number | None = None

    def quality_checks(self) -> dict[Quality, bool]:
        """Sign and range."""
        by_mode = self.mix_mw.by_mode()
        totals = (self.import_total_mw, self.export_total_mw)
        signed = (value for mode, value in by_mode.items() if mode not in STORAGE_MODES or self.variant != "normal")
        return {
            Quality.SIGN: any_negative((*signed, *totals)),
            Quality.RANGE: any_beyond((*by_mode.values(), *totals), MAX_TOTAL_MW),
        }


def _read(reader: RowReader, *, accept_sandbox: bool) -> ElectricityMixEvent:
    reader.require("mix")
    mix = reader.inner("mix")
    flows = mix.inner(_FLOWS)
    by_mode = {mode: mix.number(name) for mode, name in SOURCE_NAME_BY_MODE.items() if mode not in STORAGE_MODES}
    for mode, name in _NAME_BY_STORAGE.items():
        storage = mix.inner(name)
        by_mode[mode] = _net(storage.number("discharge"), storage.number("charge"))
        storage.note_unrecognised({"charge", "discharge"})
    flows.note_unrecognised({"imports", "exports"})
    mix.note_unrecognised({*SOURCE_NAME_BY_MODE.values(), *_NAME_BY_STORAGE.values(), _FLOWS})
    return ElectricityMixEvent(
        **reader.common(accept_sandbox=accept_sandbox),
        variant=cast("Any", reader.variant("breakdownType")),  # the model refuses all but its own
        mix_mw=PowerByMode(**by_mode),
        import_total_mw=flows.number("imports"),
        export_total_mw=flows.number("exports"),
    )


def _net(discharge_mw: float | None, charge_mw: float | None) -> float | None:
    """Power from storage, negative while it charges. A zone without storage says that nothing (0) is charged."""
    if discharge_mw is None and not charge_mw:
        return None
    return (discharge_mw or 0.0) - (charge_mw or 0.0)


ELECTRICITY_MIX: Final = SignalContract(
    model=ElectricityMixEvent,
    read=_read,
    known_fields=frozenset({"mix", "breakdownType"}),
    asked_as="electricity-mix",
    variant_parameter="breakdownType",
    variants=("normal", "flow-traced"),
    oldest_api_version=4,
)
