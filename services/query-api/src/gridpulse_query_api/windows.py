"""Which range a request means, and which part of it fits on one page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import Final

from gridpulse_contract.models import Granularity
from gridpulse_query_api.buckets import Bucket, Resolution, buckets
from gridpulse_query_api.errors import BadParameterError, UnprocessableError
from gridpulse_query_api.instants import WIDTH_MS, Span, to_ms
from gridpulse_query_api.parameters import DaysQuery, RevisionsQuery, RollUpQuery, SpanQuery

__all__ = ["Days", "Window", "bucket_window", "days_of", "revisions_span_of", "row_window", "span_of"]

_MAX_ROWS_PER_PAGE: Final = 10_000  # of the store, summed up in one page of roll-ups

_MAX_RANGE: Final[dict[Granularity, timedelta]] = {
    Granularity.MINUTES_5: timedelta(days=31),
    Granularity.MINUTES_15: timedelta(days=93),
    Granularity.HOURLY: timedelta(days=366),
}
_MAX_ROLLUP_RANGE: Final[dict[Resolution, timedelta]] = {
    Resolution.HOUR: timedelta(days=366),
    Resolution.DAY: timedelta(days=5 * 366),
    Resolution.MONTH: timedelta(days=30 * 366),
}
_DEFAULT_RANGE: Final[dict[Resolution | None, timedelta]] = {
    None: timedelta(days=1),
    Resolution.HOUR: timedelta(days=1),
    Resolution.DAY: timedelta(days=31),
    Resolution.MONTH: timedelta(days=366),
}


@dataclass(frozen=True, slots=True)
class Window:
    """A page's part of a range; `next_start` is where the following page starts, None on the last.

    `buckets` are those of a page of roll-ups; the span is then from the first one's start to the last one's end.
    """

    span: Span
    next_start: datetime | None
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True)
class Days:
    """A page of days from `start`, inclusive, to `end`, exclusive, of a range that ends at `range_end`."""

    start: date
    end: date
    range_end: date

    @property
    def next_start(self) -> date | None:
        """The first day of the next page, None on the last."""
        return self.end if self.end < self.range_end else None


def days_of(query: DaysQuery, now: datetime) -> Days:
    """The first page of days. Raises BadParameterError where there are none, or too many."""
    day = timedelta(days=1)
    end = query.end or now.date() + day
    start = query.start or end - _DEFAULT_RANGE[Resolution.DAY]
    if start >= end:
        raise BadParameterError(
            f"start {start} must be before end {end}, which is exclusive.", parameter="start" if query.start else "end"
        )
    longest = _MAX_ROLLUP_RANGE[Resolution.DAY]
    if end - start > longest:
        raise BadParameterError(f"A range can have {longest.days} days at most. Ask for several.", parameter="start")
    return Days(start, min(end, start + query.limit * day), end)


def span_of(query: SpanQuery, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the range that is asked for. Raises BadParameterError where there is none, or it is too long."""
    resolution = query.resolution if isinstance(query, RollUpQuery) else None
    end = query.end or now
    start = query.start or end - _DEFAULT_RANGE[resolution]
    if start >= end:
        default = "" if query.end else " (no end was given, so it is now)"
        raise BadParameterError(
            f"start {start.isoformat()} must be before end {end.isoformat()}{default}.",
            parameter="start" if query.start else "end",
        )
    longest = _MAX_ROLLUP_RANGE[resolution] if resolution else _MAX_RANGE[query.granularity]
    if end - start > longest:
        what = f"roll-ups to a {resolution}" if resolution else f"{query.granularity} rows"
        hint = "" if resolution is Resolution.MONTH else ", or set a coarser resolution"
        raise BadParameterError(
            f"A range of {what} can have {longest.days} days at most. Ask for several ranges{hint}.", parameter="start"
        )
    return start, end


def revisions_span_of(query: RevisionsQuery, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the intervals whose revisions are asked for; of one interval where `at` is given."""
    if query.at is None:
        return span_of(query, now)
    if query.start is not None or query.end is not None:
        raise BadParameterError("Give either at, or start and end.", parameter="at")
    return query.at, query.at + timedelta(milliseconds=1)


def row_window(query: SpanQuery, start: datetime, end: datetime) -> Window:
    """The first page of rows: as many intervals as the limit says."""
    cut = start + query.limit * timedelta(milliseconds=WIDTH_MS[query.granularity])
    return Window(Span(to_ms(start), to_ms(min(cut, end))), cut if cut < end else None)


def bucket_window(
    query: RollUpQuery, resolution: Resolution, zone: tzinfo | None, start: datetime, end: datetime
) -> Window:
    """The first page of buckets: the limit's number of them, fewer where that would be too many rows to sum up.

    `zone` is the clock of the buckets, None for UTC. Raises UnprocessableError where the rows are too wide for it.
    """
    width_ms = WIDTH_MS[query.granularity]
    upcoming = buckets(resolution, zone or UTC, start, end)
    page = list(islice(_within_budget(upcoming, width_ms), query.limit))
    for bucket in page:
        if to_ms(bucket.start) % width_ms or to_ms(bucket.end) % width_ms:
            raise UnprocessableError(
                f"On this zone's clock a {resolution} starts inside a row of {query.granularity} data, so rows don't "
                "add up to it. Set a finer granularity (granularity=15_minutes), or timezone=utc.",
                parameter="granularity",
            )
    if not page:
        return Window(Span(to_ms(start), to_ms(start)), None, ())
    following = page[-1].end
    span = Span(to_ms(page[0].start), to_ms(following))
    return Window(span, following if following < end else None, tuple(page))


def _within_budget(upcoming: Iterator[Bucket], width_ms: int) -> Iterator[Bucket]:
    """Buckets until they hold more rows than one page may sum up, but one at least."""
    first: Bucket | None = None
    for bucket in upcoming:
        first = first or bucket
        if bucket is not first and to_ms(bucket.end) - to_ms(first.start) > _MAX_ROWS_PER_PAGE * width_ms:
            return
        yield bucket
