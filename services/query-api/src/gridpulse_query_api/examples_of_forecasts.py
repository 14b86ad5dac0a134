"""Examples of answers about forecasts for the OpenAPI document, made by the code that makes the answers."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from gridpulse_query_api.best_window import best_window
from gridpulse_query_api.documents import with_zone
from gridpulse_query_api.forecast_answers import best_window_columns, best_window_document
from gridpulse_query_api.forecast_errors import LeadErrors, Truth, error_columns
from gridpulse_query_api.forecasts import Expected, Forecast, Issued, expected_columns, expected_document
from gridpulse_query_api.instants import Span, as_utc, to_ms
from gridpulse_query_api.tables import Table

__all__ = [
    "BEST_WINDOW",
    "BEST_WINDOW_CSV",
    "FORECAST",
    "FORECAST_CSV",
    "FORECAST_ERRORS",
    "FORECAST_ERRORS_CSV",
]

_HOUR_MS: Final = 3_600_000
_ISSUED_AT_MS: Final = to_ms(datetime(2026, 1, 31, 12, 34, tzinfo=UTC))
_AT_MS: Final = to_ms(datetime(2026, 1, 31, 13, tzinfo=UTC))
_INTENSITIES: Final = (285.0, 261.0, 240.0, 252.0, 298.0)
_FORECAST: Final = Forecast(
    _ISSUED_AT_MS,
    [Expected(_AT_MS + number * _HOUR_MS, value) for number, value in enumerate(_INTENSITIES)],
)
_HEADER: Final = {
    "zone": "DE",
    "granularity": "hourly",
    "variant": "lifecycle",
    "unit": "gCO2eq/kWh",
    "attribution": "Electricity Maps, https://www.electricitymaps.com",
}
_ISSUED: Final = {**_HEADER, "issued_at": as_utc(_ISSUED_AT_MS), "age_seconds": 900}


def _plain(**document: Any) -> Any:
    return orjson.loads(orjson.dumps(document, option=orjson.OPT_UTC_Z))


_SPAN: Final = Span(_AT_MS, _AT_MS + len(_INTENSITIES) * _HOUR_MS)
_BEST: Final = best_window({row.at_ms: row.intensity for row in _FORECAST.rows}, _SPAN, _HOUR_MS, 3)
assert _BEST is not None  # noqa: S101 - the example's own numbers
_FOUND: Final = best_window_document(timedelta(hours=3), _BEST)
_ERRORS: Final = LeadErrors({_AT_MS: Truth(290, is_measured=True), _AT_MS + _HOUR_MS: Truth(250, is_measured=False)})
_ERRORS.add(Issued(_ISSUED_AT_MS, row.at_ms, row.intensity) for row in _FORECAST.rows)

FORECAST: Final = _plain(**_ISSUED, data=[expected_document(row) for row in _FORECAST.rows], next=None)
FORECAST_CSV: Final = Table(tuple(with_zone("DE", expected_columns(_FORECAST))), {}).to_csv().decode()
BEST_WINDOW: Final = _plain(**_ISSUED, **_FOUND)
BEST_WINDOW_CSV: Final = Table(tuple(with_zone("DE", best_window_columns(_ISSUED_AT_MS, _FOUND))), {}).to_csv().decode()
FORECAST_ERRORS: Final = _plain(
    **_HEADER, start=as_utc(_AT_MS), end=as_utc(_AT_MS + 2 * _HOUR_MS), data=_ERRORS.by_lead(), next=None
)
FORECAST_ERRORS_CSV: Final = Table(tuple(with_zone("DE", error_columns(_ERRORS.by_lead()))), {}).to_csv().decode()
