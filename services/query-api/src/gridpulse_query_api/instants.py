"""Instants at the boundary (text) and inside (whole milliseconds since the epoch, as the store has them)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gridpulse_contract.models import Granularity

__all__ = ["WIDTH_MS", "Span", "as_text", "as_utc", "months_of", "parse_day", "parse_instant", "to_ms", "years_of"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_FIRST_YEAR: Final = 2000  # the source has nothing older
_LAST_YEAR: Final = 2100
_LOST_PLUS: Final = re.compile(r"\d [0-9]{2}:?[0-9]{2}$")

WIDTH_MS: Final[dict[Granularity, int]] = {
    Granularity.MINUTES_5: 300_000,
    Granularity.MINUTES_15: 900_000,
    Granularity.HOURLY: 3_600_000,
}
"""Width of a row's interval by granularity."""


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of time, start inclusive, end exclusive, in milliseconds since the epoch."""

    start_ms: int
    end_ms: int


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, in UTC. Raises ValueError with what to write instead."""
    if _LOST_PLUS.search(text):
        raise ValueError(f"{text!r} has lost its '+', which means a space in a URL: write %2B, or use Z")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an ISO 8601 instant such as 2026-01-31T13:00:00Z") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC, so it could be any of 24 hours: write 2026-01-31T13:00:00Z")
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is out of range") from None
    if not _FIRST_YEAR <= instant.year < _LAST_YEAR:
        raise ValueError(f"{text!r} is outside the years {_FIRST_YEAR} to {_LAST_YEAR - 1}")
    return instant


def parse_day(text: str) -> date:
    """A date such as 2026-01-31. Raises ValueError with what to write instead."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2026-01-31") from None
    if not _FIRST_YEAR <= day.year < _LAST_YEAR:
        raise ValueError(f"{text!r} is outside the years {_FIRST_YEAR} to {_LAST_YEAR - 1}")
    return day


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded up: as a bound of whole-millisecond rows that changes nothing."""
    return -((_EPOCH - instant) // _MILLISECOND)


def as_utc(milliseconds: int) -> datetime:
    """The instant as an aware datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def as_text(milliseconds: int) -> str:
    """The instant as it stands in links and CSV: 2026-01-31T13:00:00Z, with fractions only where it has some."""
    return as_utc(milliseconds).isoformat().replace("+00:00", "Z")


def years_of(span: Span) -> Iterator[int]:
    """The calendar years (UTC) that the span touches: the partitions of the current rows."""
    if span.start_ms < span.end_ms:
        yield from range(as_utc(span.start_ms).year, as_utc(span.end_ms - 1).year + 1)


def months_of(span: Span) -> Iterator[int]:
    """The months (UTC, as 202601) that the span touches: the partitions of the revisions."""
    if span.start_ms < span.end_ms:
        first, last = as_utc(span.start_ms), as_utc(span.end_ms - 1)
        for index in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
            yield index // 12 * 100 + index % 12 + 1
