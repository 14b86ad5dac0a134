"""Examples of answers about whole days for the OpenAPI document, made by the code that makes the answers."""

from datetime import UTC, date, datetime
from typing import Any, Final

import orjson

from gridpulse_query_api.daily import (
    DayOfEnergy,
    Finding,
    energy_columns,
    energy_document,
    finding_columns,
    finding_document,
)
from gridpulse_query_api.documents import with_zone
from gridpulse_query_api.instants import to_ms
from gridpulse_query_api.tables import Table

__all__ = ["DATA_QUALITY_CSV", "DATA_QUALITY_PAGE", "ENERGY_CSV", "ENERGY_PAGE"]

_ATTRIBUTION: Final = "Electricity Maps, https://www.electricitymaps.com"
_DAY: Final = date(2026, 1, 31)
_ENERGY: Final = DayOfEnergy(
    _DAY,
    "mixed",
    87.5,
    to_ms(datetime(2026, 2, 1, 6, 15, tzinfo=UTC)),
    {
        ("production", "wind"): (504_000.0, 100.0),
        ("production", "hydro_discharge"): (-1_300.0, 95.83333333333333),
        ("production", "total"): (1_334_400.0, 100.0),
        ("consumption", "total"): (1_358_400.0, 100.0),
        ("import", "total"): (124_800.0, 100.0),
        ("export", "total"): (38_400.0, 100.0),
    },
)
_FINDINGS: Final = (
    Finding(_DAY, "balance", "ok", 0, ""),
    Finding(_DAY, "gaps", "warning", 2, "2 of 24 hours have no row: 03:00, 04:00."),
)


def _plain(**document: Any) -> Any:
    return orjson.loads(orjson.dumps({"zone": "DE", **document, "next": None}, option=orjson.OPT_UTC_Z))


ENERGY_PAGE: Final = _plain(
    calendar="utc",
    timezone="UTC",
    energy_unit="MWh",
    attribution=_ATTRIBUTION,
    data=[energy_document(_ENERGY, UTC)],
)
ENERGY_CSV: Final = Table(tuple(with_zone("DE", energy_columns([_ENERGY], UTC))), {}).to_csv().decode()
DATA_QUALITY_PAGE: Final = _plain(attribution=_ATTRIBUTION, data=[finding_document(finding) for finding in _FINDINGS])
DATA_QUALITY_CSV: Final = Table(tuple(with_zone("DE", finding_columns(_FINDINGS))), {}).to_csv().decode()
