"""Electricity flows: what a zone imports and exports by neighbour, as v4's `electricity-flows` has it."""

from typing import ClassVar, Final, Literal

from pydantic import Field

from gridpulse_contract.events import Event
from gridpulse_contract.fields import Number, Text
from gridpulse_contract.quality import MAX_EXCHANGE_MW, Quality, any_beyond, any_negative
from gridpulse_contract.reading import RowReader
from gridpulse_contract.signals.contract import SignalContract
from gridpulse_contract.vocabulary import Signal

__all__ = ["ELECTRICITY_FLOWS", "ElectricityFlowsEvent"]


class ElectricityFlowsEvent(Event, frozen=True):
    """Mean power that crosses a zone's borders over one interval starting at `at`, in MW by neighbour."""

    topic: ClassVar[str] = "electricity.electricity-flows.v1"
    schema_name: ClassVar[str] = "electricity-flows.v1"

    signal: Literal[Signal.ELECTRICITY_FLOWS] = Signal.ELECTRICITY_FLOWS
    variant: Literal[""] = ""
    import_mw: dict[Text, Number | None] = Field(default_factory=dict)
    export_mw: dict[Text, Number | None] = Field(default_factory=dict)

    def quality_checks(self) -> dict[Quality, bool]:
        """Sign and range."""
        exchanges = (*self.import_mw.values(), *self.export_mw.values())
        return {Quality.SIGN: any_negative(exchanges), Quality.RANGE: any_beyond(exchanges, MAX_EXCHANGE_MW)}


def _read(reader: RowReader, *, accept_sandbox: bool) -> ElectricityFlowsEvent:
    reader.require("import", "export")
    return ElectricityFlowsEvent(
        **reader.common(accept_sandbox=accept_sandbox),
        import_mw=reader.numbers("import"),
        export_mw=reader.numbers("export"),
    )


ELECTRICITY_FLOWS: Final = SignalContract(
    model=ElectricityFlowsEvent,
    read=_read,
    known_fields=frozenset({"import", "export"}),
    asked_as="electricity-flows",
    oldest_api_version=4,
)
