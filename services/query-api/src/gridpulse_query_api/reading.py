"""What the routes share: from a request's parameters to rows, and from rows to an answer."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from gridpulse_contract.zones import Zone
from gridpulse_query_api.answers import answer, format_of, list_answer, next_link, table_answer
from gridpulse_query_api.directory import ZoneDirectory
from gridpulse_query_api.documents import with_zone
from gridpulse_query_api.errors import NoDataError, UnknownZoneError, UnprocessableError
from gridpulse_query_api.instants import WIDTH_MS, Span, as_utc, to_ms
from gridpulse_query_api.parameters import LatestQuery, RangeQuery, RevisionsQuery
from gridpulse_query_api.repository import Repository
from gridpulse_query_api.rollup import FilledBucket, fill
from gridpulse_query_api.rows import Row
from gridpulse_query_api.series import Series
from gridpulse_query_api.serving import ServedRows
from gridpulse_query_api.tables import Column
from gridpulse_query_api.windows import bucket_window, revisions_span_of, row_window, span_of

__all__ = ["Presentation", "Reading", "age_seconds", "clock_of"]

Clock = Callable[[], datetime]
_ZONE_KEY: Final = re.compile(r"(?=.{1,32}$)[A-Z0-9]+(-[A-Z0-9]+)*")  # what an event of the contract can have


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a signal's rows and buckets look; `units` are members of every answer."""

    units: Mapping[str, str]
    latest: Callable[[Row], dict[str, Any]]
    row: Callable[[Row], dict[str, Any]]
    row_columns: Callable[[Sequence[Row]], Iterator[Column]]
    bucket: Callable[[FilledBucket], dict[str, Any]]
    bucket_columns: Callable[[Sequence[FilledBucket]], Iterator[Column]]


class Reading:
    """Reads series for the routes."""

    def __init__(self, repository: Repository, directory: ZoneDirectory, clock: Clock, attribution: str) -> None:
        self.repository = repository
        self.directory = directory
        self.attribution = attribution
        self._served = ServedRows(repository)
        self._clock = clock

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return self._clock()

    async def latest_answer(
        self, request: Request, query: LatestQuery, series: Series, presentation: Presentation
    ) -> Response:
        """The newest row that is not in the future. Raises UnknownZoneError or NoDataError where there is none."""
        now = self.now()
        form = format_of(request, query.format)
        self._refuse_impossible(series.zone, "zone")
        row = await self.latest(series, now)
        if row is None:
            if self.directory.get(series.zone) is None:
                raise UnknownZoneError(series.zone, self.directory.near_matches(series.zone))
            raise NoDataError(f"There is no {series} yet: it is not collected, or the first rows are on their way.")
        if form == "json":
            age = {"age_seconds": age_seconds(row, now)}
            return answer(request, self.document(series, presentation, row), changing=age)
        header = self.header(series, presentation)
        return table_answer(request, form, header, with_zone(series.zone, presentation.row_columns([row])))

    async def range_answer(
        self, request: Request, query: RangeQuery, series: Series, presentation: Presentation
    ) -> Response:
        """A page of rows, or of roll-ups. Raises UnknownZoneError, BadParameterError or UnprocessableError."""
        form = format_of(request, query.format)
        start, end = span_of(query, self.now())
        zone = await self.known_zone(series)
        header = self.header(series, presentation)
        if query.as_of is not None:
            header["as_of"] = query.as_of
        if query.resolution is None:
            window = row_window(query, start, end)
            rows = await self.rows(series, window.span, query.as_of)
            return list_answer(
                request,
                form,
                header,
                lambda: [presentation.row(row) for row in rows],
                lambda: with_zone(series.zone, presentation.row_columns(rows)),
                next_url=next_link(request, window.next_start, end),
            )
        clock = None if query.timezone == "utc" else clock_of(zone, series.zone, "timezone")
        header |= {"resolution": query.resolution, "timezone": "UTC" if clock is None else clock.key}
        window = bucket_window(query, query.resolution, clock, start, end)
        rows = await self.rows(series, window.span, query.as_of)
        buckets = list(fill(window.buckets, rows, WIDTH_MS[query.granularity]))
        return list_answer(
            request,
            form,
            header,
            lambda: [presentation.bucket(bucket) for bucket in buckets],
            lambda: with_zone(series.zone, presentation.bucket_columns(buckets)),
            next_url=next_link(request, window.next_start, end),
        )

    async def revisions_answer(
        self, request: Request, query: RevisionsQuery, series: Series, presentation: Presentation
    ) -> Response:
        """A page of all revisions of an interval or a range. Raises UnknownZoneError or BadParameterError."""
        form = format_of(request, query.format)
        start, end = revisions_span_of(query, self.now())
        await self.known_zone(series)
        window = row_window(query, start, end)
        found = await self._served.revisions(series, window.span)
        next_start = window.next_start if found.resume_ms is None else as_utc(found.resume_ms)
        return list_answer(
            request,
            form,
            self.header(series, presentation),
            lambda: [presentation.row(row) for row in found.rows],
            lambda: with_zone(series.zone, presentation.row_columns(found.rows)),
            next_url=next_link(request, next_start, end),
        )

    def check_key(self, key: str) -> None:
        """Raises UnknownZoneError for what no zone can be called, before the store is asked."""
        self._refuse_impossible(key, "zone")

    def document(self, series: Series, presentation: Presentation, row: Row) -> dict[str, Any]:
        """One row with all that there is to say of it, complete by itself."""
        return {**self.header(series, presentation), **presentation.latest(row)}

    async def rows(self, series: Series, span: Span, as_of: datetime | None) -> list[Row]:
        """The rows of a span, as they are now or as they were."""
        return await self._served.rows(series, span, as_of)

    async def latest(self, series: Series, now: datetime) -> Row | None:
        """The newest row with `at` <= now."""
        return await self._served.latest(series, now)

    async def known_zone(self, series: Series, *, parameter: str = "zone") -> Zone | None:
        """The zone of the reference, None for one that only has data. Raises UnknownZoneError where it has neither."""
        self._refuse_impossible(series.zone, parameter)
        zone = self.directory.get(series.zone)
        if zone is None and await self.latest(series, self.now()) is None:
            raise UnknownZoneError(series.zone, self.directory.near_matches(series.zone), parameter=parameter)
        return zone

    def _refuse_impossible(self, key: str, parameter: str) -> None:
        if _ZONE_KEY.fullmatch(key) is None:
            raise UnknownZoneError(key, self.directory.near_matches(key), parameter=parameter)

    def header(self, series: Series, presentation: Presentation) -> dict[str, Any]:
        """What every answer about the series begins with."""
        header: dict[str, Any] = {"zone": series.zone, "granularity": series.granularity}
        if series.variant:
            header["variant"] = series.variant
        return {**header, **presentation.units, "attribution": self.attribution}


def age_seconds(row: Row, now: datetime) -> int:
    """How long ago the row's interval began."""
    return max(0, (to_ms(now) - row.at_ms) // 1000)


def clock_of(zone: Zone | None, key: str, parameter: str) -> ZoneInfo:
    """The zone's own clock, asked for by `parameter`. Raises UnprocessableError for a zone that the reference lacks."""
    if zone is None:
        detail = f"The time zone of {key} is not in the reference of zones. Leave {parameter} out: UTC."
        raise UnprocessableError(detail, parameter=parameter)
    return ZoneInfo(zone.timezone)
