"""Power breakdown: what a zone produces, consumes and exchanges (`power-breakdown`, v3 and v4)."""

from typing import ClassVar, Final, Literal

from pydantic import Field

from gridpulse_contract.events import Event
from gridpulse_contract.fields import Number, PowerByMode, Text
from gridpulse_contract.modes import STORAGE_MODES
from gridpulse_contract.quality import (
    MAX_EXCHANGE_MW,
    MAX_TOTAL_MW,
    Quality,
    any_beyond,
    any_negative,
    differ,
    total,
)
from gridpulse_contract.reading import RowReader
from gridpulse_contract.signals.contract import SignalContract
from gridpulse_contract.vocabulary import Signal

__all__ = ["POWER_BREAKDOWN", "PowerBreakdownEvent"]


class PowerBreakdownEvent(Event, frozen=True):
    """Mean power of a zone over one interval starting at `at`, in MW."""

    topic: ClassVar[str] = "electricity.power-breakdown.v1"
    schema_name: ClassVar[str] = "power-breakdown.v1"

    signal: Literal[Signal.POWER_BREAKDOWN] = Signal.POWER_BREAKDOWN
    variant: Literal[""] = ""
    production_mw: PowerByMode
    consumption_mw: PowerByMode
    import_mw: dict[Text, Number | None] = Field(default_factory=dict)
    export_mw: dict[Text, Number | None] = Field(default_factory=dict)
    production_total_mw: Number | None = None
    consumption_total_mw: Number | None = None
    import_total_mw: Number | None = None
    export_total_mw: Number | None = None
    renewable_percent: Number | None = None
    fossil_free_percent: Number | None = None

    def quality_checks(self) -> dict[Quality, bool]:
        """Balance, sign and range. Null numbers fail none: a sum is only checked where its parts are known."""
        production = self.production_mw.by_mode()
        exchanges = (*self.import_mw.values(), *self.export_mw.values())
        consumption = tuple(self.consumption_mw.by_mode().values())
        totals = (self.production_total_mw, self.consumption_total_mw, self.import_total_mw, self.export_total_mw)
        percentages = (self.renewable_percent, self.fossil_free_percent)
        not_storage = (value for mode, value in production.items() if mode not in STORAGE_MODES)
        return {
            Quality.BALANCE: self._is_unbalanced(),
            Quality.SIGN: any_negative((*not_storage, *consumption, *totals, *exchanges, *percentages)),
            Quality.RANGE: any_beyond(exchanges, MAX_EXCHANGE_MW)
            or any_beyond((*production.values(), *consumption, *totals), MAX_TOTAL_MW)
            or any_beyond(percentages, 100),
        }

    def _is_unbalanced(self) -> bool:
        production = tuple(self.production_mw.by_mode().values())
        is_production_known = any(value is not None for value in production)
        produced = total(value for value in production if value is not None and value > 0)
        # The source counts charging as negative production: it is left out of the production total, not of consumption.
        net_production = total(production)
        imported, exported = self.import_total_mw, self.export_total_mw
        return (
            (is_production_known and differ(self.production_total_mw, produced))
            or (
                is_production_known
                and imported is not None
                and exported is not None
                and differ(self.consumption_total_mw, net_production + imported - exported)
            )
            or (bool(self.import_mw) and differ(imported, total(self.import_mw.values())))
            or (bool(self.export_mw) and differ(exported, total(self.export_mw.values())))
        )


def _read(reader: RowReader, *, accept_sandbox: bool) -> PowerBreakdownEvent:
    reader.require("powerProductionBreakdown", "powerConsumptionBreakdown")
    return PowerBreakdownEvent(
        **reader.common(accept_sandbox=accept_sandbox),
        production_mw=reader.power_by_mode("powerProductionBreakdown"),
        consumption_mw=reader.power_by_mode("powerConsumptionBreakdown"),
        import_mw=reader.numbers("powerImportBreakdown"),
        export_mw=reader.numbers("powerExportBreakdown"),
        production_total_mw=reader.number("powerProductionTotal"),
        consumption_total_mw=reader.number("powerConsumptionTotal"),
        import_total_mw=reader.number("powerImportTotal"),
        export_total_mw=reader.number("powerExportTotal"),
        renewable_percent=reader.number("renewablePercentage"),
        fossil_free_percent=reader.number("fossilFreePercentage"),
    )


POWER_BREAKDOWN: Final = SignalContract(
    model=PowerBreakdownEvent,
    read=_read,
    known_fields=frozenset(
        {
            "powerProductionBreakdown",
            "powerConsumptionBreakdown",
            "powerImportBreakdown",
            "powerExportBreakdown",
            "powerProductionTotal",
            "powerConsumptionTotal",
            "powerImportTotal",
            "powerExportTotal",
            "renewablePercentage",
            "fossilFreePercentage",
            "breakdownType",
        }
    ),
    asked_as="power-breakdown",
)
