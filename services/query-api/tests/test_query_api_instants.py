import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_query_api.instants import Span, as_text, as_utc, months_of, parse_instant, to_ms, years_of

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=offsets)  # noqa: DTZ001  hypothesis wants naive bounds


@given(instants)
def test_an_instant_is_the_same_in_any_offset(instant: datetime) -> None:
    assert parse_instant(instant.isoformat()) == instant
    assert parse_instant(instant.isoformat()).tzinfo == UTC


@given(instants)
def test_milliseconds_round_up_so_that_bounds_keep_their_meaning(instant: datetime) -> None:
    rounded = as_utc(to_ms(instant))
    assert instant <= rounded < instant + timedelta(milliseconds=1)
    assert parse_instant(as_text(to_ms(instant))) == rounded


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-01-01T00:00:00", "no offset"),
        ("2026-01-01", "no offset"),
        ("2026-01-01T00:00:00 01:00", "%2B"),
        ("yesterday", "not an ISO 8601 instant"),
        ("2026-02-30T00:00:00Z", "not an ISO 8601 instant"),
        ("1999-12-31T00:00:00Z", "outside the years"),
        ("0001-01-01T00:00:00+14:00", "out of range"),
        ("", "not an ISO 8601 instant"),
    ],
)
def test_what_is_no_instant_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_instant(text)


@given(instants, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_partitions_cover_exactly_the_span(start: datetime, length: timedelta) -> None:
    span = Span(to_ms(start), to_ms(start + length))
    years, months = list(years_of(span)), list(months_of(span))
    if span.start_ms == span.end_ms:
        assert (years, months) == ([], [])
        return
    first, last = as_utc(span.start_ms), as_utc(span.end_ms - 1)
    assert (years[0], years[-1]) == (first.year, last.year)
    assert years == sorted(set(years))
    assert (months[0], months[-1]) == (first.year * 100 + first.month, last.year * 100 + last.month)
    assert all(1 <= month % 100 <= 12 for month in months)
    assert sorted({month // 100 for month in months}) == years
