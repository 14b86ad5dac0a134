"""Examples of answers about mixes and flows for the OpenAPI document, made by the code that makes the answers."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS
from gridpulse_query_api.documents import with_zone
from gridpulse_query_api.flows import exchange_row, exchange_row_columns
from gridpulse_query_api.instants import to_ms
from gridpulse_query_api.mixes import mix_row, mix_row_columns
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Table

__all__ = [
    "EXCHANGES_CSV",
    "EXCHANGES_PAGE",
    "LATEST_EXCHANGES",
    "LATEST_MIX",
    "MIX_CSV",
    "MIX_PAGE",
]

_AT: Final = datetime(2026, 1, 31, 13, tzinfo=UTC)
_MIX: Final = {
    "biomass_mw": 4500.2,
    "coal_mw": 9800.4,
    "wind_mw": 21000.1,
    "solar_mw": 11200.0,
    "gas_mw": 7400.3,
    "hydro_discharge_mw": -2600.5,
    "import_total_mw": 5200.0,
    "export_total_mw": 1600.0,
}
_COMMON: Final[dict[str, Any]] = {
    "at_ms": to_ms(_AT),
    "updated_at_ms": to_ms(_AT + timedelta(minutes=75)),
    "quality": (),
}
_NORMAL: Final = Row(
    **_COMMON,
    numbers=tuple(_MIX.get(column, math.nan) for column in MIX_NUMBER_COLUMNS),
    kind="measured",
    estimation_method="MEASURED",
    import_mw={},
    export_mw={},
)
_FLOWS: Final = Row(
    **_COMMON, numbers=(), kind="unknown", estimation_method="", import_mw={"FR": 5200.0}, export_mw={"PL": 1600.0}
)


def _plain(variant: str | None, **members: Any) -> dict[str, Any]:
    header = {"zone": "DE", "granularity": "hourly", **({"variant": variant} if variant else {})}
    units = {"unit": "MW", "energy_unit": "MWh", "attribution": "Electricity Maps, https://www.electricitymaps.com"}
    return orjson.loads(orjson.dumps({**header, **units, **members}, option=orjson.OPT_UTC_Z))


LATEST_MIX: Final = _plain("normal", **mix_row(_NORMAL), age_seconds=5400)
MIX_PAGE: Final = _plain("normal", data=[mix_row(_NORMAL)], next=None)
MIX_CSV: Final = Table(tuple(with_zone("DE", mix_row_columns([_NORMAL]))), {}).to_csv().decode()
LATEST_EXCHANGES: Final = _plain(None, **exchange_row(_FLOWS), age_seconds=5400)
EXCHANGES_PAGE: Final = _plain(None, data=[exchange_row(_FLOWS)], next=None)
EXCHANGES_CSV: Final = Table(tuple(with_zone("DE", exchange_row_columns([_FLOWS]))), {}).to_csv().decode()
