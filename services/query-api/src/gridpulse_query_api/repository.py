"""Every read of the store; CQL is here and in `forecast_reads` alone.

Rows ascend in `at`, the revisions of one `at` in `updated_at`.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gridpulse_contract.models import Signal
from gridpulse_query_api.daily import ENERGY_COLUMNS, FINDING_COLUMNS, DayOfEnergy, Finding, energy_of, findings_of
from gridpulse_query_api.forecast_reads import ForecastReads, forecast_statements
from gridpulse_query_api.instants import Span, months_of, to_ms, years_of
from gridpulse_query_api.reads import Store
from gridpulse_query_api.rows import Page, Row, RowDecoder
from gridpulse_query_api.series import NUMBER_COLUMNS, Series

__all__ = ["Repository", "Revisions", "probe", "statements"]

_MAX_REVISIONS: Final = 5000  # rows of one read of revisions: about 4 MB
_MAX_PARTITIONS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Revisions:
    """Revisions of whole intervals. Where not all of the span fitted, `resume_ms` is the `at` of the first left out."""

    rows: list[Row]
    resume_ms: int | None


class Repository:
    """Reads rows of `keyspace` from a store that has prepared `statements(keyspace)`."""

    def __init__(self, store: Store, keyspace: str) -> None:
        self.forecasts: Final = ForecastReads(store, keyspace)
        self._store = store
        self._reads = _reads(keyspace)
        self._energy = _energy_statement(keyspace)
        self._findings = _findings_statement(keyspace)

    async def latest(self, series: Series, now: datetime) -> Row | None:
        """The newest row with `at` <= now, looked for in this year's partition and then in the one before."""
        reads = self._reads[series.signal]
        for year in (now.year, now.year - 1):
            pages = await self._store.read(reads.latest, (*_partition(series, year), to_ms(now)))
            if rows := await reads.decode(pages):
                return rows[0]
        return None

    async def rows(self, series: Series, span: Span) -> list[Row]:
        """The current rows with `at` in the span. The years it touches are read side by side, a few at a time."""
        reads = self._reads[series.signal]
        slots = asyncio.Semaphore(_MAX_PARTITIONS_AT_ONCE)

        async def of_year(year: int) -> list[Row]:
            async with slots:
                parameters = (*_partition(series, year), span.start_ms, span.end_ms)
                return await reads.decode(await self._store.read(reads.span, parameters))

        years = list(years_of(span))
        if len(years) == 1:
            return await of_year(years[0])
        return [row for rows in await asyncio.gather(*map(of_year, years)) for row in rows]

    async def rows_as_of(self, series: Series, span: Span, as_of: datetime) -> list[Row]:
        """The rows with `at` in the span as they were at `as_of`: of each, the newest revision that is not newer.

        The clock is the source's own `updated_at`. An interval of which the source had said nothing yet has no row.
        """
        # Revisions are stored with whole milliseconds, so rounding down keeps "not newer".
        as_of_ms = to_ms(as_of.replace(microsecond=as_of.microsecond // 1000 * 1000))
        newest: dict[int, Row] = {}
        async for rows in self._revisions_in_parts(series, span):
            newest.update((row.at_ms, row) for row in rows if row.updated_at_ms <= as_of_ms)
        return list(newest.values())

    async def revisions(self, series: Series, span: Span) -> Revisions:
        """Every revision of the intervals with `at` in the span, up to some thousands of rows of whole intervals."""
        reads = self._reads[series.signal]
        found: list[Row] = []
        for month in months_of(span):
            room = _MAX_REVISIONS + 1 - len(found)
            parameters = (*_partition(series, month), span.start_ms, span.end_ms, room)
            found += await reads.decode(await self._store.read(reads.revisions, parameters))
            if len(found) > _MAX_REVISIONS:
                return await self._whole_intervals(series, span, found)
        return Revisions(found, None)

    async def energy(self, zone: str, calendar: str, start: date, end: date) -> list[DayOfEnergy]:
        """The energy of the days of a calendar from `start` to `end`, exclusive; those without any row are left out."""
        return energy_of(await self._days(self._energy, (zone, calendar), start, end))

    async def findings(self, zone: str, start: date, end: date) -> list[Finding]:
        """What the data quality rules say about the days from `start` to `end`, exclusive, by day and rule."""
        return findings_of(await self._days(self._findings, (zone,), start, end))

    async def _days(self, statement: str, key: tuple[str, ...], start: date, end: date) -> list[Page]:
        pages: list[Page] = []
        for year in range(start.year, (end - timedelta(days=1)).year + 1):
            pages += await self._store.read(statement, (*key, year, start, end))
        return pages

    async def _whole_intervals(self, series: Series, span: Span, found: list[Row]) -> Revisions:
        """Leave the last interval out, which may be cut; read it whole where it is the only one."""
        last_ms = found[-1].at_ms
        whole = [row for row in found if row.at_ms < last_ms]
        if whole:
            return Revisions(whole, last_ms)
        reads = self._reads[series.signal]
        month = next(months_of(Span(last_ms, last_ms + 1)))
        parameters = (*_partition(series, month), last_ms, last_ms + 1, 2**31 - 1)
        rows = await reads.decode(await self._store.read(reads.revisions, parameters))
        return Revisions(rows, last_ms + 1 if last_ms + 1 < span.end_ms else None)

    async def _revisions_in_parts(self, series: Series, span: Span) -> AsyncGenerator[list[Row]]:
        resume_ms: int | None = span.start_ms
        while resume_ms is not None:
            part = await self.revisions(series, Span(resume_ms, span.end_ms))
            yield part.rows
            resume_ms = part.resume_ms


@dataclass(frozen=True, slots=True)
class _Reads:
    """The statements of one signal, and the decoder of their rows."""

    latest: str
    span: str
    revisions: str
    decoder: RowDecoder

    async def decode(self, pages: Sequence[Page]) -> list[Row]:
        """The rows of all pages; between two of them other requests get their turn."""
        if len(pages) == 1:
            return self.decoder.decode(pages[0])
        rows: list[Row] = []
        for page in pages:
            rows += self.decoder.decode(page)
            await asyncio.sleep(0)
        return rows


def _reads(keyspace: str) -> dict[Signal, _Reads]:
    return {
        Signal.POWER_BREAKDOWN: _reads_of(keyspace, "power_breakdown", Signal.POWER_BREAKDOWN, "zone = ?"),
        Signal.CARBON_INTENSITY: _reads_of(
            keyspace, "carbon_intensity", Signal.CARBON_INTENSITY, "zone = ? AND variant = ?"
        ),
        Signal.ELECTRICITY_MIX: _reads_of(
            keyspace, "electricity_mix", Signal.ELECTRICITY_MIX, "zone = ? AND variant = ?"
        ),
        Signal.ELECTRICITY_FLOWS: _reads_of(keyspace, "electricity_flows", Signal.ELECTRICITY_FLOWS, "zone = ?"),
    }


def _reads_of(keyspace: str, table: str, signal: Signal, key: str) -> _Reads:
    numbers = NUMBER_COLUMNS[signal]
    has_exchanges = signal in (Signal.POWER_BREAKDOWN, Signal.ELECTRICITY_FLOWS)
    # The order is RowDecoder's.
    exchanges = ("import_mw", "export_mw") if has_exchanges else ()
    columns = ", ".join(("at", "updated_at", *numbers, "kind", "estimation_method", "quality", *exchanges))
    current = f"SELECT {columns} FROM {keyspace}.{table} WHERE {key} AND granularity = ? AND year = ?"  # noqa: S608
    revisions = f"SELECT {columns} FROM {keyspace}.{table}_revisions WHERE {key} AND granularity = ? AND month = ?"  # noqa: S608
    return _Reads(
        latest=f"{current} AND at <= ? ORDER BY at DESC LIMIT 1",
        span=f"{current} AND at >= ? AND at < ?",
        revisions=f"{revisions} AND at >= ? AND at < ? LIMIT ?",
        decoder=RowDecoder(len(numbers), has_exchanges=has_exchanges),
    )


def _energy_statement(keyspace: str) -> str:
    return _days_statement(keyspace, "power_daily", ENERGY_COLUMNS, "zone = ? AND calendar = ?")


def _findings_statement(keyspace: str) -> str:
    return _days_statement(keyspace, "data_quality", FINDING_COLUMNS, "zone = ?")


def _days_statement(keyspace: str, table: str, columns: Sequence[str], key: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {keyspace}.{table} WHERE {key} AND year = ? AND day >= ? AND day < ?"  # noqa: S608


def statements(keyspace: str) -> tuple[str, ...]:
    """Every statement that a repository of this keyspace uses."""
    return (
        *(
            statement
            for reads in _reads(keyspace).values()
            for statement in (reads.latest, reads.span, reads.revisions)
        ),
        _energy_statement(keyspace),
        _findings_statement(keyspace),
        *forecast_statements(keyspace),
    )


def probe(keyspace: str) -> str:
    """A statement that works when reads of the data work, and reads next to nothing."""
    return (
        f"SELECT at FROM {keyspace}.power_breakdown "  # noqa: S608
        "WHERE zone = '' AND granularity = '' AND year = 0 LIMIT 1"
    )


def _partition(series: Series, period: int) -> tuple[object, ...]:
    if series.variant:
        return (series.zone, series.variant, series.granularity.value, period)
    return (series.zone, series.granularity.value, period)
