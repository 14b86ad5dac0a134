"""Events in Cassandra as the streaming job writes them, without Spark: for tests of what reads them."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cassandra import concurrent

from gridpulse_contract.columns import consumption_column, mix_column, production_column
from gridpulse_contract.models import (
    CarbonIntensityEvent,
    CarbonIntensityForecastEvent,
    ElectricityFlowsEvent,
    ElectricityMixEvent,
    Event,
    PowerBreakdownEvent,
)
from gridpulse_contract.modes import MODES
from harness.tables import places

__all__ = ["store"]

_CARBON: Final = "carbon_intensity_gco2eq_per_kwh"
_CONCURRENCY: Final = 64
_NUMBERS: Final = (
    "production_total_mw",
    "consumption_total_mw",
    "import_total_mw",
    "export_total_mw",
    "renewable_percent",
    "fossil_free_percent",
)


def store(session: Any, keyspace: str, events: Iterable[Event]) -> None:
    """Write each event to its tables with its write timestamp; what is missing is NaN."""
    prepared: dict[str, Any] = {}
    statements: list[tuple[Any, list[Any]]] = []
    for event in events:
        for table in places(event):
            values = _values(event, "month" if table.endswith(("_revisions", "_forecast")) else "year")
            if table not in prepared:
                names, marks = ", ".join(values), ", ".join("?" * len(values))
                prepared[table] = session.prepare(
                    f"INSERT INTO {keyspace}.{table} ({names}) VALUES ({marks}) USING TIMESTAMP ?"  # noqa: S608
                )
            statements.append((prepared[table], [*values.values(), event.write_timestamp_us()]))
    untyped: Any = concurrent
    untyped.execute_concurrent(session, statements, concurrency=_CONCURRENCY, raise_on_first_error=True)


def _values(event: Event, period: str) -> dict[str, Any]:
    at = event.issued_at if isinstance(event, CarbonIntensityForecastEvent) else event.at
    common = {
        "zone": event.zone,
        "granularity": event.granularity.value,
        period: at.year if period == "year" else at.year * 100 + at.month,
        "at": event.at,
        "updated_at": event.updated_at,
        "kind": event.kind.value,
        "estimation_method": event.estimation_method,
        "quality": set[str](),
    }
    return common | _values_of_signal(event)


def _values_of_signal(event: Event) -> dict[str, Any]:
    match event:
        case CarbonIntensityEvent():
            return {"variant": event.variant, _CARBON: _or_nan(event.carbon_intensity_gco2eq_per_kwh)}
        case CarbonIntensityForecastEvent():
            number = _or_nan(event.carbon_intensity_gco2eq_per_kwh)
            return {"variant": event.variant, "issued_at": event.issued_at, _CARBON: number}
        case ElectricityMixEvent():
            mix = {mix_column(mode): _or_nan(getattr(event.mix_mw, mode)) for mode in MODES}
            totals = {name: _or_nan(getattr(event, name)) for name in ("import_total_mw", "export_total_mw")}
            return {"variant": event.variant, **mix, **totals}
        case ElectricityFlowsEvent():
            return {"import_mw": _exchange(event.import_mw), "export_mw": _exchange(event.export_mw)}
        case PowerBreakdownEvent():
            return _power_values(event)
        case _:
            raise AssertionError(f"no such signal: {event.signal}")


def _power_values(event: PowerBreakdownEvent) -> dict[str, Any]:
    return {
        **{consumption_column(mode): _or_nan(getattr(event.consumption_mw, mode)) for mode in MODES},
        **{production_column(mode): _or_nan(getattr(event.production_mw, mode)) for mode in MODES},
        **{name: _or_nan(getattr(event, name)) for name in _NUMBERS},
        "import_mw": _exchange(event.import_mw),
        "export_mw": _exchange(event.export_mw),
    }


def _exchange(power: Mapping[str, float | None]) -> dict[str, float]:
    return {name: _or_nan(value) for name, value in power.items()}


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
