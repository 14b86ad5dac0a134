from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gridpulse_contract.models import Granularity
from gridpulse_query_api.buckets import Resolution
from gridpulse_query_api.errors import BadParameterError, UnprocessableError
from gridpulse_query_api.instants import WIDTH_MS, as_utc, to_ms
from gridpulse_query_api.parameters import CompareQuery, RangeQuery, RevisionsQuery
from gridpulse_query_api.windows import bucket_window, revisions_span_of, row_window, span_of

from .conftest import HOUR, NOW

starts = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants naive bounds


def query(**values: Any) -> RangeQuery:
    return RangeQuery.model_validate(values)


@given(
    starts,
    st.timedeltas(timedelta(milliseconds=1), timedelta(days=90)),
    st.integers(1, 2500),
    st.sampled_from(Granularity),
)
def test_windows_of_rows_cover_a_range_exactly_once(
    start: datetime, length: timedelta, limit: int, granularity: Granularity
) -> None:
    end, position = start + length, to_ms(start)
    following: datetime | None = start
    pages = 0
    while following is not None and pages < 50:
        window = row_window(query(limit=limit, granularity=granularity), following, end)
        assert window.span.start_ms == position
        assert window.span.end_ms - window.span.start_ms <= limit * WIDTH_MS[granularity]
        position, following = window.span.end_ms, window.next_start
        pages += 1
    if following is None:
        assert position == to_ms(end)


@given(
    starts,
    st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)),
    st.integers(1, 100),
    st.sampled_from(Granularity),
    st.sampled_from([Resolution.DAY, Resolution.MONTH]),
    st.sampled_from([None, ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London")]),
)
def test_windows_of_buckets_cover_a_range_exactly_once(
    start: datetime,
    length: timedelta,
    limit: int,
    granularity: Granularity,
    resolution: Resolution,
    zone: ZoneInfo | None,
) -> None:
    end = start + length
    following: datetime | None = start
    found: list[tuple[datetime, datetime]] = []
    while following is not None:
        window = bucket_window(query(limit=limit, granularity=granularity), resolution, zone, following, end)
        assert len(window.buckets) <= limit
        rows = (window.span.end_ms - window.span.start_ms) // WIDTH_MS[granularity]
        assert rows <= 10_000 or len(window.buckets) == 1
        found += [(bucket.start, bucket.end) for bucket in window.buckets]
        following = window.next_start
    whole = bucket_window(query(limit=2500), resolution, zone, start, end)
    if whole.next_start is None:
        assert found == [(bucket.start, bucket.end) for bucket in whole.buckets]


def test_defaults_end_now_and_grow_with_the_resolution() -> None:
    assert span_of(query(), NOW) == (NOW - timedelta(days=1), NOW)
    assert span_of(query(resolution="day"), NOW) == (NOW - timedelta(days=31), NOW)
    assert span_of(query(resolution="month"), NOW) == (NOW - timedelta(days=366), NOW)


@pytest.mark.parametrize(
    ("granularity", "days"), [(Granularity.MINUTES_5, 31), (Granularity.MINUTES_15, 93), (Granularity.HOURLY, 366)]
)
def test_too_long_a_range_says_how_long_it_can_be(granularity: Granularity, days: int) -> None:
    longest = query(granularity=granularity, start=NOW - timedelta(days=days), end=NOW)
    assert span_of(longest, NOW) == (longest.start, NOW)
    too_long = longest.model_copy(update={"end": NOW + timedelta(seconds=1)})
    with pytest.raises(BadParameterError, match=f"{days} days at most.*coarser resolution") as caught:
        span_of(too_long, NOW)
    assert caught.value.parameter == "start"


@pytest.mark.parametrize(
    ("values", "parameter"),
    [
        ({"start": NOW, "end": NOW}, "start"),
        ({"start": NOW + HOUR}, "start"),
    ],
)
def test_an_empty_range_is_refused(values: dict[str, Any], parameter: str) -> None:
    with pytest.raises(BadParameterError, match="must be before") as caught:
        span_of(query(**values), NOW)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize("resolution", Resolution)
def test_half_an_hour_of_offset_needs_finer_rows_than_hours(resolution: Resolution) -> None:
    kolkata, end = ZoneInfo("Asia/Kolkata"), NOW + timedelta(days=31)
    with pytest.raises(UnprocessableError, match="finer granularity") as caught:
        bucket_window(query(), resolution, kolkata, NOW, end)
    assert caught.value.parameter == "granularity"
    finer = bucket_window(query(granularity="15_minutes"), resolution, kolkata, NOW, end)
    assert finer.buckets
    assert as_utc(finer.span.start_ms).astimezone(kolkata).minute == 0


def test_revisions_are_of_an_interval_or_of_a_range() -> None:
    assert revisions_span_of(RevisionsQuery(at=NOW), NOW) == (NOW, NOW + timedelta(milliseconds=1))
    with pytest.raises(BadParameterError, match="either at, or start and end"):
        revisions_span_of(RevisionsQuery(at=NOW, start=NOW - HOUR), NOW)


def test_unknown_parameters_and_too_many_zones_are_refused() -> None:
    with pytest.raises(ValidationError, match="forbidden"):
        query(strat="2026-01-01T00:00:00Z")
    with pytest.raises(ValidationError, match="at most 20"):
        CompareQuery.model_validate({"zones": ",".join("ABCDEFGHIJKLMNOPQRSTU")})
