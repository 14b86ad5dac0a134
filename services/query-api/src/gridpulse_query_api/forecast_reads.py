"""Every read of forecasts, for the repository. Rows ascend in `issued_at`, those of one forecast in `at`."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Final

from gridpulse_query_api.cells import as_milliseconds, cells_of
from gridpulse_query_api.forecasts import (
    EXPECTED_COLUMNS,
    FRESH_HOURS,
    ISSUED_COLUMNS,
    Forecast,
    Issued,
    expected_of,
    issued_of,
    preferred,
)
from gridpulse_query_api.instants import Span, as_utc, months_of, to_ms
from gridpulse_query_api.reads import Store
from gridpulse_query_api.series import Series

__all__ = ["ForecastReads", "forecast_statements"]

_MONTHS_LOOKED_INTO: Final = 2
_DECEMBER: Final = 12


class ForecastReads:
    """Reads forecasts of `keyspace` from a store that has prepared its statements. A series is that of what they are
    about: zone, variant and granularity count."""

    def __init__(self, store: Store, keyspace: str) -> None:
        self._store = store
        self._newest_issue, self._issue, self._issues = forecast_statements(keyspace)

    async def newest(
        self, series: Series, not_after: datetime, fresh: timedelta = timedelta(hours=FRESH_HOURS)
    ) -> Forecast | None:
        """The forecast issued last at `not_after` or before, looked for in that month and the one before it.

        The last but one where that is still fresh and the last says less of what lies ahead (`preferred`).
        """
        # Instants of the store are whole milliseconds: rounding down keeps "not after".
        newest = await self._last(series, to_ms(not_after.replace(microsecond=not_after.microsecond // 1000 * 1000)))
        if newest is None:
            return None
        before = await self._last(series, newest.issued_at_ms - 1)
        return preferred(newest, before, to_ms(not_after - fresh))

    async def _last(self, series: Series, not_after_ms: int) -> Forecast | None:
        not_after = as_utc(not_after_ms)
        month = not_after.year * 100 + not_after.month
        for _ in range(_MONTHS_LOOKED_INTO):
            pages = await self._store.read(self._newest_issue, (*_partition(series, month), not_after_ms))
            for (issued_at,) in (row for page in pages for row in cells_of(page, 1)):
                return await self._of_issue(series, month, as_milliseconds(issued_at))
            month = month - 1 if month % 100 > 1 else month - 100 + _DECEMBER - 1
        return None

    async def issued(self, series: Series, issued_at: datetime) -> Forecast | None:
        """The forecast that was issued then, to the millisecond."""
        return await self._of_issue(series, issued_at.year * 100 + issued_at.month, to_ms(issued_at))

    async def issued_in(self, series: Series, span: Span) -> AsyncGenerator[list[Issued]]:
        """The rows of all forecasts issued in the span, some thousands at a time."""
        for month in months_of(span):
            parameters = (*_partition(series, month), span.start_ms, span.end_ms)
            for page in await self._store.read(self._issues, parameters):
                yield issued_of(page)
                await asyncio.sleep(0)  # other requests get their turn

    async def _of_issue(self, series: Series, month: int, issued_at_ms: int) -> Forecast | None:
        rows = expected_of(await self._store.read(self._issue, (*_partition(series, month), issued_at_ms)))
        return Forecast(issued_at_ms, rows) if rows else None


def _partition(series: Series, month: int) -> tuple[object, ...]:
    return (series.zone, series.variant, series.granularity.value, month)


def forecast_statements(keyspace: str) -> tuple[str, str, str]:
    """When the newest forecast was issued; the rows of one; the rows of those issued in a span."""
    table = f"{keyspace}.carbon_intensity_forecast"
    key = "zone = ? AND variant = ? AND granularity = ? AND month = ?"
    issue, issues = ", ".join(EXPECTED_COLUMNS), ", ".join(ISSUED_COLUMNS)
    return (
        f"SELECT issued_at FROM {table} WHERE {key} AND issued_at <= ? ORDER BY issued_at DESC LIMIT 1",  # noqa: S608
        f"SELECT {issue} FROM {table} WHERE {key} AND issued_at = ?",  # noqa: S608
        f"SELECT {issues} FROM {table} WHERE {key} AND issued_at >= ? AND issued_at < ?",  # noqa: S608
    )
