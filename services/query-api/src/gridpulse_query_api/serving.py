"""Rows as they are served: those of the store, and power breakdowns composed where the store has none.

One read does where `power_breakdown` has every row that is asked for; a second one, of the normal mix, where it lacks
some; two more where the mix has those.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from gridpulse_contract.models import Signal
from gridpulse_query_api.composing import (
    FLOW_TRACED,
    NORMAL,
    compose,
    compose_all,
    compose_revisions,
    is_whole,
    missing_span,
)
from gridpulse_query_api.instants import WIDTH_MS, Span, to_ms
from gridpulse_query_api.repository import Repository, Revisions
from gridpulse_query_api.rows import Row
from gridpulse_query_api.series import Series

__all__ = ["ServedRows"]

_Read = Callable[[Series, Span], Awaitable[list[Row]]]
_PATIENCE_MS: Final = 24 * 3_600_000  # a whole row this much older is better news than a newer one with holes


class ServedRows:
    """The rows of a repository, and those that it has the parts of."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def latest(self, series: Series, now: datetime) -> Row | None:
        """The newest row with `at` <= now; one with holes only where the day before it has no whole one."""
        row = await self._repository.latest(series, now)
        if series.signal is not Signal.POWER_BREAKDOWN:
            return row
        if row is not None and to_ms(now) < row.at_ms + WIDTH_MS[series.granularity]:
            return row  # nothing can be newer
        normal_series, traced_series, flows_series = _parts_of(series)
        normal = await self._repository.latest(normal_series, now)
        if normal is None or (row is not None and normal.at_ms <= row.at_ms):
            return row
        interval = Span(normal.at_ms, normal.at_ms + 1)
        traced, flows = await asyncio.gather(
            self._repository.rows(traced_series, interval), self._repository.rows(flows_series, interval)
        )
        newest = compose(normal, next(iter(traced), None), next(iter(flows), None))
        return newest if is_whole(newest) else await self._whole_before(series, newest, row) or newest

    async def _whole_before(self, series: Series, newest: Row, row: Row | None) -> Row | None:
        """The newest whole row of the day before `newest`, of which `row` is the source's own newest."""
        earliest_ms = newest.at_ms - _PATIENCE_MS
        own = row if row is not None and row.at_ms >= earliest_ms else None
        span = Span(earliest_ms if own is None else own.at_ms + 1, newest.at_ms)
        composed = await _composed(self._repository.rows, series, span, [])
        return next(filter(is_whole, reversed(composed)), own)

    async def rows(self, series: Series, span: Span, as_of: datetime | None) -> list[Row]:
        """The rows with `at` in the span, as they are now or as they were; ascending."""

        async def read(member: Series, part: Span) -> list[Row]:
            if as_of is None:
                return await self._repository.rows(member, part)
            return await self._repository.rows_as_of(member, part, as_of)

        found = await read(series, span)
        if series.signal is not Signal.POWER_BREAKDOWN:
            return found
        composed = await _composed(read, series, span, found)
        return sorted([*found, *composed], key=lambda row: row.at_ms) if composed else found

    async def revisions(self, series: Series, span: Span) -> Revisions:
        """Every revision of the intervals in the span; of a composed one, what each revision of a part made of it."""
        found = await self._repository.revisions(series, span)
        if series.signal is not Signal.POWER_BREAKDOWN:
            return found
        there = {row.at_ms for row in found.rows}
        covered = Span(span.start_ms, span.end_ms if found.resume_ms is None else found.resume_ms)
        missing = missing_span(there, covered, WIDTH_MS[series.granularity])
        if missing is None:
            return found
        normal_series, traced_series, flows_series = _parts_of(series)
        normal = await self._repository.revisions(normal_series, missing)
        if normal.resume_ms is None and all(row.at_ms in there for row in normal.rows):
            return found
        traced, flows = await asyncio.gather(
            self._repository.revisions(traced_series, missing), self._repository.revisions(flows_series, missing)
        )
        resumes = [part.resume_ms for part in (found, normal, traced, flows) if part.resume_ms is not None]
        resume_ms = min(resumes, default=None)
        wanted = [row for row in normal.rows if row.at_ms not in there]
        rows = sorted(
            [*found.rows, *compose_revisions(wanted, traced.rows, flows.rows)],
            key=lambda row: (row.at_ms, row.updated_at_ms),
        )
        return Revisions([row for row in rows if resume_ms is None or row.at_ms < resume_ms], resume_ms)


async def _composed(read: _Read, series: Series, span: Span, found: list[Row]) -> list[Row]:
    """The rows of the span that are not found but can be composed."""
    there = {row.at_ms for row in found}
    missing = missing_span(there, span, WIDTH_MS[series.granularity])
    if missing is None:
        return []
    normal_series, traced_series, flows_series = _parts_of(series)
    normal = [row for row in await read(normal_series, missing) if row.at_ms not in there]
    if not normal:
        return []
    needed = Span(normal[0].at_ms, normal[-1].at_ms + 1)
    traced, flows = await asyncio.gather(read(traced_series, needed), read(flows_series, needed))
    return compose_all(normal, traced, flows)


def _parts_of(power: Series) -> tuple[Series, Series, Series]:
    """Normal mix, flow-traced mix and flows of a power breakdown."""
    return (
        replace(power, signal=Signal.ELECTRICITY_MIX, variant=NORMAL),
        replace(power, signal=Signal.ELECTRICITY_MIX, variant=FLOW_TRACED),
        replace(power, signal=Signal.ELECTRICITY_FLOWS, variant=""),
    )
