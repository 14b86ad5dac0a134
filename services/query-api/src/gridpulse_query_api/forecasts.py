"""Forecasts of carbon intensity, as rows of the store, documents (JSON) and tables (CSV, Arrow)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gridpulse_query_api.cells import as_double, as_milliseconds, as_texts, cells_of
from gridpulse_query_api.instants import as_utc
from gridpulse_query_api.rows import Page
from gridpulse_query_api.series import CARBON_COLUMN
from gridpulse_query_api.tables import Column, ColumnType

__all__ = [
    "EXPECTED_COLUMNS",
    "FRESH_HOURS",
    "ISSUED_COLUMNS",
    "Expected",
    "Forecast",
    "Issued",
    "expected_columns",
    "expected_document",
    "expected_of",
    "issued_of",
    "preferred",
]

FRESH_HOURS: Final = 6
"""How old a forecast may be that is planned by, unless the request says it."""

EXPECTED_COLUMNS: Final = ("at", CARBON_COLUMN, "quality")
"""Of carbon_intensity_forecast, in the order in which `expected_of` reads them."""
ISSUED_COLUMNS: Final = ("issued_at", "at", CARBON_COLUMN)
"""The same for `issued_of`."""


class Expected(NamedTuple):
    """What a forecast says about one interval, in gCO2eq/kWh; NaN is a missing number."""

    at_ms: int
    intensity: float
    quality: tuple[str, ...] = ()


class Issued(NamedTuple):
    """The same of one of many forecasts."""

    issued_at_ms: int
    at_ms: int
    intensity: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """All that was said at once, by `at`."""

    issued_at_ms: int
    rows: Sequence[Expected]


def preferred(newest: Forecast, before: Forecast | None, not_before_ms: int) -> Forecast:
    """The newest of two forecasts, or the one before where the newest says less of the time after its issue.

    Then the store may have only a part of it yet. One that was issued before `not_before_ms` is too old to stand in.
    """
    if before is None or before.issued_at_ms < not_before_ms:
        return newest
    ahead, ahead_before = (sum(row.at_ms >= newest.issued_at_ms for row in of.rows) for of in (newest, before))
    return newest if ahead >= ahead_before else before


def expected_of(pages: Sequence[Page]) -> list[Expected]:
    """The rows of one forecast, in their order."""
    return [
        Expected(as_milliseconds(at), as_double(intensity), as_texts(quality))
        for page in pages
        for at, intensity, quality in cells_of(page, len(EXPECTED_COLUMNS))
    ]


def issued_of(page: Page) -> list[Issued]:
    """Rows of many forecasts, in their order."""
    return [
        Issued(as_milliseconds(issued_at), as_milliseconds(at), as_double(intensity))
        for issued_at, at, intensity in cells_of(page, len(ISSUED_COLUMNS))
    ]


def expected_document(row: Expected) -> dict[str, Any]:
    """One interval."""
    return {"at": as_utc(row.at_ms), CARBON_COLUMN: row.intensity, "quality": row.quality}


def expected_columns(forecast: Forecast) -> Iterator[Column]:
    """One row per interval."""
    rows = forecast.rows
    yield Column("issued_at", ColumnType.INSTANT, [forecast.issued_at_ms] * len(rows))
    yield Column("at", ColumnType.INSTANT, [row.at_ms for row in rows])
    yield Column(CARBON_COLUMN, ColumnType.NUMBER, [row.intensity for row in rows])
    yield Column("quality", ColumnType.TEXTS, [row.quality for row in rows])
