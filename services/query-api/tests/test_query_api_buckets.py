from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_contract.zones import load_zones
from gridpulse_query_api.buckets import Bucket, Resolution, buckets

HOUR = timedelta(hours=1)
ODD_ZONES = (
    "Asia/Kolkata",  # half an hour
    "Asia/Kathmandu",  # three quarters
    "Australia/Lord_Howe",  # changes by half an hour
    "America/Havana",  # midnight comes twice
    "America/Santiago",  # midnight is skipped
    "Pacific/Apia",  # a whole day was skipped
    "UTC",
)
zones = st.sampled_from(sorted({zone.timezone for zone in load_zones().values()} | set(ODD_ZONES))).map(ZoneInfo)
starts = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants naive bounds


def days(zone: str, start: datetime, end: datetime) -> list[Bucket]:
    return list(buckets(Resolution.DAY, ZoneInfo(zone), start, end))


@given(st.sampled_from(Resolution), zones, starts, st.timedeltas(timedelta(0), timedelta(days=70)))
def test_buckets_tile_time(resolution: Resolution, zone: ZoneInfo, start: datetime, length: timedelta) -> None:
    end = start + length
    found = list(buckets(resolution, zone, start, end))
    assert all(start <= bucket.start < end for bucket in found)
    assert all(bucket.start < bucket.end for bucket in found)
    assert all(before.end == after.start for before, after in pairwise(found))
    # None is left out at either side: the neighbours of the first and the last start outside.
    if found:
        before = list(buckets(resolution, zone, start - timedelta(days=33), start))
        assert before[-1].end == found[0].start
        assert found[-1].end >= end


@given(zones, starts)
def test_a_local_day_holds_exactly_the_instants_of_its_date(zone: ZoneInfo, start: datetime) -> None:
    for bucket in buckets(Resolution.DAY, zone, start, start + timedelta(days=3)):
        minute = timedelta(minutes=1)
        date = bucket.start.astimezone(zone).date()
        assert (bucket.end - minute).astimezone(zone).date() == date
        assert bucket.end.astimezone(zone).date() > date
        assert (bucket.start - minute).astimezone(zone).date() < date


@given(zones, starts)
def test_a_local_hour_starts_when_the_clock_shows_a_full_hour(zone: ZoneInfo, start: datetime) -> None:
    for bucket in buckets(Resolution.HOUR, zone, start, start + timedelta(hours=30)):
        assert bucket.start.astimezone(zone).minute == 0


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        (datetime(2026, 3, 28, 23, tzinfo=UTC), 23),  # 29 March, clocks go forward
        (datetime(2026, 10, 24, 22, tzinfo=UTC), 25),  # 25 October, clocks go back
        (datetime(2026, 6, 14, 22, tzinfo=UTC), 24),
    ],
)
def test_days_in_berlin(start: datetime, hours: int) -> None:
    assert days("Europe/Berlin", start, start + HOUR) == [Bucket(start, start + hours * HOUR)]


def test_a_month_in_berlin_with_a_change_of_clocks() -> None:
    start = datetime(2026, 2, 28, 23, tzinfo=UTC)
    (march,) = buckets(Resolution.MONTH, ZoneInfo("Europe/Berlin"), start, start + HOUR)
    assert march.end - march.start == timedelta(days=31) - HOUR


def test_a_date_that_was_skipped_is_no_day() -> None:
    found = days("Pacific/Apia", datetime(2011, 12, 29, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC))
    assert [bucket.start.astimezone(ZoneInfo("Pacific/Apia")).day for bucket in found] == [29, 31, 1]
