"""Examples of answers for the OpenAPI document, made by the code that makes the answers."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS, consumption_column, production_column
from gridpulse_query_api.carbon import carbon_row, carbon_row_columns
from gridpulse_query_api.comparing import compare_rows
from gridpulse_query_api.documents import with_zone
from gridpulse_query_api.flows import flow_row, flow_row_columns
from gridpulse_query_api.instants import to_ms
from gridpulse_query_api.measures import MEASURES
from gridpulse_query_api.parameters import Metric
from gridpulse_query_api.power import power_row, power_row_columns, with_shares
from gridpulse_query_api.ranking import Candidate, rank, ranking_columns, ranking_document
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Column, Table

__all__ = [
    "CARBON_CSV",
    "CARBON_PAGE",
    "CARBON_REVISIONS",
    "COMPARISON",
    "COMPARISON_CSV",
    "FLOWS_CSV",
    "FLOWS_PAGE",
    "LATEST_CARBON",
    "LATEST_POWER",
    "POWER_CSV",
    "POWER_PAGE",
    "POWER_REVISIONS",
    "RANKING",
    "RANKING_CSV",
    "ZONE",
]

_AT: Final = datetime(2026, 1, 31, 13, tzinfo=UTC)
_ATTRIBUTION: Final = "Electricity Maps, https://www.electricitymaps.com"
_NUMBERS: Final[Mapping[str, float]] = {
    production_column("biomass"): 4500,
    production_column("coal"): 9800,
    production_column("wind"): 21000,
    production_column("solar"): 11200,
    production_column("hydro"): 1700,
    production_column("gas"): 7400,
    production_column("hydro_discharge"): -2600,
    consumption_column("nuclear"): 1900,
    consumption_column("biomass"): 4700,
    consumption_column("coal"): 9600,
    consumption_column("wind"): 21300,
    consumption_column("solar"): 11000,
    consumption_column("hydro"): 2700,
    consumption_column("gas"): 5400,
    "production_total_mw": 55600,
    "consumption_total_mw": 56600,
    "import_total_mw": 5200,
    "export_total_mw": 1600,
    "renewable_percent": 70,
    "fossil_free_percent": 73,
}


def _power(at: datetime = _AT, minutes_later: int = 75, kind: str = "estimated") -> Row:
    return Row(
        at_ms=to_ms(at),
        updated_at_ms=to_ms(at + timedelta(minutes=minutes_later)),
        numbers=tuple(_NUMBERS.get(column, math.nan) for column in POWER_NUMBER_COLUMNS),
        kind=kind,
        estimation_method="TIME_SLICER_AVERAGE" if kind == "estimated" else "",
        quality=(),
        import_mw={"FR": 5200.0, "PL": 0.0},
        export_mw={"FR": 0.0, "PL": 1600.0},
    )


def _carbon(value: float, minutes_later: int = 75, kind: str = "estimated") -> Row:
    return _power(minutes_later=minutes_later, kind=kind)._replace(numbers=(value,), import_mw={}, export_mw={})


def _plain(document: Mapping[str, Any]) -> Any:
    return orjson.loads(orjson.dumps(document, option=orjson.OPT_UTC_Z))


def _csv(columns: Iterable[Column]) -> str:
    return Table(tuple(columns), {}).to_csv().decode()


def _of(units: Mapping[str, str], **members: Any) -> dict[str, Any]:
    return {"zone": "DE", "granularity": "hourly", **units, "attribution": _ATTRIBUTION, **members}


_MW: Final = {"unit": "MW", "energy_unit": "MWh"}
_INTENSITY: Final = {"variant": "lifecycle", "unit": "gCO2eq/kWh"}
_REVISED: Final = (_power(), _power(minutes_later=1500, kind="measured"))
_NEXT: Final = "/v1/zones/DE/power-breakdown?limit=1&start=2026-01-31T14%3A00%3A00Z&end=2026-02-01T13%3A00%3A00Z"

ZONE: Final = {
    "key": "DE",
    "name": "Germany",
    "country": "DE",
    "timezone": "Europe/Berlin",
    "parent": None,
    "sub_zones": list[str](),
    "neighbours": ["AT", "FR", "PL"],
}
LATEST_POWER: Final = _plain(_of(_MW, **with_shares(_power()), age_seconds=5400))
POWER_PAGE: Final = _plain(_of(_MW, data=[power_row(_power())], next=_NEXT))
POWER_REVISIONS: Final = _plain(_of(_MW, data=[power_row(row) for row in _REVISED], next=None))
POWER_CSV: Final = _csv(with_zone("DE", power_row_columns([_power()])))
FLOWS_PAGE: Final = _plain(_of(_MW, data=[flow_row(_power())], next=None))
FLOWS_CSV: Final = _csv(with_zone("DE", flow_row_columns([_power()])))
LATEST_CARBON: Final = _plain(_of(_INTENSITY, **carbon_row(_carbon(285)), age_seconds=5400))
CARBON_PAGE: Final = _plain(_of(_INTENSITY, data=[carbon_row(_carbon(285))], next=None))
CARBON_REVISIONS: Final = _plain(
    _of(_INTENSITY, data=[carbon_row(_carbon(285)), carbon_row(_carbon(279, 1500, "measured"))], next=None)
)
CARBON_CSV: Final = _csv(with_zone("DE", carbon_row_columns([_carbon(285)])))

_MEASURE: Final = MEASURES[Metric.CARBON_INTENSITY]
_COMPARED: Final = compare_rows({"DE": [_carbon(285)], "FR": [_carbon(41)]}, _MEASURE)
_RANKED: Final = rank(
    [
        Candidate("DE", "Germany", _carbon(285), 285, 5400),
        Candidate("FR", "France", _carbon(41), 41, 5400),
    ],
    is_ascending=True,
    max_age_seconds=86400,
)
_METRIC: Final = {"metric": "carbon_intensity", "granularity": "hourly", **_INTENSITY, "attribution": _ATTRIBUTION}
COMPARISON: Final = _plain({**_METRIC, "zones": ["DE", "FR"], "data": _COMPARED.documents(), "next": None})
COMPARISON_CSV: Final = _csv(_COMPARED.columns())
RANKING: Final = _plain(
    {
        **_METRIC,
        "order": "ascending",
        "max_age_hours": 24,
        "data": [ranking_document(member) for member in _RANKED],
        "next": None,
    }
)
RANKING_CSV: Final = _csv(ranking_columns(_RANKED))
